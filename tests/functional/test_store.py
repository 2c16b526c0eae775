# SPDX-License-Identifier: BSD-3-Clause
"""The image store: import of every format, names, garbage, fsck, and what a killed process leaves."""
import bz2
import fcntl
import gzip
import json
import lzma
import os
import random
import shutil
import stat
import struct
import subprocess
import tarfile
import time

import pytest

import toast
from images import Store, directory, docker_archive, entry, is_whiteout, link, look, oci, opaque, sha, tar
from terminal import Terminal
from toast import MODE

# The user's files belong to ids of his map, which only he as root of a namespace may look into.
pytestmark = pytest.mark.modes("root", "nested")


@pytest.fixture
def store(tmp):
    return Store(tmp / "store")


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


BASE = tar(directory("./", mode=0o755), directory("etc"), entry("etc/a", b"1\n"), entry("etc/b", b"2\n"),
           directory("opt"), entry("opt/x", b"x"), entry("opt/y", b"y"))
TOP = tar(directory("etc"), entry("etc/.wh.a", b""), entry("etc/c", b"3\n"), directory("opt"),
          entry("opt/.wh..wh..opq", b""), entry("opt/z", b"z"))


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress, zstd],
                         ids=["none", "gzip", "bzip2", "xz", "zstd"])
def test_tar(store, compress):
    store.take(compress(BASE)).ok()
    [tree] = store.trees("x")
    assert (tree / "etc/a").read_text() == "1\n" and (tree / "opt/y").read_text() == "y"
    assert tree.parent.name == sha(BASE), "the layer's name is the hash of the uncompressed tar"
    assert os.stat(tree / "etc").st_mtime == 1700000000, "times of directories survive what is made in them"
    store.whole()


def test_two_streams_in_one_file(store):
    """gzip and zstd files may be several, one behind the other: `cat a.gz b.gz`."""
    store.take(gzip.compress(BASE[:700]) + gzip.compress(BASE[700:])).ok()
    assert store.trees("x")[0].parent.name == sha(BASE)


@pytest.mark.modes("root")
def test_everything_a_tar_can_say(store):
    long = "d" * 200 + "/" + "e" * 150
    data = tar(entry("suid", b"s", mode=0o4755, uid=1, gid=2),
               entry("big-ids", b"", uid=4000000000, gid=3000),
               link("sym", "../../etc/passwd"), entry("one", b"same"), link("two", "one", hard=True),
               entry("pipe", type=tarfile.FIFOTYPE, mode=0o600), directory("sticky", mode=0o1777),
               entry(long, b"long"), entry("n\xe4me-\u65e5", b"utf"), entry("implied/dir/file", b"i"),
               entry("twice", b"first"), entry("twice", b"second"),
               directory("becomes-file"), entry("becomes-file/in", b""), entry("becomes-file", b"file"),
               entry("./strange//name/./x", b"n"), entry("/absolute", b"abs"))
    store.take(data).ok()
    [t] = store.trees("x")
    assert (t / "suid").stat().st_mode & 0o7777 == 0o4755
    assert ((t / "suid").stat().st_uid, (t / "suid").stat().st_gid) == (1, 2)
    assert (t / "big-ids").stat().st_uid == 4000000000
    assert os.readlink(t / "sym") == "../../etc/passwd"
    assert (t / "one").stat().st_ino == (t / "two").stat().st_ino
    assert stat.S_ISFIFO(os.lstat(t / "pipe").st_mode) and (t / "sticky").stat().st_mode & 0o7777 == 0o1777
    assert (t / long).read_text() == "long" and (t / "n\xe4me-\u65e5").read_text() == "utf"
    assert (t / "implied/dir/file").exists() and (t / "twice").read_text() == "second"
    assert (t / "becomes-file").read_text() == "file" and (t / "strange/name/x").exists()
    assert (t / "absolute").read_text() == "abs", "a leading / means the image's root"
    store.whole()


def test_sparse_files_stay_sparse(store, tmp):
    """As the format of GNU tar, and as zeros."""
    src = tmp / "src"
    src.mkdir()
    with open(src / "hole", "wb") as f:
        f.write(b"begin")
        f.seek(30 << 20)
        f.write(b"end")
    for opts in (["-S"], []):
        subprocess.run(["tar", *opts, "-C", src, "-cf", tmp / "s.tar", "."], check=True)
        store("import", tmp / "s.tar", "s").ok()
        f = store.trees("s")[0] / "hole"
        assert f.read_bytes() == (src / "hole").read_bytes()
        assert f.stat().st_blocks * 512 < 1 << 20, opts


