# SPDX-License-Identifier: BSD-3-Clause
"""An image makes us give files of the host away, while copies of its layers get other owners.

The layers hold what an import would never make, as if their maker had been in the store: links of both kinds that lead to
files of the host. A recursive chown gives those away: the counterpart."""
import os
import stat

import pytest

from images import Store, directory, entry, link, tar

pytestmark = pytest.mark.modes("root")
IDS = "0:100000:70000"


def owners(top):
    return {str(p): (s.st_uid, s.st_gid, s.st_mode, s.st_nlink) for p in (top, *top.rglob("*")) for s in [os.lstat(p)]}


def links_out(c, t):
    """Links of all kinds out of the tree t to c, as names and on the way to names."""
    (t / "file").symlink_to(c / "secret")
    (t / "dir").symlink_to(c)
    (t / "up").symlink_to("../" * 12 + str(c))
    (t / "root").symlink_to("/proc/self/root" + str(c / "sub"))
    (t / "cwd").symlink_to("/proc/self/cwd")
    os.link(t / "file", t / "file2", follow_symlinks=False)
    os.link(c / "secret", t / "hard")
    (t / "d").mkdir()
    os.link(c / "secret", t / "d/hard")


@pytest.fixture
def tree(tmp, canary):
    """A layer in a store, and what it holds."""
    canary.path.chmod(0o755)
    (canary.path / "secret").chmod(0o4711)
    s = Store(tmp / "store")
    s.take(tar(directory("./"), directory("e"), entry("e/f", b"x", mode=0o6755), link("e/l", f"{canary.path}"))).ok()
    [t] = s.trees("x")
    links_out(canary.path, t)
    before = owners(canary.path)
    yield s, t, before
    for name in ("hard", "d/hard"):
        (t / name).unlink()


def test_no_file_of_the_host_is_given_away(tree, canary):
    s, t, before = tree
    s("shift", "x", IDS, IDS).ok()
    assert owners(canary.path) == before
    [copy] = t.parent.glob("ids.*")
    for p in copy.rglob("*"):
        st = os.lstat(p)
        assert (st.st_uid, st.st_gid) == (100000, 100000), p
        assert stat.S_IFMT(st.st_mode) == stat.S_IFMT(os.lstat(t / p.relative_to(copy)).st_mode)
    assert (copy / "hard").stat().st_ino == (copy / "d/hard").stat().st_ino != (t / "hard").stat().st_ino
    assert os.readlink(copy / "file") == str(canary.path / "secret")


def test_detects_broken_recursive_chown(tree, canary):
    _, t, before = tree
    for where, dirs, files in os.walk(t, followlinks=False):
        for name in dirs + files:
            if name != "cwd":
                os.chown(os.path.join(where, name), 100000, 100000)
    after = owners(canary.path)
    assert after != before and after[str(canary.path / "secret")][:2] == (100000, 100000)


@pytest.mark.parametrize("what", ["tree", "layer", "copy", "a directory on the way"])
def test_links_in_the_store_lead_nowhere(tree, canary, what, tmp):
    """Not even when parts of the store itself are links."""
    s, t, before = tree
    victim = {"tree": t, "layer": t.parent, "copy": t.parent / f"ids.{IDS}.{IDS}", "a directory on the way": t / "e"}[what]
    if victim.exists():
        victim.rename(tmp / "aside")
    victim.symlink_to(canary.path)
    r = s("shift", "x", IDS, IDS)
    assert sorted(os.listdir(canary.path)) == ["secret", "sub"] and owners(canary.path) == before
    assert r.rc == (125 if what in ("tree", "layer") else 0), r
    victim.unlink()
    if (tmp / "aside").exists():
        (tmp / "aside").rename(victim)
