# SPDX-License-Identifier: BSD-3-Clause
"""Namespaces: all new by default, each can be shared."""
import os

import pytest

from toast import MODE, NAMESPACES, host_namespaces, nsjail, run

# How a jail without each namespace can be started at all: without a pid namespace of its own it cannot
# mount a new proc in a user namespace, so it borrows the host's.
WITHOUT = {
    "net": ["-N"],
    "ipc": ["--disable_clone_newipc"],
    "uts": ["--disable_clone_newuts"],
    "cgroup": ["--disable_clone_newcgroup"],
    "pid": ["--disable_clone_newpid", "--disable_proc", "-R", "/proc"],
}
if MODE != "user":  # only a privileged caller can do without
    WITHOUT["user"] = ["--disable_clone_newuser"]


@pytest.mark.core
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_all_are_new(state, face):
    ns, host = state(face=face)["ns"], host_namespaces()
    assert [n for n in NAMESPACES if ns[n] == host[n]] == []


@pytest.mark.core
@pytest.mark.parametrize("name", WITHOUT)
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_one_is_shared(state, face, name):
    ns, host = state(*WITHOUT[name], face=face)["ns"], host_namespaces()
    assert [n for n in NAMESPACES if ns[n] == host[n]] == [name]


@pytest.mark.modes("user")
def test_unprivileged_without_user_namespace(root):
    r = run("-c", root, "--disable_clone_newuser", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1, r


@pytest.mark.modes("root", "nested")
def test_mount_namespace_is_shared(root):
    r = nsjail("--disable_clone_newns", "-c", root, "--", "/bin/ls", "/bin/state")
    assert r.ok().out == "/bin/state\n"


@pytest.mark.modes("root")
def test_all_are_shared():
    flags = [f"--disable_clone_new{n}" for n in ("user", "ns", "pid", "ipc", "uts", "cgroup")]
    r = nsjail("-N", *flags, "--", "/bin/sh", "-c",
               "for n in cgroup ipc mnt net pid user uts; do readlink /proc/self/ns/$n; done")
    assert r.ok().out.split() == list(host_namespaces().values())


@pytest.mark.core
def test_time_namespace(state):
    assert state("--enable_clone_newtime")["ns"]["time"] != state()["ns"]["time"]


@pytest.mark.core
def test_program_is_pid_2_below_init(state):
    s = state()
    assert (s["pid"], s["ppid"]) == (2, 1)


def test_program_is_pid_1_without_init(state):
    assert state("--no_init")["pid"] == 1
    assert state(face="nsjail")["pid"] == 1
    assert state("--init", face="nsjail")["pid"] == 2


def test_shared_pid_namespace(state):
    s = state("--disable_clone_newpid", "--disable_proc")
    assert s["pid"] > 2


def test_init_reaps_orphans(sh):
    r = sh("i=0; while [ $i -lt 20 ]; do (sleep 0.01 &); i=$((i+1)); done; sleep 0.2;"
           "cat /proc/[0-9]*/stat | grep -c ' Z '")
    assert r.out == "0\n", r


def test_init_does_not_wait_for_orphans(sh):
    r = sh("sleep 60 & exit 5")
    assert r.rc == 5 and r.seconds < 5


@pytest.mark.core
def test_loopback_is_up(sh):
    assert "LOOPBACK,UP" in sh("ip -o link show lo").ok().out
    assert "127.0.0.1" in sh("ip -o addr show lo").ok().out


def test_loopback_left_down(sh):
    assert "UP" not in sh("ip -o link show lo", "--iface_no_lo").ok().out.split(">")[0]


def test_only_loopback(sh):
    out = sh("ip -o link").ok().out.splitlines()
    assert [l for l in out if not l.split()[1].startswith(("lo", "tunl", "sit", "ip6", "gre", "erspan"))] == []


def test_own_hostname(state):
    assert state()["hostname"] == "toastainer"
    assert state(face="nsjail")["hostname"] == "NSJAIL"
    assert os.uname().nodename not in ("toastainer", "NSJAIL")


def test_cgroup_namespace_hides_the_path(sh):
    """In a cgroup namespace of its own the jail sees itself at the top."""
    out = sh("cat /proc/self/cgroup").ok().out.splitlines()
    assert all(l.endswith(":/") for l in out), out