@pytest.mark.modes("root")
def test_attributes_and_capabilities(store, tmp):
    src = tmp / "src"
    src.mkdir()
    (src / "prog").write_bytes(b"x")
    caps = bytes.fromhex("0100000200040000000000000000000000000000")
    os.setxattr(src / "prog", "user.note", b"hello")
    os.setxattr(src / "prog", "security.capability", caps)
    store("import", src, "dir").ok()
    subprocess.run(["tar", "--xattrs", "--xattrs-include=*", "-C", src, "-cf", tmp / "x.tar", "."], check=True)
    store("import", tmp / "x.tar", "tar").ok()
    for name in ("dir", "tar"):
        f = store.trees(name)[0] / "prog"
        assert os.getxattr(f, "user.note") == b"hello"
        assert os.getxattr(f, "security.capability") == caps


def acl(path, kind="access"):
    """{(tag, id): permissions} of a file; tags as in linux/posix_acl.h."""
    try:
        v = os.getxattr(path, f"system.posix_acl_{kind}")
    except OSError:
        return None
    return {(t, i if t in (2, 8) else None): p for t, p, i in struct.iter_unpack("<HHI", v[4:])}


LISTS = {"SCHILY.acl.access": "user::rw-,user:5007:rwx,user:bin:r--:5009,group::r--,group:5008:-w-,mask::rwx,other::---"}
LISTED = {(1, None): 6, (2, 5007): 7, (2, 5009): 4, (4, None): 4, (8, 5008): 2, (16, None): 7, (32, None): 0}
INHERITED = {"SCHILY.acl.default": "user::rwx,user:5005:r-x,group::r-x,mask::r-x,other::--x"}
INHERIT = {(1, None): 7, (2, 5005): 5, (4, None): 5, (16, None): 5, (32, None): 1}


@pytest.mark.modes("root")
def test_access_lists(store, tmp):
    """Lists of files and for new files, through an import, an export and an import of that, and one of a directory."""
    data = tar(directory("./"), directory("d", pax_headers=INHERITED), entry("d/new", b"", mode=0o600), entry("f", b"", mode=0o640, pax_headers=LISTS),
               entry("plain", b"", mode=0o640), directory("d/sub", mode=0o700),
               entry("names", b"", pax_headers={"SCHILY.acl.access": "user::rw-,user:bin:rwx,group::r--,mask::rwx,other::r--"}),
               entry("wrong", b"", pax_headers={"SCHILY.acl.access": "user::rw-,user:7:rwx,group::r--,other::r--"}))
    skipped = json.loads(store.take(data, "a", "--json").ok().out)["xattrs_skipped"]
    store("export", "a", tmp / "a.tar").ok()
    store("import", tmp / "a.tar", "b").ok()
    store("export", "--format", "tar", "a", tmp / "flat.tar").ok()
    store("import", tmp / "flat.tar", "c").ok()
    store("export", "--format", "dir", "a", tmp / "dir").ok()
    store("import", tmp / "dir", "d").ok()
    for name in "abcd":
        [t] = store.trees(name)
        assert acl(t / "f") == LISTED and (t / "f").stat().st_mode & 0o7777 == 0o670, name
        assert acl(t / "d", "default") == INHERIT and acl(t / "d") is None, name
        for p in ("plain", "d/new", "d/sub", "names", "wrong"):  # the last: users by name, no mask
            assert acl(t / p) is None and acl(t / p, "default") is None, (name, p)
        assert (t / "d/new").stat().st_mode & 0o777 == 0o600, "none of ours gets the list for new files"
    assert skipped == 2
    store.whole()


@pytest.mark.modes("root")
def test_access_lists_of_gnu_tar(store, tmp):
    """What GNU tar packs is taken, where it has numbers, and it takes what we pack."""
    src, out = tmp / "src", tmp / "out"
    (src / "d").mkdir(parents=True)
    out.mkdir()
    (src / "f").write_text("x")

    def value(entries):
        return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", t, p, 2**32 - 1 if i is None else i) for (t, i), p in entries.items())

    os.setxattr(src / "f", "system.posix_acl_access", value(LISTED))
    os.setxattr(src / "d", "system.posix_acl_default", value(INHERIT))
    subprocess.run(["tar", "--acls", "--numeric-owner", "-C", src, "-cf", tmp / "x.tar", "."], check=True)
    store("import", tmp / "x.tar", "x").ok()
    [t] = store.trees("x")
    assert acl(t / "f") == LISTED and acl(t / "d", "default") == INHERIT
    store("export", "--format", "tar", "x", tmp / "y.tar").ok()
    subprocess.run(["tar", "--acls", "--numeric-owner", "-C", out, "-xf", tmp / "y.tar"], check=True)
    assert acl(out / "f") == LISTED and acl(out / "d", "default") == INHERIT


