# SPDX-License-Identifier: BSD-3-Clause
"""`toastainer doctor`: what it says, that it is true, and that it leaves nothing behind."""
import json
import os
import pty
import re
import shutil
import subprocess
import sys

import pytest

import toast
from toast import BIN, MODE, WRAP, finish

NAMES = ("kernel userns ns_mount ns_pid ns_ipc ns_uts ns_net ns_cgroup ns_time proc subids clone3 mount_api "
         "overlayfs idmapped_mounts cgroup_v2 cgroup_v1 seccomp seccomp_unotify landlock nftables veth nat macvlan "
         "tun").split()
REQUIRED = set("userns ns_mount ns_pid ns_ipc ns_uts ns_net ns_cgroup proc".split())
STATUSES = {"ok", "degraded", "missing", "not needed"}

# Like docker's filter: EPERM for user namespaces, and no clone3, whose flags a filter cannot see.
FILTER = """
import ctypes, errno, os, platform, struct, sys
CLONE, UNSHARE = {"x86_64": (56, 272), "aarch64": (220, 97), "riscv64": (220, 97)}[platform.machine()]
USER, CLONE3, ERRNO, ALLOW = 0x10000000, 435, 0x50000, 0x7fff0000
code = [(0x20, 0, 0, 0), (0x15, 0, 1, CLONE3), (6, 0, 0, ERRNO | errno.ENOSYS), (0x15, 1, 0, CLONE),
        (0x15, 0, 3, UNSHARE), (0x20, 0, 0, 16), (0x45, 0, 1, USER), (6, 0, 0, ERRNO | errno.EPERM),
        (6, 0, 0, ALLOW)]
raw = b"".join(struct.pack("HBBI", *c) for c in code)
buf = ctypes.create_string_buffer(raw, len(raw))
prog = ctypes.create_string_buffer(struct.pack("HL", len(code), ctypes.addressof(buf)))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, prog, 0, 0) == 0, ctypes.get_errno()
os.execvp(sys.argv[1], sys.argv[1:])
"""


def under_filter(*argv):
    return [sys.executable, "-c", FILTER, *argv]


