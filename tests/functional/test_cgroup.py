# SPDX-License-Identifier: BSD-3-Clause
"""Limits by control groups: each holds against who wants more, and nothing is left afterwards."""
import fcntl
import json
import os
import re
import resource
import signal
import socket
import stat
import subprocess
import time

import pytest

import cgroups
import toast
from toast import running, wait_for

pytestmark = pytest.mark.vm
MIB = 1 << 20


def words(args):
    return [str(a) if isinstance(a, int) else a for a in args]


def run(*args, **kw):
    return toast.run(*words(args), **kw)


def nsjail(*args, **kw):
    return toast.nsjail(*words(args), **kw)


@pytest.fixture(autouse=True)
def no_group_is_left(monkeypatch):
    """Of the launchers that the test started: others may run jails beside us."""
    pids, begin = [], toast.start

    def recorded(*args, **kw):
        p = begin(*args, **kw)
        pids.append(p.pid)
        return p

    def left():
        return [g for pid in pids for g in cgroups.groups(pid) + cgroups.groups(prefix=f"NSJAIL.{pid}")]

    monkeypatch.setattr(toast, "start", recorded)
    yield
    if not wait_for(lambda: not left(), 3):
        found = left()
        for d in found:  # so that the next test starts clean
            if not cgroups.value(d, "cgroup.procs"):
                cgroups.remove(d)
        pytest.fail(f"groups left behind: {found}")


def needs(*controllers):
    missing = [c for c in controllers if not cgroups.home(c) or not os.access(cgroups.home(c), os.W_OK)]
    return pytest.mark.skipif(bool(missing), reason=f"no control group for {', '.join(missing)}")


# Root makes groups anywhere; in the virtual machine the user has a delegated group.
may_make_groups = pytest.mark.modes("root", *(["user"] if toast.VM == "user" else []))


@pytest.fixture
def hog(compile_c):
    return compile_c("programs/hog.c")


@pytest.fixture
def limited(root, hog, tmp):
    """limited(OPTIONS..., do=(KIND, AMOUNT)): (Result, its JSON) of the hog in a jail."""

    def go(*opts, do, face="run", **kw):
        out = tmp / "result.json"
        f = run if face == "run" else nsjail
        r = f("-c", root, "-T", "/mnt", "-R", f"{hog}:/mnt/hog", "--result_json", out, *opts, "--", "/mnt/hog",
              *map(str, do), **kw)
        return r, json.loads(out.read_text())

    return go


def errors_of(*opts, root="/", **kw):
    r = run("-c", root, *opts, "--", "/bin/true", **kw)
    assert r.rc == 125, r
    return r


# ---- memory

@may_make_groups
@needs("memory")
@pytest.mark.parametrize("kind", ["anon", "shm", "memfd"])
def test_memory(limited, kind):
    r, j = limited("--cgroup_mem_max", 48 * MIB, "--cgroup_mem_swap_max", 0, do=(kind, 200))
    assert r.rc == 137 and "got it" not in r.out, r
    assert j["reason"] == "memory_limit" and j["limit"]["value"] == 48 * MIB, j
    assert 40 * MIB < j["memory_peak_bytes"] <= 48 * MIB and j["sources"]["memory_peak_bytes"] == "cgroup"
    assert "memory_max" not in j["limits_hit"], "it did not only touch the limit"


@may_make_groups
@needs("memory")
def test_memory_of_a_tmpfs(limited):
    """Files in memory are the jail's memory, whatever the file system's size."""
    r, j = limited("--cgroup_mem_max", 48 * MIB, "--cgroup_mem_swap_max", 0, "--rlimit_fsize", "inf",
                   do=("file", "/tmp/f:200"))
    assert r.rc != 0 and "got it" not in r.out, r
    assert j["memory_peak_bytes"] <= 48 * MIB
    assert j["reason"] == "memory_limit" or {"memory_max", "swap"} & set(j["limits_hit"])


@may_make_groups
@needs("memory")
def test_page_cache_is_not_memory(limited, tmp):
    """Reading and writing files on a disk goes on at the limit: their pages are dropped."""
    disk = tmp / "disk"
    disk.mkdir()
    if toast.mounts().get("/tmp", ("", 0))[0] == "tmpfs":
        pytest.skip("the temporary directory is in memory")
    r, j = limited("--cgroup_mem_max", 48 * MIB, "-B", f"{disk}:/opt", "--rlimit_fsize", "inf",
                   do=("file", "/opt/f:150"))
    assert r.rc == 0 and "got it" in r.out, (r, j)
    assert j["memory_peak_bytes"] <= 48 * MIB