@pytest.mark.modes("root")
def test_devices_by_rule(store):
    data = tar(entry("null", type=tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666), entry("f", b""),
               entry("zero-zero", type=tarfile.CHRTYPE, devmajor=0, devminor=0))
    r = store.take(data).ok()
    assert "2 device nodes" in r.err and set(look(store.trees("x")[0])) == {"f"}
    assert store.take(data, "y", "--devices", "refuse").rc == 125
    store("rm", "x").ok()
    store("gc").ok()
    store.take(data, "z", "--devices", "keep").ok()
    found = look(store.trees("z")[0])
    assert found["null"][3] == os.makedev(1, 3) and "zero-zero" not in found, "0:0 would be a deletion"


LAYOUTS = {
    "oci directory": lambda d: oci(d / "o", [BASE, TOP], {"Env": ["A=b\nc"], "Cmd": ["/bin/sh"]}),
    "oci, gzip": lambda d: oci(d / "o", [BASE, TOP], {"Env": ["A=b\nc"], "Cmd": ["/bin/sh"]}, compress=gzip.compress),
    "oci, zstd": lambda d: oci(d / "o", [BASE, TOP], {"Env": ["A=b\nc"], "Cmd": ["/bin/sh"]}, compress=zstd),
    "oci tar": lambda d: packed(d, oci(d / "o", [BASE, TOP], {"Env": ["A=b\nc"], "Cmd": ["/bin/sh"]})),
    "docker": lambda d: docker_archive(d / "d.tar", [BASE, TOP], {"Env": ["A=b\nc"], "Cmd": ["/bin/sh"]}),
}


def packed(d, layout):
    subprocess.run(["tar", "-C", layout, "-czf", d / "o.tar.gz", "blobs", "index.json", "oci-layout"], check=True)
    return d / "o.tar.gz"


@pytest.mark.parametrize("kind", LAYOUTS)
def test_layouts(store, tmp, kind):
    report = json.loads(store("import", "--json", LAYOUTS[kind](tmp), "reg.example/team/app:v1").ok().out)
    assert (report["layers"], report["layers_new"]) == (2, 2)
    low, top = store.trees("reg.example/team/app:v1")
    assert (low.parent.name, top.parent.name) == (sha(BASE), sha(TOP))
    assert is_whiteout(top / "etc/a") and not (top / "etc/.wh.a").exists()
    assert opaque(top / "opt") and sorted(os.listdir(top / "opt")) == ["z"]
    img = store.image("reg.example/team/app:v1")
    assert img["env"] == ["A=b\nc"] and img["cmd"] == ["/bin/sh"]
    store.whole()
    again = json.loads(store("import", "--json", oci(tmp / "again", [BASE]), "other").ok().out)
    assert again["layers_new"] == 0, "a layer is there once"


def test_deleted_and_made_again(store):
    """A directory that a layer deletes and makes shows nothing of the one below, in any order of the entries."""
    store.take(tar(entry(".wh.d", b""), directory("d"), entry("d/new", b"")), "a").ok()
    store.take(tar(directory("d"), entry("d/new", b""), entry(".wh.d", b"")), "b").ok()
    for name in "ab":
        [t] = store.trees(name)
        assert opaque(t / "d") and os.listdir(t / "d") == ["new"]


def spoiled(what, value):
    def mangle(docs):
        where = docs
        for key in what[:-1]:
            if isinstance(where, dict) and key not in where:
                return
            where = where[key]
        where[what[-1]] = value
    return mangle


HASH = "sha256:" + "0" * 64


