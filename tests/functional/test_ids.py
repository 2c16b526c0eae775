# SPDX-License-Identifier: BSD-3-Clause
"""Users, groups and their maps. Malformed ids: tests/attack/test_13_parsing.py."""
import os
import re
import subprocess

import pytest

from toast import GID, MODE, UID, nsjail, run, state_of

NOBODY = 65534


def maps(result):
    lines = [l.split() for l in result.ok().out.splitlines()]
    half = len(lines) // 2
    return lines[:half], lines[half:]


CAT = ("--", "/bin/cat", "/proc/self/uid_map", "/proc/self/gid_map")


@pytest.mark.core
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_caller_maps_to_himself(root, state, face):
    s = state(face=face)
    assert s["uids"] == [UID] * 3 and s["gids"] == [GID] * 3
    f = run if face == "run" else nsjail
    assert maps(f("-c", root, *CAT)) == ([[str(UID), str(UID), "1"]], [[str(GID), str(GID), "1"]])


@pytest.mark.core
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_another_id_inside(root, state, face):
    s = state("--user", "1234", "--group", "2345", face=face)
    assert s["uids"] == [1234] * 3 and s["gids"] == [2345] * 3
    f = run if face == "run" else nsjail
    r = f("-c", root, "-u", "1234", "-g", "2345", *CAT)
    assert maps(r) == ([["1234", str(UID), "1"]], [["2345", str(GID), "1"]])


def test_names(state):
    """Names are looked up on the host."""
    s = state("--user", "nobody", "--group", "nogroup")
    assert s["uids"] == [NOBODY] * 3 and s["gids"] == [NOBODY] * 3


def test_root_inside(state):
    s = state("--user", "0", "--group", "0")
    assert s["uids"] == [0] * 3 and s["gids"] == [0] * 3


def test_hexadecimal(state):
    assert state("--user", "0x10")["uids"] == [16] * 3


