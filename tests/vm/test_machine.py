# SPDX-License-Identifier: BSD-3-Clause
"""What only the virtual machine has: nothing but cgroup v2 with systemd, Debian's kernel and its settings, and for
root all capabilities. Run by the suite vm alone; what is changed here, the machine takes with it."""
import contextlib
import json
import os
import pathlib
import resource
import subprocess

import pytest

import toast
from toast import BIN, VM, run

assert VM, "these tests change the settings of the machine: run them in it (tests/run.py --suite vm)"

AS_TESTER = ["setpriv", "--reuid=tester", "--regid=tester", "--init-groups"]
pytestmark = pytest.mark.vm
kind = pytest.mark.modes


def examine(*before):
    p = subprocess.run([*before, BIN, "doctor", "--json"], capture_output=True, text=True)
    d = json.loads(p.stdout)
    assert p.returncode == (0 if d["run_works"] else 1)
    return d, {c["name"]: c for c in d["checks"]}


@contextlib.contextmanager
def sysctl(name, value):
    f = pathlib.Path("/proc/sys") / name
    before = f.read_text()
    f.write_text(f"{value}\n")
    try:
        yield
    finally:
        f.write_text(before)


def own_group():
    """The control group of this process, as a path below /sys/fs/cgroup."""
    hierarchy, _, path = pathlib.Path("/proc/self/cgroup").read_text().strip().split(":", 2)
    assert hierarchy == "0"  # one line, for the one hierarchy
    return path


def test_the_kind_of_machine():
    assert os.uname().release.endswith("-cloud-amd64") and toast.read("/proc/1/comm") == b"systemd\n"
    assert toast.MODE == VM
    assert os.access(f"/sys/fs/cgroup{own_group()}/cgroup.procs", os.W_OK), "delegated to us"


def test_doctor_on_pure_cgroup_v2():
    d, checks = examine()
    assert d["run_works"]
    v2, v1 = checks["cgroup_v2"], checks["cgroup_v1"]
    assert v2["status"] == "ok" and v1["status"] == "not needed", (v2, v1)
    for controller in ("cpu", "memory", "pids", "io", "cpuset"):
        assert controller in v2["found"].split(":")[1], v2


def test_doctor_finds_the_rest_of_a_distribution():
    """Debian's kernel loads the modules when they are asked for."""
    _, checks = examine()
    for name in "userns ns_net ns_time proc subids clone3 mount_api overlayfs seccomp landlock nftables".split():
        assert checks[name]["status"] == "ok", checks[name]


@kind("root")
def test_sysctl_unprivileged_userns_clone(root):
    """Debian's own switch: named by doctor and by the hint of a failed launch; root needs no permission."""
    with sysctl("kernel/unprivileged_userns_clone", 0):
        d, checks = examine(*AS_TESTER)
        p = subprocess.run([*AS_TESTER, BIN, "run", "-c", root, "--", "/bin/true"], capture_output=True, text=True)
        as_root = run("-c", root, "--", "/bin/true")
    assert not d["run_works"] and "userns" in d["blockers"]
    assert checks["userns"]["cause"] == "the sysctl kernel.unprivileged_userns_clone is 0"
    assert "sysctl -w kernel.unprivileged_userns_clone=1" in checks["userns"]["cure"]
    assert p.returncode == 125 and "hint: the sysctl kernel.unprivileged_userns_clone is 0; as root: " in p.stderr, p
    assert as_root.rc == 0, as_root
    subprocess.run([*AS_TESTER, BIN, "run", "-c", root, "--", "/bin/true"], check=True)


@kind("root")
def test_sysctl_max_net_namespaces(root):
    with sysctl("user/max_net_namespaces", 0):
        _, checks = examine()
        r = run("-c", root, "--", "/bin/true")
    assert "user.max_net_namespaces (here 0)" in checks["ns_net"]["cause"], checks["ns_net"]
    assert r.rc == 125 and any("max_net_namespaces" in h for h in r.hints()), r


def lower_hard_limit():
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))


@kind("root")
def test_a_hard_limit_is_raised_with_the_capability(state):
    """CAP_SYS_RESOURCE counts outside of user namespaces only; the hint says so."""
    r = state("--rlimit_nofile", "200", "--disable_clone_newuser", preexec_fn=lower_hard_limit)
    assert r["rlimits"]["nofile"] == [200, 200]