@may_make_groups
@needs("memory")
def test_memory_that_suffices(limited):
    r, j = limited("--cgroup_mem_max", 100 * MIB, do=("anon", 50))
    assert r.rc == 0 and "got it" in r.out and j["reason"] == "exited"
    assert 50 * MIB <= j["memory_peak_bytes"] < 60 * MIB and j["limits_hit"] == []


@may_make_groups
@needs("memory")
def test_a_child_killed_for_its_memory_does_not_end_the_jail(limited, root, hog):
    r = run("-c", root, "-T", "/mnt", "-R", f"{hog}:/mnt/hog", "--result_json", "2", "--cgroup_mem_max", 32 * MIB,
            "--", "/bin/sh", "-c", "/mnt/hog anon 100; exit 5")
    j = json.loads(next(l for l in r.err.splitlines() if l.startswith("{")))
    assert r.rc == 5 and j["reason"] == "exited" and "memory_max" in j["limits_hit"], r


@pytest.mark.skipif(toast.SANITIZED, reason="a sanitizer touches memory of its own where nothing can be had")
@may_make_groups
@needs("memory")
@pytest.mark.parametrize("opts", [[], ["--no_init"]])
def test_memory_that_does_not_suffice_to_start(root, tmp, opts):
    """Even to report it: that the program never ran is not its exit status. The guard is in no group and says it.
    Where its stack begins differs; it must not matter for whether a table for it is to be had."""
    reasons = []
    for size in (*[1] * 30, 5000, 20000, 50000, 90000):
        r = run("-c", root, *opts, "--cgroup_mem_max", size, "--result_json", tmp / "r", "--", "/bin/echo", "ran")
        reasons.append(json.loads((tmp / "r").read_text())["reason"])
        assert (r.rc, reasons[-1]) in ((125, "setup_failed"), (126, "setup_failed"), (137, "memory_limit"), (0, "exited")), r
        assert (r.rc == 0) == ("ran" in r.out), r
    assert reasons[0] == "setup_failed"


# ---- processes

@may_make_groups
@needs("pids")
@pytest.mark.parametrize("opts", [[], ["--no_init"], ["--disable_clone_newpid", "--no_init", "--disable_proc"]])
def test_processes(limited, opts):
    """The program and its children are counted, not our guard."""
    r, j = limited(*opts, "--cgroup_pids_max", 7, do=("forks", 20))
    assert (r.rc, r.out) == (0, "6 EAGAIN\n"), r
    assert "pids" in j["limits_hit"]
    if j["processes_peak"] is not None:
        assert j["processes_peak"] == 7


@may_make_groups
@needs("pids")
def test_fork_bomb(limited, root):
    r, j = limited("--cgroup_pids_max", 30, "-t", 1, do=("bomb", 20))
    assert r.rc == 137 and j["reason"] == "time_limit" and "pids" in j["limits_hit"]
    assert run("-c", root, "--", "/bin/true").rc == 0


# ---- CPU

@may_make_groups
@needs("cpu")
def test_cpu_quota(limited):
    r, j = limited("--cgroup_cpu_ms_per_sec", 100, do=("cpu", 350))
    assert r.rc == 0, r
    assert j["throttled_us"] > 0 and "cpu_throttled" in j["limits_hit"]
    assert j["sources"]["cpu_us"] == "cgroup" and j["cpu_us"] >= 350_000


@may_make_groups
@needs("cpu")
def test_cpu_quota_that_is_not_reached(limited):
    _, j = limited("--cgroup_cpu_ms_per_sec", 64000, do=("cpu", 20))
    assert j["throttled_us"] == 0 and j["limits_hit"] == []


@may_make_groups
@needs("cpu")
def test_cpu_quota_of_many(limited):
    """It is the jail's, not each process'."""
    _, j = limited("--cgroup_cpu_ms_per_sec", 100, do=("burners", "10:25"))
    assert j["throttled_us"] > 0


