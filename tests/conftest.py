# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures of the black-box suites, and the rules that hold for every test.

- A test leaves nothing behind: no process (we are the subreaper of all jails), no mount in the
  caller's namespace, nothing in the temporary directory that is not ours.
- A skip that tests/expected-skips.txt does not list is a failure when TOASTAINER_MUST_RUN is set.
- TOASTAINER_TEST_REPORT names a file that gets one JSON line a test (read by tests/run.py).
"""
import contextlib
import ctypes
import fnmatch
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import tempfile

import pytest

import toast
from terminal import Terminal

HERE = pathlib.Path(__file__).resolve().parent
PR_SET_CHILD_SUBREAPER = 36


def expected_skips():
    rules = []
    for line in (HERE / "expected-skips.txt").read_text().splitlines():
        line = line.strip()
        if line and not line.startswith("#"):
            pattern, _, reason = line.partition("  ")
            rules.append((pattern.strip(), reason.strip()))
    return rules


def pytest_configure(config):
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    config.skip_rules = expected_skips()
    if not os.access(toast.BIN, os.X_OK):
        pytest.exit(f"no program to test at {toast.BIN}: build it first (make)", 3)


def pytest_collection_modifyitems(config, items):
    """Tests of another mode are not skips: they run when their mode's turn comes."""
    chosen, others = [], []
    slow = os.environ.get("TOASTAINER_TEST_SLOW")
    for item in items:
        marks = [m for m in item.iter_markers("modes")]
        fits = all(toast.MODE in m.args for m in marks)
        fits = fits and (slow or not item.get_closest_marker("slow"))
        (chosen if fits else others).append(item)
    items[:] = chosen
    config.hook.pytest_deselected(items=others)


def skip_is_expected(config, nodeid, reason):
    name = f"{toast.MODE}:{nodeid}"
    return any(fnmatch.fnmatch(name, p) and r in reason for p, r in config.skip_rules)


def reason_of(report):
    """Why a test was skipped, or was expected to fail."""
    if hasattr(report, "wasxfail"):
        return report.wasxfail
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("TOASTAINER_MUST_RUN"):
        reason = reason_of(report)
        if not skip_is_expected(item.config, item.nodeid, reason):
            report.outcome = "failed"
            report.longrepr = f"a skip that tests/expected-skips.txt does not list: {reason}"


def pytest_runtest_logreport(report):
    path = os.environ.get("TOASTAINER_TEST_REPORT")
    if not path or (report.when != "call" and report.passed):
        return
    reason = reason_of(report) if report.skipped else ""
    with open(path, "a") as f:
        f.write(json.dumps({"id": report.nodeid, "when": report.when, "outcome": report.outcome,
                            "reason": reason}) + "\n")


TIMEOUT = int(os.environ.get("TOASTAINER_TEST_TIMEOUT", "120"))


@pytest.fixture(autouse=True)
def comes_to_an_end(request):
    """A test that waits for what never comes fails instead of holding up everything."""
    slow = request.node.get_closest_marker("slow")
    limit = int((slow.kwargs.get("seconds", TIMEOUT) if slow else TIMEOUT) * toast.SCALE)

    def late(_signal, _frame):
        raise TimeoutError(f"the test did not end within {limit} s")

    old = signal.signal(signal.SIGALRM, late)
    signal.alarm(limit)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, old)


@pytest.fixture(autouse=True)
def leaves_nothing():
    """No process and no mount outlives a test."""
    before = set(toast.mounts())
    yield

    def all_gone():
        for pid, state, _ in toast.children():
            if state == "Z":  # an orphan that we inherited
                os.waitpid(pid, os.WNOHANG)
        return not toast.children()

    if not toast.wait_for(all_gone, 3):
        left = toast.children()
        for pid, _, _ in left:  # so that the next test starts clean
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        toast.wait_for(all_gone, 3)
        pytest.fail(f"processes left behind: {left}")
    ours = [m for m in set(toast.mounts()) - before if "toastainer" in m or str(_base) in m]
    assert not ours, f"mounts left behind: {ours}"


_base = None


@pytest.fixture(scope="session")
def base():
    """A directory for the session that every user can search."""
    global _base
    _base = pathlib.Path(tempfile.mkdtemp(prefix="toastainer-test."))
    _base.chmod(0o755)
    yield _base
    subprocess.run(["rm", "-rf", "--one-file-system", str(_base)], check=False)