def test_a_hard_limit_is_not_raised_in_a_user_namespace(root):
    r = run("-c", root, "--rlimit_nofile", "200", "--", "/bin/true", preexec_fn=lower_hard_limit)
    assert r.rc == 125 and "nofile" in r.errors()[0], r
    assert any("CAP_SYS_RESOURCE" in h and "user namespace" in h for h in r.hints()), r


@kind("root")
def test_oom_score_below_zero(sh):
    """The same capability allows it."""
    assert sh("cat /proc/self/oom_score_adj", "--oom_score_adj", "-300", "--disable_clone_newuser").ok().out == "-300\n"


def test_time_namespace_of_every_kind(root):
    """This kernel shares no memory across time namespaces."""
    host = os.readlink("/proc/self/ns/time")
    for opts in (("run",), ("run", "--no_init"), ("-Mo", "-Q")):
        r = toast.toast(*opts, "-c", root, "--enable_clone_newtime", "--", "/bin/readlink", "/proc/self/ns/time").ok()
        assert r.out.startswith("time:[") and r.out.strip() != host, r


def test_layer_of_missing_targets(root):
    """This kernel's overlay wants attached mounts; what lies below the root stays out of reach."""
    r = run("-c", root, "-T", "/new/deep", "--", "/bin/sh", "-c", "ls -d /new/deep /base /layer; cat /proc/mounts").ok()
    assert r.out.splitlines()[0] == "/new/deep" and "/base" not in r.out and "No such file" in r.err, r


# ---- a control group from the user's service manager

@pytest.fixture
def manager():
    """manager(VERB): systemctl for the tester's service manager; it is stopped at the end."""
    unit = "user@1000.service"

    def do(verb):
        subprocess.run(["systemctl", verb, unit], check=True)

    do("start")
    yield do
    do("stop")


def as_tester(*args):
    """Started by root's service: in a group that the tester may not write to, as after su or ssh."""
    p = subprocess.Popen([*AS_TESTER, BIN, "run", *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, env={k: v for k, v in os.environ.items() if k != "XDG_RUNTIME_DIR"})
    return toast.finish(p, timeout=60)


def scopes():
    return [d for top, dirs, _ in os.walk("/sys/fs/cgroup") for d in dirs if d.startswith("toastainer")]


LIMITED = ["--cgroup_pids_max", "6", "--cgroup_mem_max", "50000000"]


@kind("root")
def test_systemd_gives_a_user_a_group(root, manager):
    script = "cat /proc/self/cgroup; i=0; while [ $i -lt 9 ]; do sleep 1 & i=$((i+1)); done; wait"
    r = as_tester("--result_json", "2", "-c", root, *LIMITED, "--", "/bin/sh", "-c", script)
    j = json.loads(next(line for line in r.err.splitlines() if line.startswith("{")))
    assert "fork" in r.err and r.out == "0::/\n", r
    states = {p["protection"]: p["state"] for p in j["receipt"]}
    assert "pids" in j["limits_hit"] and j["sources"]["memory_peak_bytes"] == "cgroup" and states["cgroup_limits"] == "enforced"
    assert toast.wait_for(lambda: not scopes()), scopes()
    assert as_tester("-c", root, "--", "/bin/cat", "/proc/self/cgroup").out == "0::/\n", "nothing is asked without a limit"
    assert as_tester("-c", root, "--disable_clone_newcgroup", "--", "/bin/cat", "/proc/self/cgroup").out == \
        pathlib.Path("/proc/self/cgroup").read_text()


@kind("root")
def test_no_group_without_a_service_manager(root, manager):
    manager("stop")
    r = as_tester("-c", root, *LIMITED, "--", "/bin/echo", "ran")
    assert r.rc == 125 and "ran" not in r.out and "no control group from systemd: " in r.err, r
    assert any("systemd-run --user --scope -p Delegate=yes" in h for h in r.hints()), r


@kind("user")
def test_a_delegated_group_suffices(root):
    """Nobody is asked where the caller has one already."""
    r = run("-c", root, "--disable_clone_newcgroup", *LIMITED, "--", "/bin/cat", "/proc/self/cgroup").ok()
    assert own_group().removesuffix("/toastainer-self") in r.out and ".scope" not in r.out, r
