# SPDX-License-Identifier: BSD-3-Clause
"""Terminals: the caller sits at a pseudo terminal that the test drives."""
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

import toast
from toast import run, wait_for


class Terminal:
    """A terminal with the program under test as its session's leader."""

    def __init__(self, *args, rows=37, columns=91, stdout=None, under_shell=False):
        self.master, self.slave = os.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.slave)
        self.text = b""
        argv = [*toast.WRAP, toast.BIN, *map(os.fspath, args)]

        def lead():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.proc = subprocess.Popen(argv, stdin=self.slave, stdout=stdout or self.slave, stderr=self.slave,
                                     preexec_fn=lead, env={**os.environ, "TERM": "dumb"})

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, data):
        os.write(self.master, data.encode() if isinstance(data, str) else data)

    def pump(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            try:
                self.text += os.read(self.master, 65536)
            except OSError:
                pass

    def expect(self, pattern, seconds=5):
        """Wait until the pattern comes; what it matched is taken from the text."""
        end = time.monotonic() + seconds
        while True:
            m = re.search(pattern.encode(), self.text)
            if m:
                self.text = self.text[m.end():]
                return m
            assert time.monotonic() < end, f"{pattern!r} did not come; there is {self.text[-600:]!r}"
            self.pump(0.05)

    def wait(self, seconds=5):
        """Wait for the end, reading along; the exit status."""
        end = time.monotonic() + seconds
        while self.proc.poll() is None:
            assert time.monotonic() < end, f"does not end; there is {self.text[-600:]!r}"
            self.pump(0.02)
        while select.select([self.master], [], [], 0)[0]:
            self.pump(0)
        return self.proc.returncode

    def attributes(self):
        return termios.tcgetattr(self.slave)

    def is_raw(self):
        return not self.attributes()[3] & termios.ICANON

    def queued_input(self):
        """Bytes that wait to be read on the caller's terminal."""
        return struct.unpack("i", fcntl.ioctl(self.slave, termios.FIONREAD, b"\0\0\0\0"))[0]

    def close(self):
        toast.kill_and_reap(self.proc)
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminal():
    opened = []

    def make(*args, **kw):
        t = Terminal(*args, **kw)
        opened.append(t)
        return t

    yield make
    for t in opened:
        t.close()


def test_own_terminal(terminal, root):
    """Not the caller's: another device, and in the jail's own /dev/pts."""
    t = terminal("run", "-c", root, "--", "/bin/sh", "-c", "tty; stat -L -c %t:%T:%d /proc/self/fd/0; test -t 1 && test -t 2")
    assert t.wait() == 0
    lines = t.text.decode().split()
    assert lines[0] in ("/dev/pts/0", "/dev/console"), lines
    outer = os.fstat(t.slave)
    major, minor, dev = lines[1].split(":")
    assert (int(major, 16), int(minor, 16), int(dev)) != (os.major(outer.st_rdev), os.minor(outer.st_rdev), outer.st_dev)


def test_controlling_terminal(terminal, root):
    t = terminal("run", "-c", root, "--", "/bin/sh", "-c", "echo through > /dev/tty")
    assert t.wait() == 0 and b"through" in t.text


def test_typed_and_shown(terminal, root):
    t = terminal("run", "-c", root, "--", "/bin/cat")
    t.send("hello\n")
    t.expect("hello\r\nhello\r\n")
    t.send("\x04")
    assert t.wait() == 0


def test_control_c(terminal, root):
    t = terminal("run", "-c", root, "--", "/bin/sh", "-c", "echo up; exec sleep 60")
    t.expect("up")
    time.sleep(0.05)
    t.send("\x03")
    assert t.wait() == 130


def test_control_c_is_the_programs(terminal, root):
    """A program that handles it goes on; we do not die of it."""
    t = terminal("run", "-c", root, "--", "/bin/sh", "-c", "trap 'echo got' INT; echo up; read x; read y; echo $y")
    t.expect("up")
    t.send("\x03")
    t.expect("got")
    t.send("line\nline\n")
    t.wait()


@pytest.fixture
def shell(terminal, root):
    t = terminal("run", "-c", root, "-E", "PS1=ready> ", "-E", "TERM=dumb", "--", "/bin/sh", "-i")
    t.expect("ready> ")
    assert b"job control turned off" not in t.text
    return t


def test_job_control(shell):
    t = shell
    t.send("sleep 61\n")
    time.sleep(0.15)
    t.send("\x1a")
    t.expect("Stopped")
    t.expect("ready> ")
    t.send("jobs\n")
    t.expect("Stopped +sleep 61")
    t.send("fg\n")
    t.expect("fg\r\n")
    time.sleep(0.15)
    t.send("\x03")
    t.expect("ready> ")
    t.send("exit 6\n")
    assert t.wait() == 6


def test_control_c_returns_to_the_prompt(shell):
    shell.send("sleep 62\n")
    time.sleep(0.15)
    shell.send("\x03")
    shell.expect("ready> ")
    shell.send("echo al''ive\n")
    shell.expect("alive")
    shell.send("exit\n")
    shell.wait()


def test_window_size(terminal, root):
    t = terminal("run", "-c", root, "--", "/bin/stty", "size")
    assert t.wait() == 0 and b"37 91" in t.text


def test_window_size_changes(terminal, root):
    t = terminal("run", "-c", root, "--", "/bin/sh", "-c",
                 "trap 'stty size; exit 0' WINCH; echo up; while :; do sleep 0.02; done")
    t.expect("up")
    t.resize(41, 103)
    t.expect("41 103")
    assert t.wait() == 0


@pytest.mark.parametrize("script, code", [("exit 3", 3), ("kill -9 $$", 137), ("stty raw -echo; exit 4", 4)])
def test_restored_after(terminal, root, script, code):
    t = terminal("run", "-c", root, "--", "/bin/sh", "-c", script)
    assert t.wait() == code
    assert t.attributes() == t.before


def test_restored_after_failed_setup(terminal, root):
    t = terminal("run", "-c", root, "-R", "/no/such:/mnt", "--", "/bin/true")
    assert t.wait() == 125
    assert t.attributes() == t.before


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_restored_after_signal(terminal, root, sig):
    t = terminal("run", "-c", root, "--", "/bin/sh", "-c", "echo up; sleep 60")
    t.expect("up")
    assert wait_for(t.is_raw)
    t.proc.send_signal(sig)
    t.wait()
    assert t.attributes() == t.before


def test_restored_after_kill(terminal, root):
    """Nobody can catch SIGKILL; the terminal is made whole all the same."""
    t = terminal("run", "-c", root, "--", "/bin/sh", "-c", "echo up; sleep 60")
    t.expect("up")
    assert wait_for(t.is_raw), "the caller's terminal is raw while the jail has its own"
    t.proc.kill()
    t.wait()
    assert wait_for(lambda: t.attributes() == t.before, 2), "left raw"


def test_restored_after_kill_at_any_moment(terminal, root):
    for ms in range(0, 20, 2):
        t = terminal("run", "-c", root, "--", "/bin/sleep", "60")
        time.sleep(ms / 1000)
        t.proc.kill()
        t.wait()
        assert wait_for(lambda: t.attributes() == t.before, 2), f"left raw, killed after {ms} ms"


def test_output_to_a_pipe_is_untouched(terminal, root):
    """A terminal for input only: what goes into a pipe keeps its line ends."""
    r, w = os.pipe()
    t = terminal("run", "-c", root, "--", "/bin/printf", "a\\nb\\n", stdout=w)
    os.close(w)
    assert t.wait() == 0
    assert os.read(r, 100) == b"a\nb\n"
    os.close(r)


def test_nothing_is_lost_at_the_end(terminal, root):
    for i in range(10):
        t = terminal("run", "-c", root, "--", "/bin/sh", "-c", f"echo line; echo end{i}")
        assert t.wait() == 0
        assert f"end{i}".encode() in t.text, t.text


def test_much_output(terminal, root):
    t = terminal("run", "-c", root, "--", "/bin/sh", "-c", "i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done")
    assert t.wait(20) == 0
    assert t.text.decode().split() == [str(i) for i in range(3000)]


def test_callers_terminal_when_asked(terminal, root):
    t = terminal("run", "--tty", "off", "-c", root, "--", "/bin/sh", "-c", "stat -L -c %t:%T /proc/self/fd/0; stty size")
    assert t.wait() == 0
    outer = os.fstat(t.slave).st_rdev
    assert f"{os.major(outer):x}:{os.minor(outer):x}".encode() in t.text and b"37 91" in t.text
    assert t.attributes() == t.before


def test_nsjail_face_has_no_terminal_of_its_own(terminal, root):
    t = terminal("-Q", "-Mo", "-c", root, "--", "/bin/stat", "-L", "-c", "%t:%T", "/proc/self/fd/0")
    assert t.wait() == 0
    outer = os.fstat(t.slave).st_rdev
    assert f"{os.major(outer):x}:{os.minor(outer):x}".encode() in t.text


def test_no_terminal_without_one(root):
    """Not given by itself to a caller that has none."""
    assert run("-c", root, "--", "/bin/sh", "-c", "test -t 0 || test -t 1").rc == 1


def test_terminal_on_request(terminal, root):
    """Also when only one of the standard descriptors is a terminal; without any it is an error."""
    t = terminal("run", "--tty", "on", "-c", root, "--", "/bin/sh", "-c", "test -t 0 && tty", stdout=subprocess.DEVNULL)
    assert t.wait() == 0
    r = run("--tty", "on", "-c", root, "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and "terminal" in r.errors()[0], r


def test_terminal_goes_away(terminal, root):
    """The window is closed: the jail ends."""
    token = f"7{os.getpid()}6"
    t = terminal("run", "-c", root, "--", "/bin/sleep", token)
    assert wait_for(lambda: toast.processes_with(token))
    os.close(t.master)
    t.master = os.open("/dev/null", os.O_RDWR)
    assert wait_for(lambda: t.proc.poll() is not None, 5), "still runs"
    assert wait_for(lambda: not toast.processes_with(token), 2)


# ---------------------------------------------------------------------- input pushed into the caller's terminal
ATTACKS = ["tiocsti", "tiocsti-high-bits", "tioclinux"]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("opts", [["run"], ["run", "--tty", "off"], ["run", "--tty", "off", "--keep_caps"], ["-Q", "-Mo"]])
def test_input_cannot_be_pushed(terminal, root, compile_c, attack, opts):
    """TIOCSTI and TIOCLINUX from the jail leave the caller's input empty."""
    push = compile_c("attack/push_input.c")
    t = terminal(*opts, "-R", f"{push}:/push", "--", "/push", attack)
    t.wait()
    assert t.queued_input() == 0, t.text
    if opts != ["run"]:  # which has a terminal of its own, where this harms nobody
        assert b"PUSHED" not in t.text and b"refused" in t.text, t.text


@pytest.mark.modes("root")
def test_input_pushing_is_detected(terminal, compile_c):
    """The same program without the protection does push: in the caller's session, with capabilities."""
    push = compile_c("attack/push_input.c")
    t = terminal("-Q", "-Mo", "--skip_setsid", "--keep_caps", "--disable_clone_newuser", "-R", f"{push}:/push", "--",
                 "/push", "tiocsti")
    t.wait()
    assert b"PUSHED" in t.text
