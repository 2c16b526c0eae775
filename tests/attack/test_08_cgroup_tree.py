# SPDX-License-Identifier: BSD-3-Clause
"""Class 8: a writable cgroup tree (CVE-2023-25809), and a jail that is not under its launcher's limits."""
import contextlib
import json
import os
import re
import subprocess

import pytest

import cgroups
import toast
from toast import run, running, wait_for

pytestmark = pytest.mark.modes("root")  # only who may make groups has something to lose
MIB = 1 << 20
RAISED = "9000000000"


@pytest.fixture
def escape(compile_c):
    return compile_c("attack/cgroup_escape.c")


@pytest.fixture
def hog(compile_c):
    return compile_c("programs/hog.c")


def need(*controllers):
    for c in controllers:
        if not cgroups.home(c):
            pytest.skip(f"no control group for {c}")


def limit_file():
    return "memory.max" if cgroups.is_v2("memory") else "memory.limit_in_bytes"


def inside(directory, *argv, **kw):
    """Run a command in a group of ours."""
    script = f"echo 0 >{directory}/cgroup.procs && exec \"$@\""
    return subprocess.run(["sh", "-c", script, "sh", *map(str, argv)], capture_output=True, text=True, timeout=30, **kw)


OPTIONS = [[], ["--no_init"], ["--disable_clone_newcgroup"], ["--disable_clone_newuser"], ["--keep_caps"], ["--proc_rw"],
           ["--proc_rw", "--keep_caps"], ["--mount_cgroup"], ["-m", "none:/opt:cgroup2:rw"],
           ["--cgroup_version", "v2", "--cgroup_device", "c 1:3 r"]]


@pytest.mark.parametrize("opts", OPTIONS, ids=" ".join)
def test_own_limits_cannot_be_raised(root, escape, opts):
    need("memory", "pids")
    limits = ["--cgroup_mem_max", "64000000", "--cgroup_pids_max", "20"] if "v2" not in opts else []
    if "v2" in opts and "" not in cgroups.HIERARCHIES:
        pytest.skip("no v2 hierarchy")
    with running("run", "-c", root, *limits, *opts, "-T", "/tmp", "-T", "/mnt", "-R", f"{escape}:/mnt/x", "--",
                 "/bin/sh", "-c", f"/mnt/x {RAISED} /opt; /mnt/x max /sys/fs/cgroup; echo done; sleep 20") as p:
        out = b""
        while not out.endswith(b"done\n"):
            line = p.stdout.readline()
            assert line, (out, p.stderr.read())
            out += line
        out = out.decode()
        assert out.count("tried\n") == 2
        if limits:
            d, n = cgroups.group("memory", p.pid), cgroups.group("pids", p.pid)
            assert cgroups.value(d, limit_file()) == "64000000", out
            assert cgroups.value(n, "pids.max") == "20", out
        if "--disable_clone_newuser" not in opts and "--keep_caps" not in opts:
            assert not re.findall(r"^wrote (?!/opt).*", out, re.M), out
        p.terminate()
        p.wait()


@contextlib.contextmanager
def in_a_limited_group():
    """inside(ARGS...) runs a command in a group of ours with a limit of memory; limit() reads that."""
    with cgroups.made("memory", f"toastainer-test-{os.getpid()}") as d:
        with open(f"{d}/{limit_file()}", "w") as f:
            f.write("400003072")
        yield lambda *argv, **kw: inside(d, *argv, **kw), lambda: cgroups.value(d, limit_file())


PLAIN = [["run"], ["run", "--no_init"], ["-Q", "-Mo"], ["run", "--disable_clone_newcgroup"], ["run", "--proc_rw"],
         ["run", "--mode", "r", "--rerun_count", "2"], ["run", "--cgroup_pids_max", "20"],
         ["run", "--disable_clone_newpid", "--disable_proc"]]


@pytest.mark.parametrize("opts", PLAIN, ids=" ".join)
def test_the_launchers_limit_cannot_be_raised(root, escape, opts):
    """Whether the jail has limits of its own or none."""
    need("memory", "pids")
    with in_a_limited_group() as (inside_it, limit):
        r = inside_it(toast.BIN, *opts, "-c", root, "-T", "/tmp", "-T", "/mnt", "-R", f"{escape}:/mnt/x", "--", "/mnt/x", RAISED)
        assert r.returncode == 0 and "tried" in r.stdout and "wrote" not in r.stdout, r
        assert limit() == "400003072"