WRITTEN = [
    ("memory", ["--cgroup_mem_max", "50000000"], "memory.max", "49999872", "memory.limit_in_bytes", "49999872"),
    ("memory", ["--cgroup_mem_max", "40960000", "--cgroup_mem_swap_max", "4096000"], "memory.swap.max", "4096000",
     "memory.memsw.limit_in_bytes", "45056000"),
    ("memory", ["--cgroup_mem_max", "40960000", "--cgroup_mem_memsw_max", "45056000"], "memory.swap.max", "4096000",
     "memory.memsw.limit_in_bytes", "45056000"),
    ("memory", ["--cgroup_mem_high", "40960000"], "memory.high", "40960000", None, None),
    ("pids", ["--cgroup_pids_max", "77"], "pids.max", "77", "pids.max", "77"),
    ("cpu", ["--cgroup_cpu_ms_per_sec", "250"], "cpu.max", "250000 1000000", "cpu.cfs_quota_us", "250000"),
    ("cpu", ["--cgroup_cpu_weight", "200"], "cpu.weight", "200", "cpu.shares", "2048"),
    ("cpuset", ["--cgroup_cpuset_cpus", "0", "--cgroup_cpuset_mems", "0"], "cpuset.cpus", "0", "cpuset.cpus", "0"),
    ("io", ["--cgroup_io_weight", "300"], "io.weight", "default 300", "blkio.bfq.weight", "300"),
]


@may_make_groups
@pytest.mark.parametrize("controller,opts,v2,v2_value,v1,v1_value", WRITTEN, ids=lambda v: v if isinstance(v, str) else "")
def test_what_is_written(root, controller, opts, v2, v2_value, v1, v1_value):
    if not cgroups.home(controller):
        pytest.skip(f"no control group for {controller}")
    if not cgroups.is_v2(controller) and not v1:
        r = errors_of(*opts, root=root)
        assert opts[0][2:] in r.err and "v1 has no such limit" in r.err, r
        return
    name, want = (v2, v2_value) if cgroups.is_v2(controller) else (v1, v1_value)
    with running("run", "-c", root, *opts, "--", "/bin/sleep", "20") as p:
        d = cgroups.group(controller, p.pid)
        if controller == "io" and not os.path.exists(f"{d}/{name}"):
            name = {"io.weight": "io.bfq.weight"}.get(name, name)
        assert wait_for(lambda: cgroups.value(d, name) == want), (d, name, cgroups.value(d, name))
        p.terminate()
        p.wait()


def block_device():
    for name in sorted(os.listdir("/sys/block")):
        if not name.startswith(("loop", "ram", "zram")):
            return toast.read(f"/sys/block/{name}/dev").decode().strip()
    return None


@may_make_groups
@needs("io")
def test_io_limits(root):
    device = block_device()
    if not device:
        pytest.skip("no block device")
    with running("run", "-c", root, "--cgroup_io_max", f"{device} rbps=1048576,wiops=100", "--", "/bin/sleep",
                 "20") as p:
        d = cgroups.group("io", p.pid)
        if cgroups.is_v2("io"):
            assert wait_for(lambda: "rbps=1048576 wbps=max riops=max wiops=100" in cgroups.value(d, "io.max"))
        else:
            assert wait_for(lambda: cgroups.value(d, "blkio.throttle.write_iops_device") == f"{device} 100")
            assert cgroups.value(d, "blkio.throttle.read_bps_device") == f"{device} 1048576"
        p.terminate()
        p.wait()


# ---- devices

def a_device():
    """Major and minor of a harmless device that can be opened here and is not among the usual ones."""
    for path in ("/dev/net/tun", "/dev/fuse", "/dev/kvm"):
        try:
            os.close(os.open(path, os.O_RDWR))
            st = os.stat(path).st_rdev
            return os.major(st), os.minor(st)
        except OSError:
            pass
    return None


VERSIONS = [[]] + ([["--cgroup_version", "v2"]] if "devices" in cgroups.HIERARCHIES and "" in cgroups.HIERARCHIES else [])


@pytest.mark.modes("root")
@pytest.mark.parametrize("version", VERSIONS, ids=lambda v: v[-1] if v else "auto")
@pytest.mark.parametrize("rule,reads,writes", [
    (None, True, True), ("c 1:9 rwm", False, False), ("c {0}:{1} rwm", True, True), ("c {0}:{1} r", True, False),
    ("c {0}:{1} w", False, True), ("c {0}:* rw", True, True), ("c *:{1} m", False, False),
    ("b {0}:{1} rwm", False, False), ("a *:* r", True, False)])
