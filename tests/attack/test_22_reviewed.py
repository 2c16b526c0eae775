# SPDX-License-Identifier: BSD-3-Clause
"""Ways through that reviews of this program found once; each was shown to work before it was closed."""
import os
import pty
import shutil
import signal
import subprocess
import time

import pytest

import toast
from toast import nsjail, processes_with, run, wait_for

SH = ["--", "/bin/sh", "-c"]
APIS = ["new", "old"]


@pytest.fixture
def canary(tmp):
    """A directory of the host that no jail is given, as the caller's working directory."""
    d = tmp / "caller"
    d.mkdir()
    (d / "canary.txt").write_text("canary-content\n")
    return d


@pytest.mark.parametrize("policy", ["ERRNO(1) { prctl } DEFAULT ALLOW", "ERRNO(0) { prctl } DEFAULT ALLOW"])
def test_policy_cannot_unprotect_init(root, canary, policy):
    """A failing prctl once left our init open to ptrace: its /proc entries led to the host's root."""
    look = "sleep .3; cat /proc/1/cwd/canary.txt; ls /proc/1/root/canary.txt; tr '\\0' '\\n' < /proc/1/environ; echo done"
    r = run("-c", root, "--seccomp_string", policy, *SH, look, cwd=canary)
    assert "canary-content" not in r.out and "PATH=" not in r.out, r


@pytest.mark.parametrize("fd", range(3, 24))
def test_descriptors_of_ours_do_not_pass(root, tmp, fd):
    """--pass_fd with a number that the caller has not open must not name one of the launcher's."""
    for face in (run, nsjail):
        r = face("-c", root, "--result_json", tmp / "r", "--pass_fd", str(fd), *SH, "ls -l /proc/self/fd")
        if r.rc == 0:
            names = [l.split("/proc/self/fd")[-1] for l in r.out.splitlines() if " -> " in l]
            assert len(names) <= 4, r  # 0, 1, 2 and that of ls
        else:
            assert f"pass_fd: {fd}" in r.err, r


@pytest.mark.parametrize("api", APIS)
def test_source_with_dots_is_the_hosts(own_root, tmp, api):
    """A bind's source that goes up with ".." once led into the jail's own root, and out by its links."""
    host, secret = tmp / "host", tmp / "secret"
    (host / "etc").mkdir(parents=True)
    (host / "lib").mkdir()
    (host / "lib" / "release").write_text("the real one\n")
    (host / "etc" / "release").symlink_to("../" * 40 + str(host / "lib" / "release")[1:])
    secret.write_text("secret\n")
    planted = own_root / str(host / "lib")[1:]
    planted.mkdir(parents=True)
    (planted / "release").symlink_to(secret)
    r = run("--experimental_mnt", api, "-c", own_root, "-R", f"{host}/etc/release:/release", *SH, "cat /release")
    assert r.ok().out == "the real one\n", r


@pytest.mark.parametrize("api", APIS)
def test_old_proc_does_not_entitle_to_a_new_one(root, compile_c, api):
    """--no_pivotroot leaves the old root below: a writable proc there would allow another one."""
    program = compile_c("attack/mount_proc.c")
    r = run("--no_pivotroot", "--experimental_mnt", api, "-c", root, "-R", f"{program}:/tmp/p", "--", "/tmp/p")
    assert "writable" not in r.out and r.out, r


def test_detects_broken_old_proc(compile_c):
    """Outside a jail the same program does get a writable proc."""
    out = subprocess.run(["unshare", "--user", "--map-root-user", compile_c("attack/mount_proc.c")], capture_output=True, text=True).stdout
    assert "writable" in out


@pytest.mark.parametrize("end", ["limit", "signal"])
def test_tree_without_a_pid_namespace_ends(root, end):
    token = f"71.{os.getpid()}{len(end)}"
    args = ["run", "-c", root, "--disable_clone_newpid", "--disable_proc", *(["-t", "1"] if end == "limit" else []),
            *SH, f"sh -c 'sh -c \"sleep {token}; true\"; true' & sleep {token}1; true"]
    p = toast.start(args)
    if end == "signal":
        wait_for(lambda: len(processes_with(token)) > 2)
        p.terminate()
    r = toast.finish(p, timeout=10)
    assert r.rc in (137, 143), r
    assert wait_for(lambda: not processes_with(token)), processes_with(token)


