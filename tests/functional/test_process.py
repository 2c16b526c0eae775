# SPDX-License-Identifier: BSD-3-Clause
"""What the program inherits: descriptors, environment, directory, names, session, signals, umask."""
import os
import signal

import pytest

from toast import nsjail, run, state_of


@pytest.fixture
def host_fds():
    """Descriptors without close-on-exec, high and low, of kinds that hurt: the host's root among them."""
    fds = []
    root_dir = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    for at in (3, 4, 9, 77, 500):
        try:
            os.fstat(at)
        except OSError:
            os.dup2(root_dir, at)
            fds.append(at)
    os.set_inheritable(root_dir, True)
    fds.append(root_dir)
    yield fds
    for fd in fds:
        os.close(fd)


@pytest.mark.core
@pytest.mark.parametrize("opts", [[], ["--no_init"], ["--no_init", "--disable_proc"]])
def test_descriptors_are_closed(state, host_fds, opts):
    assert state(*opts, pass_fds=host_fds)["fds"] == [0, 1, 2]


@pytest.mark.core
def test_descriptors_are_closed_in_the_nsjail_face(state, host_fds):
    assert state(face="nsjail", pass_fds=host_fds)["fds"] == [0, 1, 2]


@pytest.mark.core
def test_listed_descriptors_pass(state, host_fds):
    a, b = host_fds[0], host_fds[-2]
    assert state("--pass_fd", str(a), "--pass_fd", str(b), pass_fds=host_fds)["fds"] == sorted([0, 1, 2, a, b])


def test_listed_descriptor_is_the_callers(root):
    r, w = os.pipe()
    os.write(w, b"via")
    os.close(w)
    try:
        out = run("-c", root, "--pass_fd", str(r), "--", "/bin/sh", "-c", f"cat <&{r}", pass_fds=[r])
    finally:
        os.close(r)
    assert out.ok().out == "via"


