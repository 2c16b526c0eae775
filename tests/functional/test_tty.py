# SPDX-License-Identifier: BSD-3-Clause
"""Terminals: the caller sits at a pseudo terminal that the test drives."""
import os
import signal
import subprocess
import time

import pytest

import toast
from toast import run, wait_for


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
    assert wait_for(lambda: t.proc.poll() is not None, 15), "still runs"
    assert wait_for(lambda: not toast.processes_with(token), 2)