def test_devices(root, tmp, version, rule, reads, writes):
    """v1 by its list, v2 by the program that we write."""
    device = a_device()
    if not device:
        pytest.skip("no device to try")
    node = tmp / "node"
    os.mknod(node, 0o666 | stat.S_IFCHR, os.makedev(*device))
    os.chmod(node, 0o666)
    script = "exec 2>&1; echo x >/dev/null && echo null; (exec 3</opt/k) && echo reads; (exec 3>>/opt/k) && echo writes; true"
    opts = [*version, "--cgroup_device", rule.format(*device)] if rule else []
    r = run("-c", root, "-T", "/opt", "-B", f"{node}:/opt/k", *opts, "--", "/bin/sh", "-c", script).ok()
    assert ("null" in r.out, "reads" in r.out, "writes" in r.out) == (True, reads, writes), r


# ---- where the program is

@may_make_groups
@needs("pids")
@pytest.mark.parametrize("opts", [[], ["--no_init"], pytest.param(["--disable_clone_newuser"], marks=pytest.mark.modes("root"))])
def test_the_program_is_inside_from_its_first_instruction(root, opts):
    r = run("-c", root, *opts, "--disable_clone_newcgroup", "--cgroup_pids_max", 9, "--", "/bin/cat",
            "/proc/self/cgroup")
    mine = cgroups.home("pids")
    assert r.rc == 0 and re.search(r"/toastainer\.\d+\.\d+$", r.out, re.M), r
    name = "pids" if not cgroups.is_v2("pids") else ""
    inside = {n: p for l in r.out.splitlines() for _, n, p in [l.split(":", 2)]}
    assert (cgroups.HIERARCHIES[name] + inside[name]).startswith(mine + "/toastainer.")


@may_make_groups
@needs("memory", "pids")
def test_only_the_program_is_inside(root):
    with running("run", "-c", root, "--cgroup_mem_max", str(64 * MIB), "--", "/bin/sleep", "20") as p:
        d = cgroups.group("memory", p.pid)
        pids = wait_for(lambda: cgroups.value(d, "cgroup.procs").split())
        assert len(pids) == 1
        assert wait_for(lambda: b"sleep" in toast.read(f"/proc/{pids[0]}/cmdline"))
        p.terminate()
        p.wait()


@may_make_groups
@needs("memory", "pids")
def test_only_hierarchies_that_a_limit_needs(root):
    with running("run", "-c", root, "--cgroup_pids_max", "5", "--", "/bin/sleep", "20") as p:
        d = cgroups.group("pids", p.pid)
        wait_for(lambda: cgroups.value(d, "cgroup.procs"))
        found = cgroups.groups(p.pid)
        allowed = {cgroups.home("pids"), cgroups.home("")}
        assert d in found and {os.path.dirname(f) for f in found} <= allowed, found
        p.terminate()
        p.wait()


@may_make_groups
def test_no_group_without_a_limit(root):
    with running("run", "-c", root, "--", "/bin/sleep", "20") as p:
        wait_for(lambda: toast.processes_with("sleep"))
        assert cgroups.groups(p.pid) == []
        assert cgroups.paths(p.pid) == cgroups.paths()
        p.terminate()
        p.wait()


@may_make_groups
@needs("pids", "memory")
def test_the_jail_sees_its_own_group(root):
    script = ("cat /proc/self/cgroup; find /sys/fs/cgroup -name pids.max -exec cat {} +; "
              "for f in $(find /sys/fs/cgroup -name pids.max -o -name cgroup.procs); do (echo 1 >$f) 2>&1; done")
    r = run("-c", root, "--mount_cgroup", "--cgroup_pids_max", 33, "--", "/bin/sh", "-c", script)
    lines = r.out.splitlines()
    assert [l for l in lines if l == "33"] == ["33"], r
    path = next(l for l in lines if l.startswith("0::" if cgroups.is_v2("pids") else tuple("0123456789"))
                and (cgroups.is_v2("pids") or ":pids:" in l))
    assert path.endswith(":/"), path
    assert r.out.count("Read-only file system") >= 2 and "max" not in lines, r


@may_make_groups
@needs("pids", "memory", "cpu")
def test_figures_without_a_limit(limited):
    _, j = limited("--cgroup_always", do=("anon", 30))
    s = j["sources"]
    assert (s["cpu_us"], s["memory_peak_bytes"]) == ("cgroup", "cgroup") and j["memory_peak_bytes"] >= 30 * MIB


