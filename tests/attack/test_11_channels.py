# SPDX-License-Identifier: BSD-3-Clause
"""Class 11: two jails of one caller talk to each other through what the kernel shares."""
import os
import subprocess

import pytest

from toast import nsjail, run, running

KINDS = ["session-keyring", "user-keyring", "user-session-keyring", "abstract-socket", "sysv-shm", "sysv-sem", "sysv-msg",
         "posix-mq", "dev-shm", "tmp", "vsock"]
FACES = {"run": (["run"], run), "nsjail": (["-Q", "-Mo", "--dev", "--private_tmp"], lambda *a: nsjail("--dev", "--private_tmp", *a))}


@pytest.fixture
def channel(compile_c):
    return compile_c("attack/channel.c")


def name():
    return f"toastchannel{os.getpid()}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("face", FACES)
def test_between_jails(channel, kind, face):
    first, go = FACES[face]
    with running(*first, "-R", f"{channel}:/channel", "--", "/channel", "send", kind, name(),
                 stdin=subprocess.PIPE) as sender:
        assert sender.stdout.readline() in (b"ready\n", b"cannot\n")
        r = go("-R", f"{channel}:/channel", "--", "/channel", "receive", kind, name())
        assert r.ok().out == "nothing\n"


@pytest.mark.parametrize("kind", KINDS)
def test_from_the_host(channel, kind):
    """What the caller has in its session is not there in the jail."""
    with subprocess.Popen([channel, "send", kind, name()], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as sender:
        sender.stdout.readline()
        r = run("-R", f"{channel}:/channel", "--", "/channel", "receive", kind, name())
        sender.stdin.close()
    clean(kind)
    assert r.ok().out == "nothing\n"


def clean(kind):
    """What outlives its maker: keys, SysV objects, queues and files."""
    if kind in ("dev-shm", "tmp"):
        d = {"dev-shm": "/dev/shm", "tmp": "/tmp"}[kind]
        if os.path.exists(f"{d}/{name()}"):
            os.remove(f"{d}/{name()}")
    if kind.startswith("sysv"):
        flag = {"sysv-shm": "-m", "sysv-sem": "-s", "sysv-msg": "-q"}[kind]
        out = subprocess.run(["ipcs", flag], capture_output=True, text=True).stdout
        h = 5381
        for c in name():
            h = (h * 33 + ord(c)) & 0xffffffff
        for line in out.splitlines():
            f = line.split()
            if f and f[0] == f"0x{h & 0x7fffffff:08x}":
                subprocess.run(["ipcrm", flag, f[1]])
    if kind == "posix-mq":
        import ctypes
        ctypes.CDLL("libc.so.6").mq_unlink(f"/{name()}".encode())


@pytest.mark.parametrize("kind", KINDS)
def test_detects_broken(channel, kind):
    """Without jails every one of them works."""
    with subprocess.Popen([channel, "send", kind, name()], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as sender:
        if sender.stdout.readline() != b"ready\n":
            sender.stdin.close()
            pytest.skip(f"no {kind} on this machine")
        got = subprocess.run([channel, "receive", kind, name()], capture_output=True, text=True).stdout
        sender.stdin.close()
    clean(kind)
    if kind == "vsock" and got != "GOT\n":
        pytest.skip("no vsock loopback on this machine")
    assert got == "GOT\n"


def test_shared_ipc_namespace_detects_broken(channel):
    """Jails that share the caller's ipc namespace do talk."""
    first = ["run", "--disable_clone_newipc", "-R", f"{channel}:/channel", "--", "/channel"]
    with running(*first, "send", "sysv-shm", name(), stdin=subprocess.PIPE) as sender:
        assert sender.stdout.readline() == b"ready\n"
        got = run(*first[1:], "receive", "sysv-shm", name())
    clean("sysv-shm")
    assert got.ok().out == "GOT\n"


@pytest.mark.xfail(strict=True, reason="two jails that were given the same file can lock it; only separate files help")
def test_locks_on_a_file_that_both_have(channel):
    with running("run", "-R", f"{channel}:/channel", "--", "/channel", "send", "device-lock", name(),
                 stdin=subprocess.PIPE) as sender:
        assert sender.stdout.readline() == b"ready\n"
        r = run("-R", f"{channel}:/channel", "--", "/channel", "receive", "device-lock", name())
    assert r.ok().out == "nothing\n"