@pytest.mark.parametrize("value", ["-1", "x", "", "99999999999"])
def test_bad_descriptor_number(root, value):
    r = run("-c", root, f"--pass_fd={value}", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and "pass_fd" in r.errors()[0], r


@pytest.mark.core
def test_standard_input(root):
    assert run("-c", root, "--", "/bin/cat", stdin=b"hello\nthere").ok().out == "hello\nthere"


def test_much_output(sh):
    assert len(sh("head -c 3000000 /dev/zero").ok().raw) == 3000000


def test_silent(sh):
    r = sh("echo out; echo err >&2; cat", "--silent", stdin=b"in")
    assert (r.ok().out, r.err) == ("", "")
    assert sh("readlink /proc/self/fd/0 | grep -q null", "--silent").rc == 0


def test_only_stderr_to_null(sh):
    r = sh("echo out; echo err >&2", "--stderr_to_null")
    assert (r.ok().out, r.err) == ("out\n", "")


HOST_ENV = {"SECRET": "s", "PATH": "/host", "X": "1", "Y": "2", "TERM": "vt100"}


def env(state, *opts, **kw):
    e = state(*opts, env=dict(HOST_ENV), **kw)["env"]
    return dict(x.split("=", 1) for x in e)


@pytest.mark.core
def test_environment(state):
    e = env(state)
    assert "SECRET" not in e and "X" not in e
    assert "/bin" in e["PATH"].split(":") and "/host" not in e["PATH"].split(":")
    assert e["TERM"]
    assert env(state, face="nsjail") == {}


@pytest.mark.core
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_environment_set(state, face):
    e = env(state, "-E", "X", "-E", "NEW=a=b c", "-E", "EMPTY=", "-E", "UNSET_ON_THE_HOST", face=face)
    assert (e["X"], e["NEW"], e["EMPTY"]) == ("1", "a=b c", "") and "UNSET_ON_THE_HOST" not in e and "Y" not in e


def test_environment_last_wins(state):
    e = state("-E", "A=1", "-E", "A=2", "-E", "PATH=/p")["env"]
    assert "A=2" in e and "A=1" not in e and [x for x in e if x.startswith("PATH=")] == ["PATH=/p"]


@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_environment_kept(state, face):
    e = env(state, "--keep_env", "-E", "X=9", "-E", "Z=3", face=face)
    assert e == {**HOST_ENV, "X": "9", "Z": "3"}


@pytest.mark.core
def test_working_directory(state, root):
    assert state()["cwd"] == "/"
    assert state("-D", "/etc")["cwd"] == "/etc"
    assert state("--cwd", "/etc/../bin")["cwd"] == "/bin"
    for bad in ("/no/such", "/etc/passwd"):
        r = run("-c", root, "-D", bad, "--", "/bin/true")
        assert r.rc == 125 and len(r.errors()) == 1 and bad in r.errors()[0], r


@pytest.mark.core
def test_hostname(state, root):
    assert state("-H", "box.example")["hostname"] == "box.example"
    assert state("-H", "h" * 64)["hostname"] == "h" * 64
    r = run("-c", root, "-H", "h" * 65, "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and "hostname" in r.errors()[0].lower(), r


@pytest.mark.core
def test_argv0(state):
    assert state()["argv"] == ["/bin/state"]
    assert state("--argv0", "-login", cmd=("/bin/state", "x"))["argv"] == ["-login", "x"]


def test_exec_file(state):
    """Another file than the first word, which stays argv[0]."""
    assert state("-x", "/bin/state", cmd=("name", "x"))["argv"] == ["name", "x"]


@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_exec_by_descriptor(root, compile_c, face):
    """A program of the host that the jail cannot see."""
    f = run if face == "run" else nsjail
    program = compile_c("programs/state.c")
    s = state_of(f("--execute_fd", "--", program))
    assert s["argv"] == [str(program)] and s["fds"] == [0, 1, 2]


def test_exec_by_descriptor_missing(root):
    assert run("--execute_fd", "--", "/no/such/program").rc == 127


@pytest.mark.core
def test_session(state):
    s = state()
    assert s["sid"] in (1, 2) and s["pgid"] in (1, 2)
    s = state(face="nsjail")
    assert s["sid"] == s["pgid"] == s["pid"] == 1
    assert state("--skip_setsid", face="nsjail")["sid"] == 0


@pytest.mark.core
def test_umask(state):
    def mask():
        os.umask(0o027)

    assert state(preexec_fn=mask)["umask"] == 0o027
    assert state(face="nsjail", preexec_fn=mask)["umask"] == 0o027
    assert state("--umask", "077", preexec_fn=mask)["umask"] == 0o077
    assert state("--umask", "0", preexec_fn=mask)["umask"] == 0


@pytest.mark.parametrize("value", ["8", "x", "", "-1", "01000", "0x1"])
def test_bad_umask(root, value):
    r = run("-c", root, f"--umask={value}", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and "umask" in r.errors()[0], r


def test_umask_does_not_spoil_our_directories(root):
    """What we make for the jail is usable whatever the caller's umask."""
    r = run("-R", f"{root}/bin:/bin", "-R", f"{root}/etc:/a/b/c", "--user", "1000", "--", "/bin/sh", "-c",
            "stat -c %a /a /a/b /dev /dev/shm /tmp; cat /a/b/c/passwd >/dev/null",
            preexec_fn=lambda: os.umask(0o777))
    assert r.ok().out.split() == ["755", "755", "755", "1777", "1777"], r


@pytest.mark.core
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_signals_are_reset(state, face):
    def spoil():
        for s in (signal.SIGPIPE, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(s, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2, signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM})

    s = state(face=face, preexec_fn=spoil)
    assert (s["sig_blocked"], s["sig_ignored"]) == (0, 0)


def test_ignored_sigchld_of_the_caller(sh):
    """A caller that ignores SIGCHLD does not cost us the exit status."""
    r = sh("exit 6", preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    assert r.rc == 6


def test_children_of_the_caller_are_not_ours(root):
    """exec'd by a shell that left a child behind: we wait for our own only."""
    import subprocess
    from toast import BIN, WRAP, finish
    cmd = '(sleep 0.2; exit 9) & exec "$@"'
    p = subprocess.Popen(["sh", "-c", cmd, "sh", *WRAP, BIN, "run", "-c", str(root), "--", "/bin/sh", "-c",
                          "sleep 0.4; exit 4"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    assert finish(p).rc == 4