@may_make_groups
@needs("memory", "cpu")
def test_jails_at_once_have_their_own_numbers(root, hog, tmp):
    sizes = [10 * i for i in range(1, 9)]
    ps = [toast.start(["run", "-c", root, "-T", "/mnt", "-R", f"{hog}:/mnt/hog", "--result_json", tmp / f"{n}",
                 "--cgroup_mem_max", str(200 * MIB), "--", "/mnt/hog", "anon", str(n)]) for n in sizes]
    for p in ps:
        assert toast.finish(p).rc == 0
    peaks = [json.loads((tmp / f"{n}").read_text())["memory_peak_bytes"] for n in sizes]
    assert all(n * MIB <= peak < (n + 9) * MIB for n, peak in zip(sizes, peaks)), peaks


@may_make_groups
@needs("pids")
@pytest.mark.parametrize("prefork", [0, 3])
def test_listen_has_a_group_for_each_connection(root, prefork):
    with socket.socket(socket.AF_INET6) as s:
        s.bind(("::1", 0))
        port = s.getsockname()[1]
    with running("-Q", "-Ml", "--bindhost", "::1", "-p", str(port), "--listen_prefork", str(prefork), "-c", root,
                 "--cgroup_pids_max", "4", "--", "/bin/sh", "-c", "echo on; read x; echo $x") as p:
        def connect():
            try:
                return socket.create_connection(("::1", port))
            except ConnectionRefusedError:
                return None
        conns = [wait_for(connect) for _ in range(3)]
        files = [c.makefile("rwb") for c in conns]
        assert [f.readline() for f in files] == [b"on\n"] * 3
        def groups():
            return [g for g in cgroups.groups(p.pid) if os.path.dirname(g) == cgroups.home("pids")]
        assert wait_for(lambda: len(groups()) >= 3 + prefork)
        own = groups()
        assert sum(bool(cgroups.value(g, "cgroup.procs")) for g in own) >= 3
        for f in files:
            f.write(b"bye\n")
            f.flush()
            assert f.readline() == b"bye\n"
            f.close()
        for c in conns:
            c.close()
        assert wait_for(lambda: len(groups()) == prefork)
        p.terminate()
        p.wait()


@may_make_groups
@needs("pids")
def test_all_of_a_jail_without_a_pid_namespace_is_killed(root):
    """What left the session and its parents is still in the group."""
    token = f"7{os.getpid()}77"
    with running("run", "--disable_clone_newpid", "--no_init", "--disable_proc", "-t", "1", "-c", root,
                 "--cgroup_pids_max", "50", "--", "/bin/sh", "-c",
                 f"for i in 1 2 3 4 5; do setsid sh -c '(setsid sleep {token} &)' & done; sleep {token}") as p:
        assert wait_for(lambda: len(toast.processes_with(token)) >= 5)
        assert p.wait(timeout=15) == 137
        assert not toast.processes_with(token)


@may_make_groups
@needs("pids")
@pytest.mark.parametrize("opts", [[], ["--disable_clone_newpid", "--no_init", "--disable_proc", "--cgroup_version", "v1"]])
@pytest.mark.parametrize("make", ["i=0; while [ $i -lt 600 ]; do mkdir d && cd d; i=$((i+1)); done",
                                  "i=0; while [ $i -lt 250 ]; do mkdir d$i d$i/e d$i/f; i=$((i+1)); done"],
                         ids=["deep", "wide"])
def test_groups_that_the_jail_made(root, make, opts):
    """Whoever may mount the tree in the jail can make any number below its own, with processes in them."""
    if "v1" in opts and cgroups.is_v2("pids"):
        opts = opts[:-2]
    mount = "mount -t cgroup2 none /tmp" if cgroups.is_v2("pids") else "mount -t cgroup -o pids none /tmp"
    script = f"{mount} && cd /tmp && mkdir z && (echo 0 >z/cgroup.procs; exec setsid sleep 50) & {mount} && cd /tmp && {make}; echo made"
    r = run("-c", root, *opts, "--cap", "CAP_SYS_ADMIN", "--rlimit_nofile", 64, "--cgroup_pids_max", 20, "--", "/bin/sh", "-c",
            script)
    assert r.rc == 0 and "made" in r.out, r


# ---- nsjail's places

@may_make_groups
@pytest.mark.parametrize("bad", ["--cgroup_pids_parent", "--cgroup_pids_mount"])
def test_a_given_place_that_is_missing(bad):
    r = toast.toast("-Mo", "-c", "/", "--cgroup_pids_max", "5", bad, "no_such_group", "--", "/bin/true")
    assert r.rc == 255 and "make the control group" in r.err and "the parent must be there" in r.err, r


