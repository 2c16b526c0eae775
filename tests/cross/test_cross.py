# SPDX-License-Identifier: BSD-3-Clause
"""The launcher for another processor, under qemu-user (tests/run.py --suite cross builds it).

qemu-user makes no namespaces with clone, and is itself a process of several threads, which may not unshare
their user namespace: the mode execve without one is what runs of a jail.
"""
import json
import os
import subprocess

import pytest

import toast

NATIVE = os.environ.get("TOASTAINER_NATIVE", "")
assert toast.WRAP and NATIVE, "run by tests/run.py --suite cross"
MACHINE = toast.WRAP[0].removeprefix("qemu-").removesuffix("-static")

POLICY = b"""
#define WHERE 0xffffff9c
POLICY p { ALLOW { read, write { fd == 1 || fd == 2 && count < 0x123456789a }, openat { dfd == WHERE } } }
USE p, ERRNO(38) { clone3 } DEFAULT KILL_PROCESS
"""
CONFIG = """name: "x"
mode: ONCE
hostname: "jail"
time_limit: 600
rlimit_as: 4096
uidmap { inside_id: "0" outside_id: "1000" count: 1 }
mount { src: "/usr" dst: "/usr" is_bind: true rw: false }
exec_bin { path: "/bin/true" arg: "-x" }
"""


def native(*args, stdin=b""):
    p = subprocess.run([NATIVE, *map(os.fspath, args)], input=stdin, capture_output=True)
    assert p.returncode == 0, p
    return p.stdout


def test_it_is_for_that_machine():
    machine = int.from_bytes(toast.read(toast.BIN)[18:20], "little")
    assert machine == {"aarch64": 183, "riscv64": 243}[MACHINE]
    assert toast.toast("--version").ok().raw == native("--version")


@pytest.mark.parametrize("arch", ["x86_64", "aarch64", "riscv64", "i386", "arm"])
def test_same_filter_as_the_native_build(arch):
    """The same bytes, for each machine that a filter can be for."""
    args = ("policy", "dump", "--raw", "--arch", arch, "-")
    assert toast.toast(*args, stdin=POLICY).ok().raw == native(*args, stdin=POLICY) != b""


def test_own_machine_is_the_default():
    args = ("policy", "dump", "--raw")
    assert toast.toast(*args, "-", stdin=POLICY).ok().raw == native(*args, "--arch", MACHINE, "-", stdin=POLICY)


@pytest.mark.parametrize("to", ["text", "json"])
def test_same_config_as_the_native_build(tmp, to):
    f = tmp / "config"
    f.write_text(CONFIG)
    toast.toast("config", "check", f).ok()
    args = ("config", "convert", "--to", to, f)
    assert toast.toast(*args).ok().raw == native(*args) != b""


def test_error(root):
    r = toast.run("-c", "/no/such", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and "/no/such" in r.errors()[0], r


def test_doctor():
    checks = {c["name"]: c for c in json.loads(toast.toast("doctor", "--json").out)["checks"]}
    assert MACHINE in checks["kernel"]["found"]


@pytest.mark.modes("root")
def test_jail(root):
    """Mounts, host name, limits, capabilities and descriptors, by the system calls of that machine."""
    r = toast.run("-Me", "-c", root, "--disable_clone_newuser", "--disable_clone_newpid", "--hostname", "other", "-T", "/mnt",
                  "--rlimit_nofile", "77", "--user", "99999", "--", "/bin/sh", "-c",
                  "hostname; ulimit -n; grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs)' /proc/self/status; touch /x; touch /mnt/x; "
                  "ls /proc/self/fd; readlink /proc/self/ns/net; grep -c . /proc/mounts")
    lines = r.ok().out.split("\n")
    assert lines[:2] == ["other", "77"]
    assert [l.split()[1] for l in lines[2:6]] == ["99999", "0000000000000000", "0000000000000000", "1"]
    assert "Read-only" in r.err and "/mnt/x" not in r.err
    assert os.readlink("/proc/self/ns/net") not in r.out and "net:[" in r.out