@pytest.mark.modes("root")
@pytest.mark.parametrize("api", APIS)
def test_layer_keeps_noexec_and_nodev(make_root, tmp, in_mount_namespace, api):
    """The layer that supplies missing targets must not lift what the directory's file system forbids."""
    d = tmp / "fs"
    d.mkdir()
    fill = f"mount -t tmpfs -o noexec,nodev,nosuid none {d} && cp -a {make_root()}/. {d}"
    r = in_mount_namespace(fill, "run", "--experimental_mnt", api, "-c", d, "-R", "/etc/hostname:/not/there", *SH, "echo ran")
    assert r.rc == 126 and "ran" not in r.out, r


@pytest.mark.modes("root")
@pytest.mark.parametrize("extra", [[], ["-R", "/etc/hostname:/not/there"]])
@pytest.mark.parametrize("api", APIS)
def test_device_nodes_of_the_root_do_not_work(own_root, api, extra):
    try:
        os.mknod(own_root / "random", 0o20666, os.makedev(1, 9))
    except PermissionError:
        pytest.skip("no device nodes can be made here")
    r = run("--experimental_mnt", api, *extra, "-c", own_root, *SH, "head -c 1 /random | wc -c")
    assert r.out.strip() != "1" and "ermission" in r.err, r


def test_program_by_descriptor_cannot_be_overwritten(root, tmp):
    victim = tmp / "victim"
    shutil.copy("/bin/busybox", victim)
    before = victim.read_bytes()
    r = run("-c", root, "--execute_fd", "-x", victim, "--argv0", "sh", "--", "x", "-c",
            "exec 5</proc/self/exe; exec /bin/sh -c 'sleep .2; echo pwned > /proc/self/fd/5; echo tried'")
    assert "tried" in r.out and victim.read_bytes() == before, r


def test_links_are_not_left_in_the_root(own_root):
    before = sorted(os.listdir(own_root))
    r = run("-c", own_root, "-s", "/etc:/newlink", *SH, "readlink /newlink")
    assert r.ok().out == "/etc\n" and sorted(os.listdir(own_root)) == before, r
    r = run("-c", own_root, "--rw", "-s", "/etc:/newlink", *SH, "true")
    assert r.rc == 125 and "newlink" in r.err and sorted(os.listdir(own_root)) == before, r


@pytest.mark.parametrize("direction", ["output", "input"])
def test_blocked_terminal_does_not_stop_the_clock(root, direction):
    """The relay once blocked in write(2), and with it the time limit and every signal."""
    master, slave = pty.openpty()
    script = "while :; do echo yes; done" if direction == "output" else "stty raw -echo; sleep 60"
    p = toast.start(["run", "-t", "1", "--tty", "on", "-c", root, *SH, script], stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    if direction == "input":
        time.sleep(0.3)
        os.set_blocking(master, False)
        try:
            for _ in range(20):
                os.write(master, b"x" * 4000)
        except BlockingIOError:
            pass
    try:
        assert p.wait(6) == 137
    finally:
        toast.kill_and_reap(p)
        os.close(master)


def test_keeper_survives_a_signal_to_the_group(root):
    import termios
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    p = toast.start(["run", "--tty", "on", "-c", root, *SH, "sleep 100"], stdin=slave, stdout=slave, stderr=slave,
                    start_new_session=True)
    assert wait_for(lambda: termios.tcgetattr(slave)[3] != before[3])
    os.killpg(p.pid, signal.SIGKILL)
    p.wait()
    assert wait_for(lambda: termios.tcgetattr(slave)[3] == before[3])
    os.close(master)
    os.close(slave)


def test_log_does_not_get_into_the_result(root, tmp):
    """With standard error closed, the result's file once got number 2."""
    p = toast.start(["run", "-v", "--result_json", tmp / "r", "-c", root, *SH, "true"], stderr=None,
                    preexec_fn=lambda: os.close(2))
    p.communicate()
    assert (tmp / "r").read_text().startswith("{") and "[I]" not in (tmp / "r").read_text()
