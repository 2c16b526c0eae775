# SPDX-License-Identifier: BSD-3-Clause
"""What the black-box tests share: the program under test, ways to run it, things to look at.

The same tests run as root, as an unprivileged user and as root of a nested user namespace
(tests/run.py arranges that); MODE says which. Every jail is started through here.
"""
import contextlib
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import time

REPO = pathlib.Path(__file__).resolve().parent.parent
BIN = os.path.abspath(os.environ.get("TOASTAINER") or REPO / "build" / "toastainer")
# Prefix of every command line: how tests/fallback puts its wrapper in front.
WRAP = shlex.split(os.environ.get("TOASTAINER_WRAP", ""))
SANITIZED = bool(os.environ.get("TOASTAINER_SANITIZED"))
# How much longer everything may take: an emulated machine is slow.
SCALE = float(os.environ.get("TOASTAINER_TEST_SCALE", "1"))
# The kind of virtual machine that this runs in (tests/vm): root, user, or none.
VM = os.environ.get("TOASTAINER_VM", "")


def _mode():
    if os.geteuid() != 0:
        return "user"
    first = open("/proc/self/uid_map").read().split()
    return "root" if first == ["0", "0", "4294967295"] else "nested"


MODE = os.environ.get("TOASTAINER_TEST_MODE") or _mode()
UID, GID = os.getuid(), os.getgid()
NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")


class Result:
    """What came of a command: rc (negative: killed by that signal), out, err, seconds."""

    def __init__(self, argv, rc, out, err, seconds):
        self.argv, self.rc, self.raw, self.seconds = argv, rc, out, seconds
        self.out = out.decode(errors="replace")
        self.err = err.decode(errors="replace")

    def __repr__(self):
        return (f"rc={self.rc} after {self.seconds:.2f}s\n  argv={shlex.join(map(str, self.argv))[:600]}"
                f"\n  out={self.out[:800]!r}\n  err={self.err[-1500:]!r}")

    def ok(self):
        assert self.rc == 0, self
        return self

    def errors(self):
        """The error lines, without their tags and hints."""
        lines = [l for l in self.err.splitlines() if l.startswith(("[E]", "[F]"))]
        return [l.split("] ", 1)[1].split("; hint: ")[0] for l in lines]

    def hints(self):
        return [l.split("; hint: ", 1)[1] for l in self.err.splitlines() if "; hint: " in l]


def start(args, **kw):
    """Start the program under test without waiting for it."""
    kw.setdefault("stdin", subprocess.DEVNULL)
    kw.setdefault("stdout", subprocess.PIPE)
    kw.setdefault("stderr", subprocess.PIPE)
    began = time.monotonic()
    proc = subprocess.Popen([*WRAP, BIN, *map(os.fspath, args)], **kw)
    proc.began = began
    return proc


def finish(proc, argv=(), stdin=b"", timeout=30):
    t = getattr(proc, "began", time.monotonic())
    try:
        out, err = proc.communicate(stdin or None, timeout=timeout * SCALE)
    except subprocess.TimeoutExpired:
        proc.kill()
        out, err = proc.communicate()
        return Result(argv or proc.args, "timeout", out or b"", err or b"", time.monotonic() - t)
    return Result(argv or proc.args, proc.returncode, out or b"", err or b"", time.monotonic() - t)


def toast(*args, stdin=b"", timeout=30, **kw):
    """Run the program under test and wait for it. stdin: bytes to feed, or a file or descriptor."""
    given = isinstance(stdin, bytes)
    proc = start(args, stdin=subprocess.PIPE if given else stdin, **kw)
    return finish(proc, stdin=stdin if given else b"", timeout=timeout)


def run(*args, **kw):
    """`toastainer run ARGS`."""
    return toast("run", *args, **kw)


def nsjail(*args, **kw):
    """The nsjail face, quiet, once, with a time limit."""
    return toast("-Q", "-Mo", "-t", str(int(20 * SCALE)), *args, **kw)


def compile_static(source, out):
    """Compile a C program of the tests statically. A comment in it, `flags: ...`, adds to the command line."""
    found = re.search(r"\bflags: (.*?)\s*(?:\*/)?$", pathlib.Path(source).read_text(), re.M)
    flags = found[1].split() if found else []
    subprocess.run(["gcc", "-std=gnu17", "-O1", "-static", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
                    "-o", out, source, *flags], check=True)


def state_of(result):
    """The JSON that tests/programs/state.c printed."""
    assert result.rc == 0, result
    return json.loads(result.out)


def wait_for(what, seconds=5.0):
    """Poll until what() is true; its last value."""
    end = time.monotonic() + seconds * SCALE
    while True:
        value = what()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.01)


def read(path, default=b""):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return default


def processes_with(token):
    """Pids whose command line holds the token; zombies do not count."""
    token = token.encode()
    return [int(p) for p in os.listdir("/proc")
            if p.isdigit() and int(p) != os.getpid() and token in read(f"/proc/{p}/cmdline")]


def children():
    """(pid, state, name) of our own children, zombies too. A subreaper inherits the jails' orphans."""
    me, found = str(os.getpid()), []
    for p in os.listdir("/proc"):
        if p.isdigit():
            name, _, rest = read(f"/proc/{p}/stat").decode(errors="replace").rpartition(")")
            if rest and rest.split()[1] == me:
                found.append((int(p), rest.split()[0], name.partition("(")[2]))
    return found


def mounts(text=None):
    """mountinfo as {mount point: (type, per-mount options)}; the last on a point wins."""
    table = {}
    for line in (text if text is not None else read("/proc/self/mountinfo").decode()).splitlines():
        left, _, right = line.partition(" - ")
        f = left.split()
        if len(f) > 5 and right:
            table[f[4]] = (right.split()[0], set(f[5].split(",")))
    return table


def host_namespaces():
    return {n: os.readlink(f"/proc/self/ns/{n}") for n in NAMESPACES}


def can_userns():
    return subprocess.run(["/usr/bin/unshare", "-U", "/bin/true"], capture_output=True).returncode == 0


def host_caps(field="CapEff"):
    for line in open("/proc/self/status"):
        if line.startswith(field + ":"):
            return int(line.split()[1], 16)
    return 0


def kill_and_reap(proc):
    if proc.poll() is None:
        proc.send_signal(signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired, ValueError):
        proc.communicate(timeout=5)


@contextlib.contextmanager
def running(*args, **kw):
    """A jail in the background, killed at the end."""
    proc = start(args, **kw)
    try:
        yield proc
    finally:
        kill_and_reap(proc)
        for f in (proc.stdin, proc.stdout, proc.stderr):
            if f:
                f.close()
