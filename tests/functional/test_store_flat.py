# SPDX-License-Identifier: BSD-3-Clause
"""Images of many layers: put together in one directory when they get a name."""
import json
import os
import platform
import random
import re
import subprocess
import time

import pytest

import toast
from images import Store, directory, entry, link, look, oci, tar
from toast import MODE

# The user's files belong to ids of his map, which only he as root of a namespace may look into.
pytestmark = pytest.mark.modes("root", "nested")

FEW, MANY = 4, 5  # FLAT_ABOVE in src/image/flat.h


@pytest.fixture
def store(tmp):
    return Store(tmp / "store")


def take(store, layers, name="x"):
    at = store.path.parent / f"oci.{name}"
    if not at.exists():
        oci(at, layers)
    return store("import", at, name)


def small(count):
    return [tar(directory("d"), entry(f"d/f{n}", b"%d" % n)) for n in range(count)]


def flat(store, name="x"):
    return store.path / "images" / store.image(name)["id"] / "flat" / "tree"


def forget(store, name="x"):
    """As a process leaves it that was killed before it could say that the tree is there, or an older version."""
    f = flat(store, name).parent.parent / "image"
    f.write_text(re.sub("flat .*\n", "", f.read_text()))


def test_from_how_many(store):
    take(store, small(FEW), "few").ok()
    assert not store.image("few")["flat"] and not flat(store, "few").exists()
    take(store, small(MANY), "many").ok()
    assert store.image("many")["flat"] and len(look(flat(store, "many"))) == MANY + 1
    st = flat(store, "many").parent.stat()
    assert st.st_mode & 0o777 == 0o700, "there may be files with the set-user-id bit in it"
    assert store.whole()["layers"] == MANY


def random_layer(rng, seen):
    """Entries for a layer above what is seen, which is changed to what then is seen: {path: content or None}."""
    here = {}  # what this layer has: {path: tar entry}

    def put(path, e, what):
        for p in [p for p in here if p == path or p.startswith(path + "/")]:
            del here[p]
        here[path] = e
        kept = what is None and seen.get(path, 0) is None
        for p in [p for p in seen if p == path or (p.startswith(path + "/") and not kept)]:
            del seen[p]
        seen[path] = what

    for _ in range(rng.randrange(1, 12)):
        dirs = [""] + [p + "/" for p in seen if seen[p] is None]
        path = rng.choice(dirs) + rng.choice("abcdef")
        parts = path.split("/")[:-1]
        for n in range(1, len(parts) + 1):  # the directories above are in the layer, too
            above = "/".join(parts[:n])
            if above not in here:
                put(above, directory(above, mode=rng.choice([0o755, 0o700, 0o1777])), None)
        kind = rng.randrange(6)
        if kind == 0 and path in seen and path not in here:
            for p in [p for p in seen if p == path or p.startswith(path + "/")]:
                del seen[p]
            where, name = os.path.split(path)
            here[path] = entry(os.path.join(where, ".wh." + name), b"")
        elif kind == 1 and seen.get(path, 0) is None and path not in here:
            for p in [p for p in seen if p.startswith(path + "/")]:
                del seen[p]
            put(path, directory(path), None)
            here[path + "/.wh..wh..opq"] = entry(path + "/.wh..wh..opq", b"")
        elif kind == 2:
            to = "".join(rng.choices("xyz/.", k=5))
            put(path, link(path, to), to)
        elif kind == 3 and path not in here:
            put(path, directory(path, mode=rng.choice([0o755, 0o750])), None)
        elif kind > 3:
            data = b"%d" % rng.randrange(10**9)
            put(path, entry(path, data, uid=rng.randrange(3)), data)
    for p in [p for p in here if here[p][0].name.startswith(p)]:  # whiteouts in a directory that is none any more
        above = os.path.dirname(p)
        if above and (above not in here or here[above][0].isfile()):
            del here[p]
    return tar(*[here[p] for p in sorted(here)])


def times(top):
    """Of directories; that of "/" is in none of these tars."""
    return {os.path.relpath(w, top): os.stat(w).st_mtime_ns for w, _, _ in os.walk(top) if w != os.fspath(top)}