@may_make_groups
@needs("pids")
def test_a_given_place_is_where_the_group_is(root):
    with cgroups.made("pids", f"toastainer-test-{os.getpid()}") as d:
        if cgroups.is_v2("pids"):
            place = ["--use_cgroupv2", "--cgroupv2_mount", d]
        else:
            place = ["--cgroup_pids_mount", os.path.dirname(d), "--cgroup_pids_parent", os.path.basename(d)]
        with running("-Q", "-Mo", "-c", root, *place, "--cgroup_pids_max", "5", "--", "/bin/sleep", "20") as p:
            assert wait_for(lambda: cgroups.value(f"{d}/NSJAIL.{p.pid}", "cgroup.procs"))
            assert cgroups.value(f"{d}/NSJAIL.{p.pid}", "pids.max") == "5"
            p.terminate()
            p.wait()
        assert [n for n in os.listdir(d) if n.startswith("NSJAIL")] == []


@may_make_groups
@needs("pids")
@pytest.mark.skipif(not cgroups.is_v2("pids"), reason="no control group for pids in v2")
def test_controllers_that_were_taken_back_since_the_plan_was_made(root):
    """The next jail of the same plan has its limit all the same."""
    run_one(root)  # who runs beside us has it passed on for good
    top = cgroups.home("pids")
    if "pids" not in cgroups.value(top, "cgroup.subtree_control"):
        pytest.skip("nobody else is in the group: nothing stays passed on")
    with socket.socket(socket.AF_INET6) as s:
        s.bind(("::1", 0))
        port = s.getsockname()[1]

    def connect():
        try:
            return socket.create_connection(("::1", port))
        except ConnectionRefusedError:
            return None

    with running("-Q", "-Ml", "--bindhost", "::1", "-p", str(port), "-c", root, "--cgroup_pids_max", "7",
                 "--", "/bin/cat") as p:
        for back in (False, True):
            if back:
                with open(f"{top}/cgroup.subtree_control", "w") as f:
                    f.write("-pids")
            with wait_for(connect) as c:
                c.sendall(b"x")
                assert c.recv(1) == b"x"
                assert cgroups.value(cgroups.group("pids", p.pid), "pids.max") == "7"
            assert wait_for(lambda: not cgroups.groups(p.pid))
        p.terminate()
        p.wait()


@may_make_groups
@needs("")
def test_a_group_that_only_counts_gets_no_controllers(root):
    """It is in the launcher's own group, and costs no more than it has to."""
    with running("run", "-c", root, "--cpu_limit", "9", "--", "/bin/sleep", "20") as p:
        own = wait_for(lambda: [g for g in cgroups.groups(p.pid) if cgroups.value(g, "cgroup.procs")])
        assert os.path.dirname(own[0]) == cgroups.HIERARCHIES[""] + cgroups.paths(p.pid)[""].rstrip("/")
        assert cgroups.value(own[0], "cgroup.controllers") == "" or not cgroups.paths()[""].strip("/")
        p.terminate()
        p.wait()


# ---- what is refused

@may_make_groups
@needs("pids")
def test_no_more_descriptors(root):
    """Each of the launcher's descriptors may be one too many: it says so, and leaves no group."""
    seen = set()
    run_one(root)  # what has to be moved out of the way is
    for n in range(4, 13):
        r = run("-c", "/", "--cgroup_pids_max", 9, "--", "/bin/true",
                preexec_fn=lambda n=n: resource.setrlimit(resource.RLIMIT_NOFILE, (n, n)))
        if r.rc and n > 4 + toast.SANITIZED:
            assert r.err.count("\n") == 1 and "raise 'ulimit -n'" in r.err, r
            seen.add(r.err.split("] ", 1)[1].split("'")[0] if "]" in r.err else r.err)
    assert any("make the control group" in s for s in seen), seen


@may_make_groups
@needs("pids")
@pytest.mark.skipif(not cgroups.is_v2("pids"), reason="no control group for pids in v2")
@pytest.mark.parametrize("file", ["cgroup.max.descendants", "cgroup.max.depth"])
def test_no_more_groups(root, file):
    run_one(root)  # the controller is passed on from now on
    if "pids" not in cgroups.value(cgroups.home("pids"), "cgroup.subtree_control"):
        pytest.skip("nobody else is in the group: nothing stays passed on")
    with cgroups.made("pids", f"toastainer-test-{os.getpid()}") as d:
        with open(f"{d}/{file}", "w") as f:
            f.write("0")
        r = nsjail("-c", "/", "--use_cgroupv2", "--cgroupv2_mount", d, "--cgroup_pids_max", 5, "--", "/bin/true")
        assert r.rc == 255 and r.err.count("\n") == 1, r
        assert "make the control group" in r.err and "cgroup.max.descendants" in r.err, r


