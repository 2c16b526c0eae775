# SPDX-License-Identifier: BSD-3-Clause
"""Capabilities (all five sets), no_new_privs, set-user-id programs."""
import os
import shutil

import pytest

from toast import MODE, WRAP, nsjail, run, state_of

SETS = ("cap_inh", "cap_prm", "cap_eff", "cap_bnd", "cap_amb")
NET_RAW, CHOWN, SYS_ADMIN, SYS_PTRACE, NET_BIND = 1 << 13, 1 << 0, 1 << 21, 1 << 19, 1 << 10
LAST = int(open("/proc/sys/kernel/cap_last_cap").read())
ALL = (1 << (LAST + 1)) - 1


def sets(s):
    return [s[name] for name in SETS]


@pytest.mark.core
@pytest.mark.parametrize("opts", [[], ["--user", "0"], ["--user", "1000"], ["--no_init"]])
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_none_by_default(state, face, opts):
    if face == "nsjail" and "--no_init" in opts:
        opts = []
    assert sets(state(*opts, face=face)) == [0] * 5


@pytest.mark.core
@pytest.mark.parametrize("user", ["0", "1000"])
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_some_are_kept_in_all_sets(state, face, user):
    s = state("--user", user, "--cap", "CAP_NET_RAW", "--cap", "CAP_SYS_PTRACE", face=face)
    assert sets(s) == [NET_RAW | SYS_PTRACE] * 5


@pytest.mark.core
@pytest.mark.parametrize("user", ["0", "1000"])
def test_all_are_kept(state, user):
    s = state("--user", user, "--keep_caps")
    assert s["cap_prm"] == s["cap_eff"] == s["cap_bnd"] == ALL


@pytest.mark.modes("root")
def test_none_without_user_namespace(state):
    assert sets(state("--disable_clone_newuser")) == [0] * 5
    assert sets(state("--disable_clone_newuser", face="nsjail")) == [0] * 5


@pytest.mark.modes("root")
def test_some_without_user_namespace(state):
    assert sets(state("--disable_clone_newuser", "--cap", "CAP_NET_RAW")) == [NET_RAW] * 5
    s = state("--disable_clone_newuser", "--user", "1000", "--group", "1000", "--cap", "CAP_NET_RAW")
    assert s["cap_eff"] == NET_RAW and s["uids"] == [1000] * 3


@pytest.mark.parametrize("name", ["CAP_NONSENSE", "", "21", "CAP_", "CAP_NET_RAW,CAP_CHOWN", "CAP_NET_RAW "])
def test_unknown_name(root, name):
    r = run("-c", root, "--cap", name, "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and name in r.errors()[0], r


def test_capability_works(sh):
    assert sh("mount -t tmpfs none /mnt").rc != 0
    sh("mount -t tmpfs none /mnt", "--cap", "CAP_SYS_ADMIN").ok()


@pytest.mark.parametrize("user", ["0", "1000"])
def test_cannot_undo_read_only(sh, root, user):
    r = sh("mount -o remount,rw / ; mount -o remount,bind,rw /; touch /x", "--user", user)
    assert r.rc == 1 and not (root / "x").exists()


def test_cannot_unmount_what_hides(sh):
    """What the jail's /proc and /dev cover cannot be uncovered without capabilities."""
    assert sh("umount /proc || umount /dev || umount /tmp").rc != 0


@pytest.mark.core
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_no_new_privs(state, face):
    assert state(face=face)["no_new_privs"] == 1
    if not WRAP or MODE != "user":  # an unprivileged wrapper's filter needs it already
        assert state("--disable_no_new_privs", face=face)["no_new_privs"] == 0


@pytest.mark.modes("root")
def test_set_user_id_program(own_root):
    """A set-user-id program gives nothing unless no_new_privs is off."""
    suid = own_root / "bin" / "suid"
    shutil.copy(own_root / "bin" / "state", suid)
    os.chmod(suid, 0o4755)
    maps = ["-u", "1000:1000:1", "-u", "0:0:1", "-g", "1000:1000:1", "-g", "0:0:1"]
    s = state_of(run("-c", own_root, *maps, "--", "/bin/suid"))
    assert s["uids"] == [1000] * 3 and s["cap_eff"] == 0
    s = state_of(run("-c", own_root, *maps, "--disable_no_new_privs", "--", "/bin/suid"))
    assert s["uids"] == [1000, 0, 0] and s["cap_eff"] == 0, "the bounding set is empty all the same"


@pytest.mark.core
def test_securebits_and_dumpable(state):
    s = state()
    assert s["securebits"] == 0 and s["dumpable"] == 1


def test_no_seccomp_by_default(state):
    assert state()["seccomp"] == 0


@pytest.mark.core
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_parent_death_signal(root, face):
    """Kept by exec: the program dies with its parent."""
    s = state_of(nsjail("-c", root, "--", "/bin/state"))
    assert s["pdeathsig"] == 9
    if face == "run":
        assert state_of(run("-c", root, "--no_init", "--", "/bin/state"))["pdeathsig"] == 9


def test_nested_jail_is_confined(root):
    """A user namespace made inside gains no power over the jail's root."""
    r = run("-c", root, "--", "/bin/sh", "-c",
            "/bin/busybox unshare -r -m /bin/sh -c 'mount -o remount,bind,rw / ; umount /proc; touch /x'")
    assert r.rc != 0 and not (root / "x").exists(), r