def launch(*argv, **kw):
    p = subprocess.Popen([*map(os.fspath, argv)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, **kw)
    return finish(p)


def report(result):
    """The parsed JSON, checks by name; the exit status must agree with it."""
    d = json.loads(result.out)
    assert result.rc == (0 if d["run_works"] else 1), result
    d["by_name"] = {c["name"]: c for c in d["checks"]}
    return d


def examine(**kw):
    return report(toast.toast("doctor", "--json", **kw))


@pytest.mark.core
def test_json_keys():
    d = examine()
    assert d["version"] == 1
    assert [c["name"] for c in d["checks"]] == NAMES
    for c in d["checks"]:
        assert set(c) == {"name", "required", "status", "use", "found", "cause", "cure"}
        assert c["status"] in STATUSES and c["use"] and c["found"]
        assert bool(c["cause"]) == (c["status"] in ("degraded", "missing")), c
        assert c["required"] == (c["name"] in REQUIRED)
    missing = {n for n, c in d["by_name"].items() if c["status"] == "missing"}
    assert set(d["blockers"]) == missing & REQUIRED
    assert d["run_works"] == (not d["blockers"])


def test_it_tells_the_truth_here(root):
    """What the suite itself uses is found."""
    works = toast.run("-c", root, "--", "/bin/true").rc == 0
    d = examine()
    assert d["run_works"] == works
    assert (d["by_name"]["userns"]["status"] == "ok") == toast.can_userns()
    release = os.uname().release
    assert release in d["by_name"]["kernel"]["found"]
    assert ("landlock" in toast.read("/sys/kernel/security/lsm").decode()) <= \
        (d["by_name"]["landlock"]["status"] == "ok")


def test_table_in_a_pipe():
    r = toast.toast("doctor")
    assert r.rc in (0, 1) and not r.err, r
    assert "\033" not in r.out
    lines = [l for l in r.out.splitlines() if l and not l.startswith((" ", "'"))]
    assert [re.match(r"(ok|degraded|missing|not needed) +\*?(\w+) ", l).group(2) for l in lines] == NAMES
    assert "toastainer run" in r.out.splitlines()[-1]


def test_it_is_quick():
    best = min(toast.toast("doctor").seconds for _ in range(3))
    assert best < (5 if toast.SANITIZED or WRAP else 1)


def on_terminal(**env):
    full = {**os.environ, "TERM": "xterm", **env}
    for name in [n for n, v in full.items() if v is None]:
        del full[name]
    parent, child = pty.openpty()
    p = subprocess.Popen([*WRAP, BIN, "doctor"], stdin=child, stdout=child, stderr=child, env=full)
    os.close(child)
    out = b""
    try:
        while chunk := os.read(parent, 4096):
            out += chunk
    except OSError:
        pass  # EIO: the other side is closed
    os.close(parent)
    assert p.wait() in (0, 1), out
    return out.decode()


def test_colours_on_a_terminal():
    assert "\033[32mok" in on_terminal(NO_COLOR=None)
    assert "\033" not in on_terminal(NO_COLOR="1")
    assert "\033" not in on_terminal(NO_COLOR=None, TERM="dumb")


def test_help():
    r = toast.toast("doctor", "--help").ok()
    assert "--json" in r.out and "Exit status" in r.out and not r.err


@pytest.mark.parametrize("args", [["--nonsense"], ["word"], ["--json=1"], ["-x"], ["--json", ""]])
def test_bad_usage(args):
    r = toast.toast("doctor", *args)
    assert r.rc == 125 and not r.out and len(r.err.splitlines()) == 1, r


def test_output_that_cannot_be_written():
    with open("/dev/full", "wb") as full:
        r = toast.toast("doctor", stdout=full)
    assert r.rc == 125 and "No space left" in r.err, r


def surroundings():
    cgroups = sorted(d for d, _, _ in os.walk("/sys/fs/cgroup"))
    return (toast.read("/proc/self/mountinfo"), sorted(os.listdir("/sys/class/net")), cgroups,
            os.uname().nodename, sorted(os.listdir("/dev/shm")), toast.host_namespaces())


def test_nothing_is_left_behind(tmp):
    before = surroundings()
    examine(cwd=tmp)
    assert surroundings() == before
    assert not os.listdir(tmp)


# --- what blocks, and whether `run` then really fails ---------------------------------------------

def both(prefix, root, **kw):
    """The report, and whether `run` works, below the same prefix of a command line."""
    d = report(launch(*prefix, *WRAP, BIN, "doctor", "--json", **kw))
    r = launch(*prefix, *WRAP, BIN, "run", "-c", root, "--", "/bin/true", **kw)
    assert (r.rc == 0) == d["run_works"], (r, d["blockers"])
    return d["by_name"], r


def need_userns():
    if not toast.can_userns():
        pytest.skip("no user namespaces here")


def test_seccomp_filter_of_a_container(root):
    need_userns()
    checks, r = both(under_filter(), root)
    assert checks["userns"]["status"] == "missing"
    assert "seccomp filter" in checks["userns"]["cause"] and "seccomp=unconfined" in checks["userns"]["cure"]
    assert checks["clone3"]["status"] == "degraded"
    assert r.rc == 125 and any("seccomp filter" in h for h in r.hints()), r


def test_sysctl_max_user_namespaces(root):
    need_userns()
    prefix = ["unshare", "-Ur", "sh", "-c", "echo 0 > /proc/sys/user/max_user_namespaces; exec \"$@\"", "sh"]
    checks, r = both(prefix, root)
    assert checks["userns"]["cause"] == "the sysctl user.max_user_namespaces is 0"
    assert any("max_user_namespaces" in h for h in r.hints()), r


def masked_proc(*then):
    """A prefix under which every /proc in sight is masked, also those that the machine has elsewhere."""
    mask = "while read -r _ _ _ _ p _ t; do case $t in *'- proc '*) mount -t tmpfs none $p/irq;; esac; done"
    return ["unshare", "-Urmpf", "--mount-proc", "sh", "-c",
            "; ".join((f"{mask} </proc/self/mountinfo 2>/dev/null", *then, "exec \"$@\"")), "sh"]


def test_proc_beside_the_masked_one(root, tmp):
    """A whole /proc elsewhere, read-only, is enough for a read-only one inside: `run` works, and the report says so."""
    need_userns()
    checks, r = both(masked_proc(f"mount -t proc -o ro proc {tmp}"), root)
    assert checks["proc"]["status"] == "ok" and r.rc == 0, r


def test_masked_proc(root):
    need_userns()
    prefix = masked_proc()
    checks, r = both(prefix, root)
    assert checks["proc"]["status"] == "missing" and checks["userns"]["status"] == "ok"
    assert "masked" in checks["proc"]["cause"] and "/proc/irq" in checks["proc"]["cause"]
    assert any("masked" in h for h in r.hints()), r


@pytest.mark.modes("root", "nested")
def test_chroot(own_root):
    """Not a mount point: the kernel takes it for a chroot, and no line of mountinfo is for /."""
    need_userns()
    script = f"cd {own_root} && mkdir usr && mount --rbind /usr usr && mount -t proc proc proc"
    for d in ("bin", "sbin", "lib", "lib64"):
        if os.path.islink(f"/{d}"):
            script += f" && rm -rf {d} && ln -s usr/{d} {d}"
        elif os.path.isdir(f"/{d}"):
            script += f" && mkdir -p {d} && mount --rbind /{d} {d}"
    shutil.copy(BIN, own_root / "toastainer")
    r = launch("unshare", "-mpf", "--propagation", "private", "sh", "-c",
               f"{script} || exit 99; exec chroot . /toastainer doctor --json")
    userns = report(r)["by_name"]["userns"]
    assert userns["status"] == "missing" and "chroot" in userns["cause"]


@pytest.mark.modes("root")
@pytest.mark.parametrize("name,value", [("unprivileged_userns_clone", 0),
                                        ("apparmor_restrict_unprivileged_userns", 1)])
def test_sysctl_of_a_distribution(in_mount_namespace, name, value):
    """The filter refuses; the sysctl, faked, gets the blame as it is looked at first."""
    script = f"mount -t tmpfs none /proc/sys/kernel && echo {value} > /proc/sys/kernel/{name}"
    r = in_mount_namespace(script, "doctor", "--json", user=12345, before=under_filter())
    userns = report(r)["by_name"]["userns"]
    assert userns["status"] == "missing"
    assert f"kernel.{name} is {value}" in userns["cause"] and f"kernel.{name}={1 - value}" in userns["cure"]


@pytest.mark.modes("user")
def test_limit_of_processes():
    r = launch("prlimit", "--nproc=0", *WRAP, BIN, "doctor", "--json")
    assert "RLIMIT_NPROC" in report(r)["by_name"]["userns"]["cause"]


# --- subordinate ids ------------------------------------------------------------------------------

SUBIDS = [
    ("who:100000:65536", "who:100000:65536", "ok", ""),
    ("12345:100000:65536", "12345:200000:65536", "ok", ""),
    ("other:1:9\nwho:100000:40000\n12345:300000:25536", "who:100000:65536", "ok", ""),
    ("who:100000:1000", "who:100000:65536", "degraded", "fewer than 65536"),
    ("who:100000:65536", "other:100000:65536", "missing", "/etc/subgid"),
    ("# nothing", "who:100000:65536", "missing", "/etc/subuid"),
    ("who:100000:-5\nwho:1:99999999999\nwho\n", "who:100000:65536", "missing", "/etc/subuid"),
]


@pytest.mark.modes("root")
@pytest.mark.parametrize("uids,gids,status,cause", SUBIDS)
def test_subordinate_ids(in_mount_namespace, tmp, uids, gids, status, cause):
    files = ("/etc/passwd", "/etc/subuid", "/etc/subgid")
    if not shutil.which("newuidmap") or not all(map(os.path.exists, files)):
        pytest.skip("newuidmap is not installed")
    passwd = open("/etc/passwd").read() + "who:x:12345:12345::/:/bin/sh\n"
    for name, text in (("subuid", uids), ("subgid", gids), ("passwd", passwd)):
        (tmp / name).write_text(text + "\n")
        (tmp / name).chmod(0o644)
    script = " && ".join(f"mount --bind {tmp}/{os.path.basename(f)} {f}" for f in files)
    c = report(in_mount_namespace(script, "doctor", "--json", user=12345))["by_name"]["subids"]
    assert (c["status"], cause in c["cause"]) == (status, True), c
    assert bool(c["cure"]) == (status != "ok")


@pytest.mark.modes("user")
def test_newuidmap_is_missing_or_disarmed(tmp):
    def cause(*prefix, **env):
        argv = [*prefix, *WRAP, BIN, "doctor", "--json"]
        return report(launch(*argv, env={**os.environ, **env}))["by_name"]["subids"]["cause"]

    assert cause(PATH=str(tmp)) == "newuidmap is not installed"
    for name in ("newuidmap", "newgidmap"):
        shutil.copy("/bin/true", tmp / name)
        (tmp / name).chmod(0o755)
    assert "neither set-uid root" in cause(PATH=str(tmp))
    if not shutil.which("newuidmap"):
        pytest.skip("newuidmap is not installed")
    assert "no_new_privs" in cause("/usr/bin/setpriv", "--no-new-privs")
