# SPDX-License-Identifier: BSD-3-Clause
"""--log_format json: every line is one JSON object, in every mode and for every kind of line, and tells no secret."""
import json
import os
import signal
import socket

import pytest

from toast import nsjail, run, running, toast, wait_for

SECRET = "s3cr3t-value"
FORMAT = ["--log_format", "json"]
KEYS = {"time", "level", "pid", "message"}


def lines(text):
    """The log, each line checked to be an object with what a line has."""
    entries = [json.loads(line) for line in text.splitlines()]
    for e in entries:
        assert KEYS <= e.keys() <= KEYS | {"hint"} and isinstance(e["pid"], int), e
        assert e["level"] in ("debug", "info", "warning", "error", "fatal") and "\n" not in e["message"], e
    return entries


def levels(entries):
    return {e["level"] for e in entries}


@pytest.mark.parametrize("go", [run, lambda *a, **k: toast("-Mo", *a, **k)], ids=["run", "nsjail"])
def test_once(root, go):
    entries = lines(go(*FORMAT, "-v", "-c", root, "--", "/bin/true").ok().err)
    assert {"debug", "info"} & levels(entries), entries


@pytest.mark.parametrize("go", [run, nsjail], ids=["run", "nsjail"])
@pytest.mark.parametrize("args", [
    ["-c", "/none", "--", "/bin/true"],  # set-up
    ["-c", "{root}", "--", "/bin/none"],  # exec
    ["-c", "{root}", "--seccomp_string", "ALLOW {\n raed }", "--", "/bin/true"],  # text with newlines and quotes
    ["-c", "{root}", "--user", "nobody-of-that-name\"\t\\", "--", "/bin/true"],
    ["-c", "{root}", "--hostname", "x" * 200, "--", "/bin/true"],
    ["--config", "/none"],  # while the command line is read
    ["--no_such_option"],
    ["--rlimit_as", "x\n\x1b[31m", "--", "/bin/true"],
], ids=range(8))
def test_errors(root, go, args):
    r = go(*FORMAT, *[a.format(root=root) if a == "{root}" else a for a in args])
    entries = lines(r.err)
    assert r.rc != 0 and [e["level"] for e in entries] == ["fatal"] and not r.out, r


def test_error_before_the_option(root):
    """The option counts although the mistake stands before it; after the command it is the program's."""
    assert levels(lines(run("--no_such_option", *FORMAT).err)) == {"fatal"}
    assert levels(lines(run("--no_such_option", "--log_format=json", "--", "x").err)) == {"fatal"}
    assert run("--no_such_option", "--", "x", *FORMAT).err.startswith("[F]")


def test_hint_is_a_key(root):
    entries = lines(run(*FORMAT, "--chrot", "/", "--", "/bin/true").err)
    assert entries[0]["hint"] == "did you mean --chroot?" and "hint" not in entries[0]["message"]
    entries = lines(run(*FORMAT, "-c", root, "--", "/bin/none").err)
    assert entries[0]["hint"]


def test_warnings(root):
    """A descriptor to pass that is not open is a warning in nsjail's face."""
    r = toast("-Mo", *FORMAT, "-c", root, "--pass_fd", "63", "--", "/bin/true").ok()
    assert any(e["level"] == "warning" and "63" in e["message"] for e in lines(r.err)), r


def test_time_limit(root):
    entries = lines(run(*FORMAT, "-v", "-c", root, "-t", "1", "--", "/bin/sleep", "20").err)
    assert any("time limit" in e["message"] for e in entries), entries


def test_rerun(root):
    entries = lines(run(*FORMAT, "-v", "-Mr", "--rerun_count", "3", "-c", root, "--", "/bin/false").err)
    assert len(entries) >= 3


def test_execve(root):
    entries = lines(run(*FORMAT, "-v", "-Me", "-c", root, "--", "/bin/none").err)
    assert "fatal" in levels(entries)


def test_listen(root, tmp):
    log = tmp / "log"
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with running("-Ml", "--port", str(port), "--bindhost", "127.0.0.1", *FORMAT, "-v", "--log", log, "--max_conns_per_ip", "1",
                 "-c", root, "--", "/bin/cat") as p:
        def connect():
            try:
                return socket.create_connection(("127.0.0.1", port))
            except OSError:
                return None
        with wait_for(connect) as first:
            first.sendall(b"x")
            assert first.recv(1) == b"x"
            with socket.create_connection(("127.0.0.1", port)) as second:
                assert second.recv(1) == b""  # refused: one connection an address
        p.send_signal(signal.SIGUSR1)
        wait_for(lambda: log.exists() and len(log.read_text().splitlines()) > 3)
        p.send_signal(signal.SIGTERM)
        p.wait(10)
        assert not p.stderr.read()
    assert any("127.0.0.1" in e["message"] for e in lines(log.read_text()))


def test_log_file_and_descriptor(root, tmp):
    log = tmp / "log"
    assert not run(*FORMAT, "-v", "--log", log, "-c", root, "--", "/bin/true").ok().err
    assert lines(log.read_text())
    r, w = os.pipe()
    assert not run(*FORMAT, "-v", "--log_fd", str(w), "-c", root, "--", "/bin/true", pass_fds=[w]).ok().err
    os.close(w)
    with os.fdopen(r) as f:
        assert lines(f.read())


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("program", ["/bin/true", "/bin/none", "/bin/false"])
@pytest.mark.parametrize("opts", [["run"], ["-Mo"], ["run", "-Mr", "--rerun_count", "2"], ["run", "-Me"]], ids=" ".join)
def test_no_secret(root, opts, program, form):
    """Values of the environment are not in the log, given or inherited, whether the jail starts or not."""
    env = {**os.environ, "INHERITED": SECRET}
    r = toast(*opts, "--log_format", form, "-c", root, "-E", f"TOKEN={SECRET}", "-E", "INHERITED", "--keep_env", "--", program,
              env=env)
    assert SECRET not in r.err + r.out, r
    if form == "json":
        lines(r.err)


def test_secret_of_a_refused_config(tmp):
    """Nor in what is said of a mistake elsewhere in the file."""
    (tmp / "cfg").write_text(f'envar: "TOKEN={SECRET}"\nrlimit_as: x\n')
    r = run(*FORMAT, "--config", tmp / "cfg", "--", "/bin/true")
    assert levels(lines(r.err)) == {"fatal"} and SECRET not in r.err
