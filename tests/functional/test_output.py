# SPDX-License-Identifier: BSD-3-Clause
"""Limited output: exactly so many bytes, in their order, to whatever the caller's stdout is."""
import json
import os
import pty
import select
import socket
import subprocess
import time

import pytest

import toast
from toast import nsjail, run, running

FLOOD = "while :; do echo 0123456789abcde; done"


@pytest.fixture
def limited(root, tmp):
    """limited(OPTIONS..., script=SCRIPT): (Result, the result's JSON)."""

    def go(*opts, script, **kw):
        tmp.chmod(0o777)
        r = run("--result_json", tmp / "r", "-c", root, *opts, "--", "/bin/sh", "-c", script, **kw)
        return r, json.loads((tmp / "r").read_text())

    return go


@pytest.mark.core
@pytest.mark.parametrize("limit", [0, 1, 15, 16, 17, 4096, 100_000, 1_000_000])
def test_exactly_so_many_bytes(limited, limit):
    r, j = limited("--output_limit", str(limit), script=FLOOD)
    assert r.rc == 137 and j["reason"] == "output_limit", r
    assert r.out == ("0123456789abcde\n" * (limit // 16 + 1))[:limit]
    assert j["output_bytes"] == limit == j["limit"]["value"] < j["limit"]["used"]


@pytest.mark.parametrize("n", [0, 1, 99, 100])
def test_the_limit_itself_is_allowed(limited, n):
    r, j = limited("--output_limit", "100", script=f"head -c {n} /dev/zero; exit 4")
    assert r.rc == 4 and len(r.raw) == n and (j["reason"], j["output_bytes"], j["output_dropped_bytes"]) == ("exited", n, 0)


def test_one_byte_more_is_not(limited):
    """Also when the program has ended before anybody noticed."""
    r, j = limited("--output_limit", "100", script="head -c 101 /dev/zero; exit 4")
    assert r.rc == 137 and len(r.raw) == 100 and j["reason"] == "output_limit", j


@pytest.mark.core
@pytest.mark.parametrize("limit", [0, 10, 70_000])
def test_truncated(limited, limit):
    r, j = limited("--output_truncate", str(limit), script="head -c 300000 /dev/zero; exit 4")
    assert r.rc == 4 and len(r.raw) == limit
    assert (j["reason"], j["output_bytes"], j["output_dropped_bytes"]) == ("exited", limit, 300_000 - limit)
    assert j["limits_hit"] == ["output_truncated"]


def test_stdout_and_stderr_count_together(limited):
    r, j = limited("--output_truncate", "100", script="head -c 60 /dev/zero; sleep 0.3; head -c 60 /dev/zero >&2")
    assert len(r.raw) == 60 and r.err.count("\0") == 40 and j["output_dropped_bytes"] == 20


def test_order_of_stdout_and_stderr(root):
    """Both lead to one place: they come out as they were written."""
    p = toast.start(["run", "--output_limit", "1M", "-c", root, "--", "/bin/sh", "-c",
                     "i=0; while [ $i -lt 500 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done"], stderr=subprocess.STDOUT)
    r = toast.finish(p)
    assert r.ok().out == "".join(f"o{i}\ne{i}\n" for i in range(500))


def test_everything_arrives(limited):
    r, j = limited("--output_limit", "10M", script="head -c 5000000 /dev/zero | tr '\\0' x; echo end >&2")
    assert r.rc == 0 and r.out == "x" * 5_000_000 and r.err == "end\n" and j["output_bytes"] == 5_000_004


@pytest.mark.parametrize("append", [False, True])
def test_to_a_file(root, tmp, append):
    """At the file's own place, also when it is opened for appending."""
    f = tmp / "out"
    f.write_text("before\n")
    with open(f, "ab" if append else "r+b") as out:
        out.seek(0, os.SEEK_END)
        run("--output_limit", "1M", "-c", root, "--", "/bin/sh", "-c", "echo one; echo two", stdout=out).ok()
    assert f.read_text() == "before\none\ntwo\n"


def test_to_a_socket(root):
    a, b = socket.socketpair()
    with a, b:
        run("--output_limit", "1M", "-c", root, "--", "/bin/echo", "hello", stdout=b).ok()
        b.close()
        assert a.recv(100) == b"hello\n"


def test_to_a_closed_stdout(root):
    r = run("--output_limit", "10", "-c", root, "--", "/bin/sh", "-c", "echo x; exit 3", preexec_fn=lambda: os.close(1))
    assert r.rc == 3, r


def test_reader_that_goes_away(root):
    """The program gets SIGPIPE, as without us."""
    with running("run", "--output_limit", "1G", "-c", root, "--", "/bin/sh", "-c", "exec yes") as p:
        p.stdout.read(10)
        p.stdout.close()
        assert p.wait(timeout=10) == 141


def test_slow_reader(root):
    """What is still on its way when the program ends is not lost."""
    with running("run", "--output_limit", "1M", "-c", root, "--", "/bin/sh", "-c", "head -c 120000 /dev/zero") as p:
        time.sleep(0.7)
        assert len(p.stdout.read()) == 120_000
        assert p.wait(timeout=10) == 0


@pytest.mark.core
@pytest.mark.parametrize("opts", [["--output_limit", "1G"], ["--output_truncate", "10"]])
def test_reader_that_reads_nothing_does_not_stop_the_time_limit(root, opts):
    with running("run", *opts, "-t", "1", "-c", root, "--", "/bin/sh", "-c", FLOOD) as p:
        assert p.wait(timeout=20) == 137


def test_flood_does_not_keep_signals_away(root):
    with running("run", "--output_truncate", "10", "-c", root, "--", "/bin/sh", "-c", "trap '' PIPE; exec yes") as p:
        assert p.stdout.read(10)
        p.terminate()
        assert p.wait(timeout=10) == 143


def test_silent(root):
    assert run("--silent", "--output_limit", "1", "-c", root, "--", "/bin/echo", "hello").ok().out == ""


def test_stderr_to_null(limited):
    r, j = limited("--stderr_to_null", "--output_limit", "100", script="head -c 300 /dev/zero >&2; echo x")
    assert r.rc == 0 and r.out == "x\n" and j["output_bytes"] == 2


def test_exclude_each_other(root):
    r = run("-c", root, "--output_limit", "1", "--output_truncate", "1", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1


def test_not_in_mode_listen(root):
    r = nsjail("-Ml", "-p", "0", "--output_limit", "1", "-c", root, "--", "/bin/true")
    assert r.rc == 255


@pytest.fixture
def terminal():
    """A terminal of ours: master, slave."""
    master, slave = pty.openpty()
    yield master, slave
    for fd in (master, slave):
        os.close(fd)


def read_terminal(master):
    data = b""
    while select.select([master], [], [], 0.5)[0]:
        data += os.read(master, 65536)
    return data


def on_terminal(terminal, *args):
    """Run on a terminal of its own; (exit status, what came out of it)."""
    master, slave = terminal
    p = subprocess.Popen([toast.BIN, *map(str, args)], stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    data = read_terminal(master)
    rc = p.wait(timeout=20)
    return rc, data + read_terminal(master)


def test_jails_own_terminal_is_counted(root, terminal):
    rc, out = on_terminal(terminal, "run", "-c", root, "--output_limit", "40", "--", "/bin/sh", "-c", FLOOD)
    assert rc == 137 and out[:40].replace(b"\r", b"") in b"0123456789abcde\n" * 9 and out.count(b"abcde\r\n") == 2, out


@pytest.mark.parametrize("fd", [0, 1, 2])
def test_callers_terminal_as_stdin_is_no_way_around(root, terminal, fd):
    """Without a terminal of its own the program has the caller's as 0, too."""
    rc, out = on_terminal(terminal, "-Q", "-Mo", "-c", root, "--output_truncate", "20", "--", "/bin/sh", "-c",
                          f"i=0; while [ $i -lt 50 ]; do echo 0123456789 >&{fd}; i=$((i+1)); done; exit 3")
    assert rc in (3, 1, 2) and len(out.replace(b"\r", b"")) <= 20, out


def test_writable_stdin_is_told(limited):
    """A socket cannot be opened anew for reading only."""
    a, b = socket.socketpair()
    with a, b:
        _, j = limited("--output_limit", "20", script="echo x", stdin=b)
        assert [p["state"] for p in j["receipt"] if p["protection"] == "output_limit"] == ["degraded"]
        r = run("--output_limit", "20", "--require", "output_limit", "--", "/bin/true", stdin=b)
        assert r.rc == 125 and "output_limit" in r.errors()[0], r


def test_nothing_between_without_a_limit(root):
    """The jail's stdout is the caller's own."""
    r, w = os.pipe()
    inode = os.fstat(w).st_ino
    out = run("-c", root, "--", "/bin/readlink", "/proc/self/fd/2", stderr=w)
    os.close(w)
    os.close(r)
    assert out.ok().out == f"pipe:[{inode}]\n"


def test_a_file_as_stdin_that_can_be_opened_for_writing(limited, tmp):
    """/proc/self/fd/0 leads to it, and what is written there is not counted: the receipt says so."""
    (tmp / "in").write_text("input")
    with open(tmp / "in") as f:
        _, j = limited("--output_limit", "20", script="echo x", stdin=f)
        assert [p["state"] for p in j["receipt"] if p["protection"] == "output_limit"] == ["degraded"]
    with open("/dev/null") as f:
        _, j = limited("--output_limit", "20", script="echo x", stdin=f)
        assert [p["state"] for p in j["receipt"] if p["protection"] == "output_limit"] == ["enforced"]
