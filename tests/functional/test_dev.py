# SPDX-License-Identifier: BSD-3-Clause
"""The minimal /dev."""
import pytest

from toast import nsjail, run

DEVICES = {"null": "1 3", "zero": "1 5", "full": "1 7", "random": "1 8", "urandom": "1 9", "tty": "5 0"}
LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}


@pytest.mark.core
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_devices(root, face):
    f, opts = (run, []) if face == "run" else (nsjail, ["--dev"])
    r = f("-c", root, *opts, "--", "/bin/stat", "-c", "%n %F %t %T", *(f"/dev/{d}" for d in DEVICES))
    got = dict((l.split()[0][5:], l.split("special file ")[1]) for l in r.ok().out.splitlines())
    assert got == DEVICES


@pytest.mark.core
def test_links(root):
    r = run("-c", root, "--", "/bin/sh", "-c", "for l in fd stdin stdout stderr; do readlink /dev/$l; done")
    assert r.ok().out.split() == list(LINKS.values())


@pytest.mark.core
def test_nothing_else(sh):
    names = set(sh("ls /dev").ok().out.split())
    assert names - {"console", "core", "mqueue"} == {*DEVICES, *LINKS, "ptmx", "pts", "shm"}


@pytest.mark.core
def test_devices_work(sh):
    r = sh("echo x > /dev/null; head -c 4 /dev/zero | od -An -tx1; head -c 8 /dev/urandom | wc -c;"
           "echo x > /dev/full; echo x > /dev/stdout")
    assert r.out.split() == ["00", "00", "00", "00", "8", "x"] and "No space" in r.err, r


def test_pseudo_terminals(root, compile_c):
    program = compile_c("programs/pty.c")
    r = run("-c", root, "-T", "/mnt", "-R", f"{program}:/mnt/pty", "--", "/mnt/pty")
    assert r.ok().out.startswith("/dev/pts/"), r


def test_shared_memory_directory(sh):
    assert sh("echo x > /dev/shm/a && cat /dev/shm/a; stat -c %a /dev/shm").ok().out == "x\n1777\n"


@pytest.mark.parametrize("caps", [[], ["--keep_caps"]])
def test_no_node_can_be_made(root, caps):
    r = run("-c", root, *caps, "--", "/bin/busybox", "mknod", "/dev/mem", "c", "1", "1")
    assert r.rc == 1
    r = run("-c", root, *caps, "--", "/bin/busybox", "mknod", "/tmp/sda", "b", "8", "0")
    assert r.rc == 1


def test_root_as_it_is(own_root):
    (own_root / "dev" / "own").write_text("own\n")
    assert run("-c", own_root, "--no_dev", "--", "/bin/ls", "/dev").ok().out == "own\n"
    assert nsjail("-c", own_root, "--", "/bin/ls", "/dev").ok().out == "own\n"


def test_no_dev_in_an_empty_root(root):
    r = nsjail("-R", f"{root}/bin:/bin", "--", "/bin/ls", "/")
    assert "dev" not in r.ok().out.split()