@pytest.mark.parametrize("opts,words", [
    (["--cgroup_mem_max", "1000000", "--cgroup_mem_swap_max", "0", "--cgroup_mem_memsw_max", "2000000"], "exclude each other"),
    (["--cgroup_cpu_weight", "10001"], "is not from 1 to 10000"),
    (["--cgroup_io_weight", "20000"], "is not from 1 to 10000"),
    (["--cgroup_device", "c 1 rwm"], "is not TYPE MAJOR:MINOR ACCESS"),
    (["--cgroup_device", "c 1:3"], "is not TYPE MAJOR:MINOR ACCESS"),
    (["--cgroup_device", "x 1:3 r"], "is not TYPE MAJOR:MINOR ACCESS"),
    (["--cgroup_device", "c 1:3 x"], "is not TYPE MAJOR:MINOR ACCESS"),
    (["--cgroup_device", "c 1:99999999999 r"], "is not TYPE MAJOR:MINOR ACCESS"),
    (["--cgroup_io_max", "8:0"], "has no limit"),
    (["--cgroup_io_max", "8 rbps=1"], "is not MAJOR:MINOR or the path of a device"),
    (["--cgroup_io_max", "/dev/null rbps=1"], "is not a block device"),
    (["--cgroup_io_max", "/no/such rbps=1"], "No such file"),
    (["--cgroup_io_max", "8:0 speed=1"], "is not one of rbps, wbps, riops, wiops"),
    (["--cgroup_io_max", "8:0 rbps=fast"], "is not one of rbps, wbps, riops, wiops"),
])
def test_bad_values(opts, words):
    if "io_max" in opts[0] and not cgroups.home("io"):
        pytest.skip("no control group for io")
    if "weight" in opts[0] and not cgroups.home("io" if "io" in opts[0] else "cpu"):
        pytest.skip("no control group for it")
    if "device" in opts[0] and "devices" not in cgroups.HIERARCHIES and "" not in cgroups.HIERARCHIES:
        pytest.skip("no control group for devices")
    r = errors_of(*opts)
    assert words in r.err and r.err.count("\n") == 1, r
    assert "cgroup: " in r.err


@may_make_groups
def test_a_value_that_the_kernel_refuses():
    if not cgroups.home("cpuset"):
        pytest.skip("no control group for cpuset")
    r = errors_of("--cgroup_cpuset_cpus", "9999")
    assert "cgroup_cpuset_cpus: write '9999' to '/sys/fs/cgroup" in r.err and "the kernel does not take the value" in r.err


@may_make_groups
def test_a_controller_that_is_not_there():
    if "net_cls" in cgroups.HIERARCHIES:
        pytest.skip("net_cls is here")
    r = errors_of("--cgroup_net_cls_classid", "65537")
    assert "cgroup_net_cls_classid: no cgroup hierarchy here has the controller 'net_cls'" in r.err


@may_make_groups
def test_a_version_that_lacks_the_controller():
    other = "v1" if cgroups.is_v2("pids") else "v2"
    r = errors_of("--cgroup_version", other, "--cgroup_pids_max", 5)
    assert f"cgroup_pids_max: no cgroup {other} hierarchy here has the controller 'pids'" in r.err
    if other == "v2":
        assert nsjail("-c", "/", "--use_cgroupv2", "--cgroup_pids_max", 5, "--", "/bin/true").rc == 255


@may_make_groups
@needs("pids")
def test_detect(root):
    """--detect_cgroupv2 takes v2 only where that is what is mounted."""
    assert nsjail("-c", root, "--detect_cgroupv2", "--cgroup_pids_max", 5, "--", "/bin/true").rc == 0


def test_mode_execve():
    r = toast.toast("-Me", "--disable_clone_newuser" if toast.MODE == "root" else "-Q", "-c", "/", "--cgroup_pids_max",
                    "5", "--", "/bin/true")
    assert r.rc == 255
    if toast.MODE == "root":
        assert "control groups cannot be had in mode execve" in r.err