@pytest.mark.parametrize("what,value,says", [
    (("config", "rootfs", "diff_ids", 0), HASH, "its hash is"),
    (("config", "rootfs", "diff_ids", 0), "sha256:../../../etc", "diff_id is not sha256"),
    (("config", "rootfs", "diff_ids"), [HASH] * 1000, "more than 500 layers"),
    (("manifest", "config", "digest"), HASH, "No such file"),
    (("manifest", "config", "digest"), "sha256:../../../../etc/passwd", "digest that is not sha256"),
    (("manifest", "layers"), [], "layers, and the configuration"),
    (("manifest", "layers"), "none", "no list of layers"),
    (("index", "manifests", 0, "platform"), {"architecture": "vax", "os": "linux"}, "no image"),
    (("index", "manifests"), {}, "no image"),
])
def test_layouts_that_lie(store, tmp, what, value, says):
    r = store("import", oci(tmp / "o", [BASE], mangle=spoiled(what, value)), "x")
    assert r.rc == 125 and says in r.err, r
    assert store("inspect", "x").rc == 125
    assert store.whole()["partials"] == 0


def test_ref_picks_one_of_several(store, tmp):
    a, b = oci(tmp / "a", [BASE], tag="one"), oci(tmp / "b", [TOP], tag="two")
    for blob in (b / "blobs/sha256").iterdir():
        shutil.copy(blob, a / "blobs/sha256")
    index = json.loads((a / "index.json").read_text())
    index["manifests"] += json.loads((b / "index.json").read_text())["manifests"]
    (a / "index.json").write_text(json.dumps(index))
    store("import", "--ref", "two", a, "x").ok()
    assert store.image("x")["layers"] == [sha(TOP)]
    assert store("import", "--ref", "three", a, "y").rc == 125


def on_terminal(store, command, *args):
    term = Terminal("image", command, "--store", store.path, *args)
    try:
        assert term.wait(20) == 0
        return term.text.decode()
    finally:
        term.close()


def test_for_people_and_for_programs(store, tmp):
    """JSON for programs; on a terminal a summary, through which no image can control the terminal."""
    oci(tmp / "o", [tar(entry("f", b"f"))], {"Cmd": ["/bin/x", "\033[2J"], "Env": ["A=b", "C=\033d"], "User": "\0331"},
        mangle=lambda docs: docs["config"].update(created="\033x", history=[{"created_by": "\033[1mRUN"}])
        if "manifest" not in docs else None)
    store("import", tmp / "o", "a").ok()
    img = store.image("a")
    text = on_terminal(store, "inspect", "a")
    assert img["id"] in text and img["layers"][0] in text and '"A=b"\r\n' in text and "/bin/x" in text
    history = on_terminal(store, "history", "a")
    assert img["layers"][0][:12] in history and "RUN" in history and history.startswith("LAYER")
    assert "\033" not in text + history
    for command in ("inspect", "history"):
        assert store(command, "a").out == store(command, "--json", "a").out.strip("\r") != ""
        assert json.loads(on_terminal(store, command, "--json", "a")) == store.json(command, "a")
    assert store.json("tag", "a", "b") == {"name": "b", "id": img["id"]}
    assert store.json("rm", "a", "b") == {"removed": ["a", "b"]}
    r = store("rm", "--json", "a")
    assert r.rc == 125 and json.loads(r.out) == {"removed": []}


def test_names(store):
    store.take(BASE, "one").ok()
    one = store.image("one")
    store("tag", "one", "host:5000/two:v2").ok()
    assert store.image("host:5000/two:v2")["id"] == one["id"] == store.image(one["id"])["id"]
    assert store.image("sha256:" + one["id"])["id"] == store.image(one["id"][:12])["id"] == one["id"]
    assert [l["name"] for l in store.json("ls")] == ["host:5000/two:v2", "one:latest"]
    store("rm", "one").ok()
    assert store("inspect", "one").rc == 125
    assert store.json("gc")["images"] == 0, "it has another name"
    store("rm", "host:5000/two:v2").ok()
    assert [l["name"] for l in store.json("ls", "--all")] == [None]
    assert store.json("gc") == {"images": 1, "layers": 1, "partials": 0, "bytes": 6, "busy": 0}
    assert store.json("ls", "--all") == [] and not os.listdir(store.path / "layers")


@pytest.mark.parametrize("name", ["", "/x", "x/", "a//b", "../x", "x:", ":x", "x:y:z/", "a b", "x\n", "a+b", "-x",
                                  "x/../y", "x" * 300, ".x", "x/.y"])
def test_bad_names(store, name):
    r = store.take(BASE, "good") if not store.path.exists() else None
    assert r is None or r.rc == 0
    r = store("tag", "--", "good", name)
    assert r.rc == 125 and "image name" in r.err, r
    assert os.listdir(store.path / "names") == ["good:latest"]


