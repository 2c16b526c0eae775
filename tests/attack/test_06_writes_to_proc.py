# SPDX-License-Identifier: BSD-3-Clause
"""Class 6: writes to /proc are led elsewhere, or elsewhere is led into /proc (CVE-2025-52881, CVE-2019-19921)."""
import os
import shlex
import subprocess

import pytest

from toast import UID, finish, nsjail, run, state_of, wait_for, processes_with, read, running

FILES = ("oom_score_adj", "uid_map", "gid_map", "setgroups", "attr/current", "sessionid", "loginuid", "comm")


@pytest.fixture
def fake_proc(tmp):
    """A directory that looks like /proc."""
    d = tmp / "fakeproc"
    for who in ("self", "1", "2", "thread-self"):
        for f in FILES:
            (d / who / f).parent.mkdir(parents=True, exist_ok=True)
            (d / who / f).write_text("planted\n")
        (d / who / "fd").mkdir()
    (d / "sys" / "kernel").mkdir(parents=True)
    (d / "sys" / "kernel" / "core_pattern").write_text("planted\n")
    (d / "sys" / "kernel" / "ns_last_pid").write_text("planted\n")
    return d


def unwritten(d):
    return all(p.read_text() == "planted\n" for p in d.rglob("*") if p.is_file())


@pytest.mark.parametrize("how", ["volume", "link", "directory"])
@pytest.mark.parametrize("init", ["--init", "--no_init"])
def test_settings_reach_the_real_proc(own_root, fake_proc, how, init):
    """The jail's /proc is not proc: what is written to the process' files is written all the same."""
    token = f"7{os.getpid()}7"
    opts = ["--rw", "--oom_score_adj", "500"]
    if how == "volume":
        opts += ["-B", f"{fake_proc}:/proc"]
    elif how == "link":
        (own_root / "proc").rmdir()
        (own_root / "proc").symlink_to(fake_proc)
        opts += ["--disable_proc"]
    else:
        (own_root / "proc").rmdir()
        fake_proc.rename(own_root / "proc")
        fake_proc = own_root / "proc"
        opts += ["--disable_proc"]
    with running("run", init, *opts, "-c", own_root, "--", "/bin/sleep", token) as p:
        pids = wait_for(lambda: [x for x in processes_with(token) if read(f"/proc/{x}/comm") == b"sleep\n"], 3)
        if pids:
            assert read(f"/proc/{pids[0]}/oom_score_adj") == b"500\n"
            assert read(f"/proc/{pids[0]}/uid_map").split() == [str(UID).encode(), str(UID).encode(), b"1"]
        else:
            assert p.wait(5) == 125
        assert unwritten(fake_proc)


@pytest.mark.modes("root", "nested")
@pytest.mark.parametrize("face", ["run", "nsjail"])
@pytest.mark.parametrize("opts", [[], ["--oom_score_adj", "500"], ["--user", "1234"]])
def test_hosts_proc_is_a_fake(root, fake_proc, in_mount_namespace, face, opts):
    """Never a jail that believes its maps were written: refuse, or be right."""
    first = ["run"] if face == "run" else ["-Q", "-Mo"]
    r = in_mount_namespace(f"mount --bind {fake_proc} /proc", *first, *opts, "-c", root, "--", "/bin/state")
    if r.rc == 0:
        s = state_of(r)
        assert s["uids"] == [1234 if "--user" in opts else UID] * 3, r
        assert unwritten(fake_proc)
    else:
        assert r.rc in (125, 255) and len(r.errors()) == 1, r


# Opens for appending and writes nothing: a success must not harm the machine.
OPEN = ("for f in sys/kernel/core_pattern sys/kernel/modprobe sys/vm/overcommit_memory sysrq-trigger sys/kernel/panic;"
        "do (: >> /proc/$f) 2>/dev/null && echo WRITABLE $f; done; true")


@pytest.mark.parametrize("opts", [[], ["--keep_caps"], ["--user", "0"], ["--user", "0", "--keep_caps"]])
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_machine_settings_cannot_be_written(root, opts, face):
    """core_pattern and its kin from inside, also as root of the jail."""
    go = run if face == "run" else nsjail
    assert go("-c", root, *opts, "--", "/bin/sh", "-c", OPEN).ok().out == ""


@pytest.mark.modes("root")
def test_machine_settings_without_user_namespace(root):
    """Without capabilities but as the machine's root, whom these files belong to: read-only proc stops him."""
    assert run("-c", root, "--disable_clone_newuser", "--", "/bin/sh", "-c", OPEN).ok().out == ""


def test_detects_broken(fake_proc, naive, compile_c):
    """A launcher that writes to whatever lies at /proc."""
    argv = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
            f'mount --bind {shlex.quote(str(fake_proc))} /proc && exec "$@"', "sh", str(compile_c("attack/naive.c")), "-p",
            "--", "/bin/true"]
    finish(subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    assert not unwritten(fake_proc)


@pytest.mark.modes("root")
def test_machine_settings_detects_broken(root):
    """The machine's root in a jail with a writable proc."""
    r = run("-c", root, "--disable_clone_newuser", "--proc_rw", "--", "/bin/sh", "-c", OPEN)
    assert "WRITABLE sys/kernel/core_pattern" in r.out, r