@pytest.mark.modes("user", "nested")
def test_without_the_right(root):
    """Whoever may make no group is told so; the jail does not run without its limit."""
    top = cgroups.home("pids")
    if not top or os.access(top, os.W_OK):
        pytest.skip("this user may make groups")
    r = errors_of("--cgroup_pids_max", 5, root=root)
    assert "cgroup: make the control group" in r.err or "cgroup_pids_max: no cgroup" in r.err, r
    assert "; hint: " in r.err and "usr/bin" not in r.out


# ---- leftovers

def leftover(directory, name):
    d = f"{directory}/{name}"
    os.mkdir(d)
    return d


def dead_pid():
    p = subprocess.Popen(["/bin/true"])
    p.wait()
    return p.pid


def run_one(root):
    assert run("-c", root, "--cgroup_pids_max", 9, "--", "/bin/true").rc == 0


@may_make_groups
@needs("pids")
def test_leftovers_are_removed_at_the_next_start(root):
    top, pid = cgroups.home("pids"), dead_pid()
    empty = leftover(top, f"toastainer.{pid}.123")
    nested = leftover(top, f"toastainer.{pid}.124")
    os.mkdir(f"{nested}/below")
    theirs = leftover(top, f"NSJAIL.{pid}")
    run_one(root)
    assert not os.path.exists(empty) and not os.path.exists(nested) and not os.path.exists(theirs)


@may_make_groups
@needs("pids")
def test_what_is_alive_or_not_ours_stays(root):
    top, pid = cgroups.home("pids"), dead_pid()
    names = [f"toastainer.{os.getpid()}.1", f"NSJAIL.{os.getpid()}", f"toastainer.{pid}.2", f"toastainer.{pid}",
             f"toastainer.{pid}.2x", f"NSJAIL.{pid}.old", f"other.{pid}.1"]
    dirs = [leftover(top, n) for n in names]
    lock = os.open(dirs[2], os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(lock, fcntl.LOCK_EX)  # a launcher that we cannot see, of another pid namespace
    kept = [d for d in dirs if d != f"{top}/toastainer.{pid}"]
    try:
        run_one(root)
        assert [d for d in kept if not os.path.exists(d)] == []
    finally:
        os.close(lock)
        for d in dirs:
            cgroups.remove(d)


@may_make_groups
@needs("pids")
def test_processes_in_a_group_with_nsjails_name_are_not_killed(root):
    top, pid = cgroups.home("pids"), dead_pid()
    d = leftover(top, f"NSJAIL.{pid}")
    p = subprocess.Popen(["/bin/sleep", "100"])
    try:
        with open(f"{d}/cgroup.procs", "w") as f:
            f.write(str(p.pid))
        run_one(root)
        assert p.poll() is None and os.path.exists(d)
    finally:
        p.kill()
        p.wait()
        cgroups.remove(d)


@may_make_groups
@needs("pids")
def test_processes_of_a_dead_launcher_are_killed(root):
    top, pid = cgroups.home("pids"), dead_pid()
    d = leftover(top, f"toastainer.{pid}.5")
    p = subprocess.Popen(["/bin/sleep", "100"])
    try:
        with open(f"{d}/cgroup.procs", "w") as f:
            f.write(str(p.pid))
        run_one(root)
        assert wait_for(lambda: p.poll() == -signal.SIGKILL)
        run_one(root)
        assert not os.path.exists(d)
    finally:
        p.kill()
        p.wait()
        cgroups.remove(d)


ROUNDS = 300 if os.environ.get("TOASTAINER_TEST_SLOW") else 40


@may_make_groups
@needs("pids", "memory")
@pytest.mark.parametrize("opts", [[], ["--no_init"], ["--disable_clone_newpid", "--no_init", "--disable_proc"]])
def test_the_launcher_killed_at_any_time(root, opts):
    """Whenever it is killed, the next start removes what it left."""
    pids = []
    left = 0
    for i in range(ROUNDS):
        p = toast.start(["run", "-c", root, *opts, "--cgroup_pids_max", "9", "--cgroup_mem_max", str(64 * MIB), "--",
                   "/bin/sleep", "30"])
        time.sleep(i * 0.012 / ROUNDS)
        p.kill()
        p.communicate()
        pids.append(p.pid)
        left += bool(cgroups.groups(p.pid))
        wait_for(lambda: all(state == "Z" for _, state, _ in toast.children()))
    assert left, "no round was killed while it had a group: the test shows nothing"
    r = run("-c", root, "--cgroup_pids_max", 9, "--cgroup_mem_max", str(64 * MIB), "--", "/bin/true")
    assert r.rc == 0 and not [g for pid in pids for g in cgroups.groups(pid)]