def test_a_jail_holds_its_image(store):
    """Who resolved an image has its directory locked: neither rm nor gc takes it away."""
    store.take(BASE, "x").ok()
    fd = os.open(store.path / "images" / store.image("x")["id"], os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_SH)
    r = store("rm", "x")
    assert r.rc == 125 and "a jail uses" in r.err
    store("rm", "--force", "x").ok()
    assert store.json("gc")["busy"] == 1 and store.trees
    assert len(os.listdir(store.path / "layers")) == 1
    os.close(fd)
    assert store.json("gc")["images"] == 1 and not os.listdir(store.path / "layers")


@pytest.mark.parametrize("damage,says", [
    ("rm -r layers/*/tree/etc", "entries"),
    ("echo more | tee -a layers/*/tree/etc/a", "bytes"),
    ("rm -r layers/*", "is missing"),
    ("echo ' ' | tee -a images/*/config.json", "was changed"),
    ("rm images/*/image", "No such file"),
    ("ln -sfn ../images/nothing names/x:latest", "leads to no image"),
    ("mkdir layers/half", "not complete"),
])
def test_fsck_finds(store, damage, says):
    store.take(BASE, "x").ok()
    store.whole()
    subprocess.run(damage, shell=True, cwd=store.path, check=True)
    r = store("fsck")
    assert r.rc == 125 and says in r.err, r


@pytest.mark.modes("root", "user")  # with one id only, what is packed has other owners than its hash says
def test_fsck_reads_content(store, tmp):
    """A changed byte shows in what was packed here."""
    (tmp / "src").mkdir()
    (tmp / "src/f").write_text("good")
    store("import", tmp / "src", "x").ok()
    store.whole()
    f = store.trees("x")[0] / "f"
    st = f.stat()
    f.write_text("evil")
    os.utime(f, ns=(st.st_atime_ns, st.st_mtime_ns))
    assert store("fsck").rc == 0
    r = store("fsck", "--content")
    assert r.rc == 125 and "are not those of its hash" in r.err


def test_not_a_store(store, tmp):
    (tmp / "d").mkdir()
    (tmp / "d/file").write_text("mine")
    for cmd in (["ls"], ["gc"], ["fsck"]):
        assert toast.toast("image", *cmd, "--store", tmp / "d").rc == 125
    (tmp / "in").write_bytes(BASE)
    r = toast.toast("image", "import", "--store", tmp / "d", tmp / "in", "x")
    assert r.rc == 125 and "neither an image store nor empty" in r.err
    assert os.listdir(tmp / "d") == ["file"]


def test_many_at_once(store, tmp):
    """Imports, tags, removals and collections side by side."""
    files = []
    for i in range(6):
        f = tmp / f"{i}.tar"
        f.write_bytes(tar(*[entry(f"d{k}/f", os.urandom(2000)) for k in range(40)]))
        files.append(f)
    store.take(BASE, "first").ok()
    procs = []
    for rnd in range(3):
        for i, f in enumerate(files):
            procs.append(toast.start(["image", "import", "--store", store.path, f, f"i{i}:r{rnd}"]))
        procs.append(toast.start(["image", "gc", "--store", store.path]))
        procs.append(toast.start(["image", "tag", "--store", store.path, "first", f"t{rnd}"]))
    for p in procs:
        toast.finish(p).ok()
    assert len(store.json("ls")) == 1 + 18 + 3
    assert store.whole()["layers"] == 7


def test_killed_at_any_point(store, tmp):
    """SIGKILL to import and gc at random points: fsck passes, and gc takes away what is left."""
    f = tmp / "in.tar"
    f.write_bytes(tar(*[entry(f"d{k}/f", os.urandom(3000)) for k in range(300)]))
    store("import", f, "x").ok()
    began = time.monotonic()
    store("import", f, "x").ok()
    takes = time.monotonic() - began
    rng, killed = random.Random(7), 0
    rounds = 200 if os.environ.get("TOASTAINER_TEST_SLOW") else 12
    for i in range(rounds):
        store("rm", "x")
        cmd = ["gc"] if i % 3 == 0 else ["import", f, "x"]
        p = toast.start(["image", cmd[0], "--store", store.path, *cmd[1:]], stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0, takes))
        p.kill()
        p.wait()
        killed += p.returncode == -9
        assert store.json("fsck")["bad"] == 0, i
    assert killed > rounds / 4, "most were over before"
    store("import", f, "x").ok()
    store("gc").ok()
    assert store.whole()["partials"] == 0 and os.listdir(store.path / "tmp") == []