@pytest.fixture
def tmp(base):
    """A directory for one test."""
    d = pathlib.Path(tempfile.mkdtemp(dir=base, prefix="t."))
    d.chmod(0o755)
    return d


@pytest.fixture(scope="session")
def compile_c(base):
    """Compiles a C program below tests/ statically; returns its path. TOASTAINER_TEST_PROGRAMS holds them ready made."""
    ready = os.environ.get("TOASTAINER_TEST_PROGRAMS")

    def build(source):
        out = pathlib.Path(ready or base / "bin") / pathlib.Path(source).stem
        if not out.exists():
            out.parent.mkdir(exist_ok=True)
            toast.compile_static(HERE / source, out)
        return out

    return build


BUSYBOX = "/bin/busybox"
APPLETS = ("sh ls cat echo id hostname pwd touch mkdir rm ln readlink sleep kill true false mount umount "
           "head stat env ps grep chmod chown dd test printf sort wc nproc yes tr seq cp mv su ip ping "
           "setsid stty tty df find xargs cut od hexdump uname").split()


@pytest.fixture(scope="session")
def make_root(base, compile_c):
    """Makes root file systems: busybox, the state program, the usual empty directories."""
    state = compile_c("programs/state.c")
    n = 0

    def make(dirs=("proc", "dev", "tmp", "etc", "root", "mnt", "opt", "var", "home", "sys")):
        nonlocal n
        n += 1
        d = base / f"root{n}"
        (d / "bin").mkdir(parents=True)
        shutil.copy(BUSYBOX, d / "bin" / "busybox")
        shutil.copy(state, d / "bin" / "state")
        for a in APPLETS:
            (d / "bin" / a).symlink_to("busybox")
        for name in dirs:
            (d / name).mkdir()
        return d

    return make


@pytest.fixture(scope="session")
def root(make_root):
    """A root shared by the tests that do not change it; what is added to it goes away at the end."""
    d = make_root()
    (d / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n")
    (d / "etc" / "group").write_text("root:x:0:\nnogroup:x:65534:\n")
    (d / "bin" / "plain").write_text("not executable\n")
    foreign = d / "bin" / "foreign"
    foreign.write_bytes(elf_of_another_machine())
    foreign.chmod(0o755)
    return d


def elf_of_another_machine():
    """The header of an ELF executable for a machine that is not this one."""
    machine = 0x5441  # assigned to nobody
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += (2).to_bytes(2, "little") + machine.to_bytes(2, "little") + (1).to_bytes(4, "little")
    return header + bytes(64 - len(header)) + bytes(512)


@pytest.fixture
def own_root(make_root):
    """A root for one test alone, which may spoil it."""
    d = make_root()
    yield d
    for top, dirs, _ in os.walk(d):
        for name in dirs:
            p = os.path.join(top, name)
            if not os.path.islink(p) and not os.stat(p).st_mode & stat.S_IWUSR:
                os.chmod(p, 0o755)
    shutil.rmtree(d, ignore_errors=True)


@pytest.fixture
def state(root):
    """state(OPTIONS...): what a program started with `run` in the shared root was given."""

    def get(*opts, face="run", cmd=("/bin/state",), **kw):
        if face == "run":
            return toast.state_of(toast.run("-c", root, *opts, "--", *cmd, **kw))
        return toast.state_of(toast.nsjail("-c", root, *opts, "--", *cmd, **kw))

    return get


@pytest.fixture
def sh(root):
    """sh(SCRIPT, OPTIONS...): run a shell script in the shared root."""

    def go(script, *opts, face="run", **kw):
        f = toast.run if face == "run" else toast.nsjail
        return f("-c", root, *opts, "--", "/bin/sh", "-c", script, **kw)

    return go


@pytest.fixture
def terminal():
    """terminal(ARGS...): the program under test at a terminal of its own."""
    opened = []

    def make(*args, **kw):
        t = Terminal(*args, **kw)
        opened.append(t)
        return t

    yield make
    for t in opened:
        t.close()


@pytest.fixture
def in_mount_namespace():
    """in_mount_namespace(SCRIPT, ARGS...): run the program under test where a shell script mounted first.

    For root, also of a user namespace. With user=N the program runs as that user.
    """

    def go(script, *args, user=None, timeout=60, before=()):
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        argv = ["unshare", "--mount", "--propagation", "private", "sh", "-c", f"{script} || exit 99; exec \"$@\"",
                "sh", *become, *before, *toast.WRAP, toast.BIN, *map(os.fspath, args)]
        p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return toast.finish(p, timeout=timeout)

    return go