def test_unknown_name(root):
    r = run("-c", root, "--user", "no_such_user_x", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and "no_such_user_x" in r.errors()[0], r


@pytest.mark.modes("root")
def test_inside_outside_count(root, state):
    opts = ["--user", "10:1000:20", "--group", "11:1001:1"]
    s = state(*opts)
    assert s["uids"] == [10] * 3 and s["gids"] == [11] * 3
    assert maps(run("-c", root, *opts, *CAT)) == ([["10", "1000", "20"]], [["11", "1001", "1"]])


@pytest.mark.modes("root")
def test_several_maps(root, state):
    opts = ["--user", "0:1000:1", "--user", "5:2000:3", "--group", "0:1000:1", "--group", "7:3000:2"]
    assert state(*opts)["uids"] == [0] * 3
    assert maps(run("-c", root, *opts, *CAT)) == ([["0", "1000", "1"], ["5", "2000", "3"]],
                                                  [["0", "1000", "1"], ["7", "3000", "2"]])


@pytest.mark.modes("root")
def test_many_maps(root):
    """The kernel takes 340 lines; all of them go in one write."""
    opts = [x for i in range(300) for x in ("--user", f"{i}:{1000 + 2 * i}:1")]
    r = run("-c", root, *opts, "--", "/bin/sh", "-c", "cat /proc/self/uid_map | wc -l")
    assert r.ok().out.strip() == "300"


@pytest.mark.modes("root")
def test_too_many_maps(root):
    opts = [x for i in range(400) for x in ("--user", f"{i}:{1000 + 2 * i}:1")]
    r = run("-c", root, *opts, "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1, r


@pytest.mark.modes("root")
def test_overlapping_maps(root):
    r = run("-c", root, "--user", "0:1000:10", "--user", "5:2000:1", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1, r


@pytest.mark.modes("root")
def test_name_outside(state, root):
    r = run("-c", root, "--user", "0:nobody", "--group", "0:nogroup", *CAT)
    assert maps(r) == ([["0", "65534", "1"]], [["0", "65534", "1"]])


@pytest.mark.modes("root")
def test_owners_are_mapped(root, tmp):
    (tmp / "f").touch()
    os.chown(tmp / "f", 1005, 1006)
    tmp.chmod(0o777)
    r = run("-c", root, "-u", "5:1005:1", "-g", "6:1006:1", "-B", f"{tmp}:/mnt", "--", "/bin/sh", "-c",
            "stat -c %u:%g /mnt/f; touch /mnt/new")
    assert r.ok().out == "5:6\n"
    new = os.stat(tmp / "new")
    assert (new.st_uid, new.st_gid) == (1005, 1006)


@pytest.mark.modes("root")
@pytest.mark.parametrize("opts", [[], ["--disable_clone_newuser"], ["--user", "1000", "--group", "1000"],
                                  ["--disable_clone_newuser", "--user", "1000", "--group", "1000"]])
def test_callers_groups_are_dropped(root, opts):
    s = state_of(run("-c", root, *opts, "--", "/bin/state", extra_groups=[4, 24, 27]))
    assert set(s["groups"]) <= {s["gids"][0]}, s["groups"]


@pytest.mark.modes("root")
def test_without_user_namespace_the_real_ids_change(root):
    s = state_of(run("-c", root, "--disable_clone_newuser", "--user", "4321", "--group", "8765", "--", "/bin/state"))
    assert s["uids"] == [4321] * 3 and s["gids"] == [8765] * 3 and set(s["groups"]) <= {8765}
    assert s["cap_eff"] == s["cap_prm"] == 0


@pytest.mark.modes("user")
def test_setgroups_is_denied_for_one_id(sh):
    assert sh("cat /proc/self/setgroups").ok().out == "deny\n"


@pytest.mark.modes("user", "nested")
def test_cannot_map_others(root):
    """An id that the caller may not map: an error that says so, with a hint."""
    r = run("-c", root, "--user", "0:1:1", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and r.hints(), r


def subids():
    """The first subordinate id of this user, or None."""
    name = subprocess.run(["id", "-un"], capture_output=True, text=True).stdout.strip()
    try:
        for line in open("/etc/subuid"):
            who, first, count = line.strip().split(":")
            if who in (name, str(UID)) and int(count) >= 1000:
                return int(first)
    except OSError:
        pass
    return None


@pytest.mark.modes("user")
class TestNewuidmap:
    @pytest.fixture
    def first(self):
        n = subids()
        if n is None:
            pytest.skip("this user has no subordinate ids")
        return n

    def test_range(self, root, first):
        opts = ["-u", "0", "-g", "0", "-U", f"1:{first}:1000", "-G", f"1:{first}:1000"]
        r = run("-c", root, *opts, *CAT)
        assert maps(r) == ([["0", str(UID), "1"], ["1", str(first), "1000"]],
                           [["0", str(GID), "1"], ["1", str(first), "1000"]])

    def test_setgroups_is_allowed(self, root, first):
        r = run("-c", root, "-u", "0", "-g", "0", "-U", f"1:{first}:1000", "-G", f"1:{first}:1000", "--",
                "/bin/cat", "/proc/self/setgroups")
        assert r.ok().out == "allow\n"

    def test_own_files_and_others(self, root, tmp, first):
        tmp.chmod(0o777)
        r = run("-c", root, "-u", "0", "-g", "0", "-U", f"1:{first}:1000", "-G", f"1:{first}:1000",
                "--cap", "CAP_CHOWN", "-B", f"{tmp}:/mnt", "--", "/bin/sh", "-c",
                "touch /mnt/a /mnt/b && chown 7:8 /mnt/b")
        r.ok()
        assert os.stat(tmp / "a").st_uid == UID
        assert (os.stat(tmp / "b").st_uid, os.stat(tmp / "b").st_gid) == (first + 6, first + 7)

    def test_nsjail_face(self, root, first):
        r = nsjail("-c", root, "-u", "0", "-g", "0", "-U", f"1:{first}:10", "-G", f"1:{first}:10", *CAT)
        assert maps(r)[0] == [["0", str(UID), "1"], ["1", str(first), "10"]]

    def test_range_of_somebody_else(self, root, first):
        r = run("-c", root, "-U", "5:1:1", "--", "/bin/true")
        assert r.rc == 125 and len(r.errors()) == 1 and r.err.count("\n") == 1, r
        assert re.search(r"newuidmap refused the map .*: newuidmap: \S", r.errors()[0]), r


@pytest.mark.modes("root")
def test_newuidmap_missing(root, in_mount_namespace):
    """Without newuidmap(1) the error names it and the hint names its package."""
    r = in_mount_namespace('mount --bind /dev/null /usr/bin/newuidmap && mount --bind /dev/null /usr/bin/newgidmap',
                           "run", "-c", root, "-U", "1:200000:10", "-G", "1:200000:10", "--", "/bin/true",
                           user=31234)
    assert r.rc == 125 and len(r.errors()) == 1 and "newuidmap" in r.err, r
    assert any("uidmap" in h for h in r.hints()), r