@pytest.mark.parametrize("seed", range(6))
def test_it_is_what_the_layers_come_to(store, tmp, seed):
    """Beside `image apply`, which puts layers together by other means, and what was meant."""
    rng, seen = random.Random(seed), {}
    layers = [random_layer(rng, seen) for _ in range(20)]
    take(store, layers).ok()
    got = look(flat(store))
    assert {p: None if w[0][0] == "d" else w[3] for p, w in got.items()} == seen
    (tmp / "applied").mkdir()
    store("apply", "x", tmp / "applied").ok()
    assert got == look(tmp / "applied") and times(flat(store)) == times(tmp / "applied")
    files = {os.stat(os.path.join(w, f), follow_symlinks=False).st_ino for t in store.trees("x") for w, _, fs in os.walk(t) for f in fs}
    for p, what in got.items():
        assert what[0][0] == "d" or os.lstat(flat(store) / p).st_ino in files, "no file is copied"
    store.whole()


def test_links_of_a_layer_lead_nowhere(store, tmp):
    """A layer has a link to a directory of the host, those above write, delete and hide what is "in" it."""
    (tmp / "out").mkdir()
    (tmp / "out/mine").write_text("1")
    before = look(tmp / "out"), os.stat(tmp / "out").st_mtime_ns
    low = tar(link("a", os.fspath(tmp / "out")), link("b", os.fspath(tmp / "out")), link("c", os.fspath(tmp / "out")))
    top = tar(directory("a"), entry("a/evil", b"x"), directory("b"), entry("b/.wh.mine", b""), directory("c"), entry("c/.wh..wh..opq", b""))
    take(store, [low, *small(MANY), top]).ok()
    assert {p: w[0][0] for p, w in look(flat(store)).items() if p[0] in "abc"} == {"a": "d", "a/evil": "-", "b": "d", "c": "d"}
    assert (look(tmp / "out"), os.stat(tmp / "out").st_mtime_ns) == before


def test_attributes_of_directories(store):
    """They are those of the topmost layer that has the directory, also where that has fewer."""
    attr = {"SCHILY.xattr.user.a": "1", "SCHILY.xattr.user.b": "2"}
    bottom = tar(directory("d", pax_headers=attr), directory("e", pax_headers=attr), entry("d/f", b""))
    top = tar(directory("d", mode=0o711, uid=5, gid=6, pax_headers={"SCHILY.xattr.user.b": "3"}))
    take(store, [bottom, *small(MANY), top]).ok()
    tree = flat(store)
    mine = {n: {a: os.getxattr(tree / n, a) for a in os.listxattr(tree / n) if a.startswith("user.")} for n in "de"}
    assert mine == {"d": {"user.b": b"3"}, "e": {"user.a": b"1", "user.b": b"2"}}
    st = (tree / "d").stat()
    assert st.st_mode & 0o7777 == 0o711
    assert MODE == "nested" or (st.st_uid, st.st_gid) == (5, 6)  # there is one id there


def test_every_way_to_a_name_makes_it(store, tmp):
    take(store, small(FEW)).ok()
    (tmp / "up").mkdir()
    (tmp / "up" / "new").write_text("1")
    store("commit", "more", "--base", "x", "--upper", tmp / "up").ok()
    assert store.image("more")["flat"] and "new" in look(flat(store, "more"))
    (tmp / "ctx").mkdir()
    (tmp / "ctx/Dockerfile").write_text("FROM x\nCOPY Dockerfile /one\nCOPY Dockerfile /two\n")
    store("build", "-t", "built", tmp / "ctx").ok()
    assert store.image("built")["flat"] and {"one", "two"} <= set(look(flat(store, "built")))
    steps = [d for d in (store.path / "images").iterdir() if (d / "flat").exists()]
    assert len(steps) == 2, "not for the steps of a build on the way"
    forget(store, "built")  # of an older version, or killed: to name it anew is enough
    assert not store.image("built")["flat"]
    store("tag", "built", "built").ok()
    assert store.image("built")["flat"]
    store.whole()
    for name in ("x", "more", "built"):
        store("rm", name).ok()
    store("gc", "--cache").ok()
    assert os.listdir(store.path / "images") == os.listdir(store.path / "tmp") == []