def test_detects_broken_launchers_limit(root, escape, tmp):
    """The same jail, when it may make cgroup namespaces: the receipt says so."""
    need("memory")
    if cgroups.is_v2("memory"):
        pytest.skip("no control group for memory in v1")  # v2 refuses it by itself
    with in_a_limited_group() as (inside_it, limit):
        r = inside_it(toast.BIN, "run", "--cgroup_nested", "--result_json", tmp / "r", "-c", root, "-T", "/tmp", "-T", "/mnt",
                      "-R", f"{escape}:/mnt/x", "--", "/mnt/x", RAISED)
        assert "wrote memory memory.limit_in_bytes" in r.stdout and limit() != "400003072", r
    states = {p["protection"]: p["state"] for p in json.loads((tmp / "r").read_text())["receipt"]}
    assert states["cgroup_namespace"] == "degraded"


def test_killing_at_the_limit_cannot_be_switched_off(root):
    """v1: with memory.oom_control a jail would wait at its limit for ever. Also with all capabilities of its namespace."""
    need("memory")
    if cgroups.is_v2("memory"):
        pytest.skip("no control group for memory in v1")
    script = "mkdir /tmp/m; mount -t cgroup -o memory none /tmp/m && echo mounted; echo 1 >/tmp/m/memory.oom_control && echo written"
    r = run("-c", root, "--keep_caps", "--cgroup_mem_max", "64000000", "--", "/bin/sh", "-c", script)
    assert "mounted" in r.out and "written" not in r.out and "denied" in r.err, r


def test_detects_broken(escape, tmp):
    """A process in the same group, without a jail, raises its limit in the same way."""
    need("memory")
    (tmp / "e").mkdir()
    with cgroups.made("memory", f"toastainer-test-{os.getpid()}") as d:
        with open(f"{d}/{limit_file()}", "w") as f:
            f.write("400003072")
        r = inside(d, "unshare", "-m", escape, RAISED, d)
        assert f"wrote {d} {limit_file()}" in r.stdout, r
        assert cgroups.value(d, limit_file()) == str(int(RAISED) // 4096 * 4096)


@pytest.mark.parametrize("opts", [[], ["--no_init"]], ids=" ".join)
def test_jails_are_below_their_launcher(root, hog, tmp, opts):
    """What holds for the launcher holds for its jails, which ask for less or for nothing."""
    need("memory", "pids")
    with cgroups.made("memory", f"toastainer-test-{os.getpid()}") as d:
        with open(f"{d}/{limit_file()}", "w") as f:
            f.write(str(64 * MIB))
        for mine in ([], ["--cgroup_pids_max", "20"], ["--cgroup_mem_max", str(1 << 30)]):
            out = tmp / "result"
            r = inside(d, toast.BIN, "run", "-c", root, *opts, *mine, "--result_json", out, "-T", "/mnt", "-R",
                       f"{hog}:/mnt/hog", "--", "/bin/sh", "-c", "/mnt/hog anon 200; echo $?")
            assert "got it" not in r.stdout, r
            if "--cgroup_mem_max" in mine:
                assert json.loads(out.read_text())["memory_peak_bytes"] <= 64 * MIB


def test_detects_broken_hog(hog):
    assert "got it" in subprocess.run([hog, "anon", "200"], capture_output=True, text=True).stdout


def test_moving_away_is_refused(root):
    """Groups that are not below its own are not there for it."""
    need("pids")
    script = ("mkdir /tmp/m; mount -t cgroup -o pids none /tmp/m || mount -t cgroup2 none /tmp/m; "
              "cat /proc/self/cgroup; find /tmp/m -maxdepth 1 -type d")
    with running("run", "-c", root, "--keep_caps", "--cgroup_pids_max", "20", "--", "/bin/sh", "-c",
                 script + "; sleep 20") as p:
        d = cgroups.group("pids", p.pid)
        lines = []
        while not lines or lines[-1] != "/tmp/m":
            lines.append(p.stdout.readline().decode().strip())
            assert lines[-1], p.stderr.read()
        assert os.path.isdir(d) and wait_for(lambda: cgroups.value(d, "cgroup.procs"))
        assert any(l.endswith(":/") for l in lines)
        p.terminate()
        p.wait()