@pytest.mark.modes("root")
def test_a_file_that_takes_no_more_links(store):
    """Then the image stays as it is: its layers one over the other."""
    take(store, small(MANY)).ok()
    forget(store)
    subprocess.run(["rm", "-r", flat(store).parent], check=True)
    f = store.trees("x")[3] / "d/f3"
    if subprocess.run(["chattr", "+i", f], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("needs a file system with the attribute i")
    try:
        store("tag", "x", "y").ok()
        assert not store.image("y")["flat"] and not flat(store).exists()
    finally:
        subprocess.run(["chattr", "-i", f], check=True)
    store("tag", "x", "y").ok()
    assert store.image("y")["flat"]


@pytest.mark.modes("root")
def test_copies_with_other_ids_are_of_it(store):
    """One copy, beside the tree, and not one a layer."""
    bb = open("/bin/busybox", "rb").read()
    base = tar(*[directory(d) for d in ("bin", "proc", "dev", "tmp", "d")], entry("bin/ls", bb, mode=0o755))
    take(store, [base, *small(MANY), tar(directory("d"), entry("d/.wh.f2", b""), entry("d/mine", b"m", uid=7, gid=8))]).ok()
    ids = "0:100000:1000"
    for _ in range(2):  # the second finds the copy
        r = toast.toast("run", "--store", store.path, "--image", "x", "-u", ids, "-g", ids, "--experimental_mnt=old", "--", "/bin/ls", "-ln", "/d")
        assert [l.split()[2:4] + l.split()[8:] for l in r.ok().out.splitlines()[1:]] == [
            ["0", "0", f"f{n}"] for n in range(MANY) if n != 2] + [["7", "8", "mine"]], r
        assert "0 of 1 layers copied" in store("shift", "x", ids, ids).ok().out
    [copy] = flat(store).parent.glob("ids.*")
    assert not list(store.path.glob("layers/*/ids.*")) and store.whole()
    (copy / "d/f3").unlink()
    (copy / "d/extra").write_bytes(b"12345")
    r = store("fsck")
    assert r.rc == 125 and "its copy" in r.err, r


@pytest.mark.parametrize("damage,says", [("rm flat/tree/d/f3", "entries"), ("rm -r flat", "put together")])
def test_fsck_looks_at_it(store, damage, says):
    take(store, small(MANY)).ok()
    store.whole()
    subprocess.run(damage, shell=True, cwd=flat(store).parent.parent, check=True)
    r = store("fsck")
    assert r.rc == 125 and says in r.err, r


def test_killed_at_any_point(store):
    layers = [tar(*[entry(f"d{k}/f{n}", b"x") for k in range(20)]) for n in range(MANY)]
    take(store, layers).ok()
    store("commit", "held", "--base", "x", "--change", "CMD /other").ok()  # keeps the layers
    rng, named, takes = random.Random(7), set(), []
    for i in range(200 if os.environ.get("TOASTAINER_TEST_SLOW") else 12):
        store("rm", "x")
        store("gc")
        began = time.monotonic()
        p = toast.start(["image", "import", "--store", store.path, store.path.parent / "oci.x", "x"], stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL)
        if i < 3:
            toast.finish(p).ok()
            takes.append(time.monotonic() - began)
        else:
            time.sleep(rng.uniform(0, max(takes) * 1.2))
            p.kill()
            p.wait()
        assert store.json("fsck")["bad"] == 0, i
        named.add(os.path.islink(store.path / "names/x:latest"))
        take(store, layers).ok()
        assert store.image("x")["flat"] and len(look(flat(store))) == 20 * (MANY + 1), i
    assert named == {True, False}, "none was killed before it was through"


@pytest.mark.modes("root")
@pytest.mark.parametrize("count", [110, pytest.param(500, marks=pytest.mark.slow)])
def test_more_layers_than_a_hundred(store, tmp, count):
    """Together or one by one: as many as the kernel takes."""
    bb = open("/bin/busybox", "rb").read()
    base = tar(*[directory(d) for d in ("bin", "proc", "dev", "tmp", "d")], entry("bin/sh", bb, mode=0o755), entry("bin/ls", bb, mode=0o755))
    take(store, [base, *small(count - 1)]).ok()
    each = [(count, []), (count, ["-u", "0:100000:10", "-g", "0:100000:10"])]
    if tuple(map(int, re.match(r"(\d+)\.(\d+)", platform.release()).groups())) < (6, 5):
        each = []  # one option of 255 bytes names them all
    for layers, more in [(1, []), *each]:
        r = toast.toast("run", "--store", store.path, "--image", "x", "--result_json", tmp / "r", *more, "--",
                        "/bin/sh", "-c", "ls /d | wc -l; echo new > /d/f3; echo 7 > /d/g; ls /d | wc -l")
        assert r.out.split() == [str(count - 1), str(count)], r
        assert json.loads((tmp / "r").read_text())["root"]["layers"] == layers
        if layers == 1:
            forget(store)
