# SPDX-License-Identifier: BSD-3-Clause
"""An image from elsewhere writes outside of the store, or fills the machine, while it is taken in.

Each archive is also given to an unpacker that joins paths as they are (naive): there it must do harm, or the test
would prove nothing."""
import gzip
import io
import json
import os
import re
import shutil
import stat
import tarfile
import zlib

import pytest

from images import Store, directory, docker_archive, entry, link, oci, sha, tar

pytestmark = pytest.mark.modes("root", "nested")
UP = "../" * 12


@pytest.fixture
def store(tmp, canary):
    s = Store(tmp / "store")
    yield s
    assert not canary.touched()
    if s.path.exists():
        assert s.json("fsck")["bad"] == 0
        assert s.json("gc")["partials"] == 0, "a refused archive leaves nothing half done"


def naive(data, to):
    """What an unpacker does that believes the archive."""
    to.mkdir()
    with tarfile.open(fileobj=io.BytesIO(data)) as t:
        for m in t:
            p = os.path.join(to, m.name)
            if m.isdir():
                os.makedirs(p, exist_ok=True)
            elif m.issym():
                os.symlink(m.linkname, p)
            elif m.islnk():
                os.link(os.path.join(to, m.linkname), p)
            else:
                if os.path.basename(p).startswith(".wh."):
                    p = os.path.join(os.path.dirname(p), os.path.basename(p)[4:])
                    shutil.rmtree(p) if os.path.isdir(p) and not os.path.islink(p) else os.unlink(p)
                    continue
                os.makedirs(os.path.dirname(p), exist_ok=True)
                with open(p, "ab") as f:
                    f.write(t.extractfile(m).read())


# {c}: the canary's directory. Written, emptied or linked by who believes them.
ATTACKS = {
    "dots": lambda c: [entry(f"{UP}{c}/secret", b"EVIL")],
    "dots inside": lambda c: [entry(f"a/b/{UP}{c}/secret", b"EVIL")],
    "absolute": lambda c: [entry(f"{c}/secret", b"EVIL")],
    "through a link": lambda c: [link("l", f"{c}"), entry("l/secret", b"EVIL")],
    "through a relative link": lambda c: [link("l", f"{UP}{c}"), entry("l/secret", b"EVIL")],
    "through two links": lambda c: [link("a", f"{UP}"), link("l", f"a/{c}"), entry("l/secret", b"EVIL")],
    "to a link": lambda c: [link("secret", f"{c}/secret"), entry("secret", b"EVIL")],
    "a new file through a link": lambda c: [link("l", f"{c}"), entry("l/new", b"EVIL")],
    "new directories through a link": lambda c: [link("l", f"{c}"), directory("l/new/deep")],
    "a link instead of a directory": lambda c: [directory("d"), link("d2", f"{c}"), entry("d2/new/x", b"EVIL")],
    "hard link outside": lambda c: [link("h", f"{UP}{c}/secret", hard=True), entry("h", b"EVIL")],
    "hard link by an absolute name": lambda c: [link("h", f"{c}/secret", hard=True), entry("h", b"EVIL")],
    "hard link through a link": lambda c: [link("l", f"{c}"), link("h", "l/secret", hard=True), entry("h", b"EVIL")],
    "the root is a link": lambda c: [link("./", f"{c}"), entry("secret", b"EVIL")],
    "deletion outside": lambda c: [entry(f"{UP}{c}/.wh.secret", b"")],
    "deletion through a link": lambda c: [link("l", f"{c}"), entry("l/.wh.secret", b"")],
    "deletion of the parent": lambda c: [link("l", f"{c}/sub"), entry("l/.wh...", b"")],
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("how", ["tar", "layer", "archive", "docker"])
def test_writes_nothing_outside(store, tmp, canary, attack, how):
    """Refused, or done inside of the image; the canary is looked at by the fixture."""
    data = tar(*ATTACKS[attack](canary.path))
    if how == "tar":
        r = store.take(data)
    elif how == "layer":
        r = store("import", oci(tmp / "o", [data]), "x")
    elif how == "archive":  # the outer archive attacks
        r = store.take(data, "x", "--format", "oci")
    else:
        r = store("import", docker_archive(tmp / "d", [data]), "x")
    assert r.rc in (0, 125), r
    if how == "archive":
        assert r.rc == 125
    if r.rc == 0:  # only what is harmless inside
        assert attack in ("absolute", "to a link", "a link instead of a directory"), r


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a not in ("hard link outside", "deletion of the parent",
                                                              "the root is a link")])
def test_detects_broken_unpacker(tmp, canary, attack):
    try:
        naive(tar(*ATTACKS[attack](canary.path)), tmp / "naive")
    except (FileExistsError, FileNotFoundError, IsADirectoryError):
        pass
    harmed = canary.touched() or os.stat(canary.path / "secret").st_nlink > 1
    shutil.rmtree(canary.path)
    assert harmed or attack in ("absolute",), "this archive harms nobody: it tests nothing"


@pytest.fixture
def links(store):
    """Links in an archive of archives: a name of the layout leads out."""
    def go(tmp, target, what):
        layer = tar(entry("f", b"x"))
        path = oci(tmp / "o", [layer])
        blob = next(p for p in (path / "blobs/sha256").iterdir() if p.read_bytes() == layer)
        victim = {"layer": blob, "index": path / "index.json", "blobs": path / "blobs"}[what]
        shutil.rmtree(victim) if victim.is_dir() else victim.unlink()
        victim.symlink_to(target)
        return store("import", path, "x")
    return go


@pytest.mark.parametrize("what", ["layer", "index", "blobs"])
@pytest.mark.parametrize("to", ["/etc/passwd", UP + "etc/passwd", "/proc/self/root/etc/passwd", "/dev/zero", "layer"])
def test_layouts_lead_nowhere(links, tmp, what, to):
    r = links(tmp, to, what)
    assert r.rc == 125 and "root:" not in r.err, r


def test_a_pipe_in_a_layout_holds_nobody_up(store, tmp):
    path = oci(tmp / "o", [tar(entry("f", b"x"))])
    (path / "index.json").unlink()
    os.mkfifo(path / "index.json")
    assert store("import", path, "x", timeout=10).rc == 125


def test_marks_of_overlayfs_are_not_taken(store, tmp, canary):
    """A redirect would show another directory, an opaque mark or metacopy another file."""
    m, data = entry("f", b"x")
    m.pax_headers = {f"SCHILY.xattr.{ns}.overlay.{k}": v for ns in ("trusted", "user")
                     for k, v in (("redirect", "/etc"), ("opaque", "y"), ("metacopy", ""), ("origin", "x"))}
    m.pax_headers["SCHILY.xattr.user.kept"] = "yes"
    m.pax_headers["SCHILY.xattr.security.selinux"] = "system_u"
    d, _ = directory("d")
    d.pax_headers = dict(m.pax_headers)
    store.take(tar((m, data), (d, None))).ok()
    [tree] = store.trees("x")
    for name in ("f", "d"):
        assert set(os.listxattr(tree / name)) <= {"user.kept", "security.selinux"}
        assert "system_u" not in [os.getxattr(tree / name, k).decode(errors="replace") for k in os.listxattr(tree / name)]


@pytest.mark.modes("root")
def test_other_users_cannot_reach_set_user_id_programs(store):
    store.take(tar(entry("sh", b"x", mode=0o4755))).ok()
    for name in ("layers", "tmp"):
        assert stat.S_IMODE(os.stat(store.path / name).st_mode) == 0o700


def bomb(size):
    """gzip of zeros, made without holding them."""
    c = zlib.compressobj(9, zlib.DEFLATED, 31)
    m = tarfile.TarInfo("zeros")
    m.size = size
    out = [c.compress(m.tobuf(tarfile.PAX_FORMAT))]
    piece = bytes(1 << 20)
    out += [c.compress(piece) for _ in range(size >> 20)]
    return b"".join(out) + c.flush()


LIMITED = ("--max_size", "16M", "--max_entries", "1000")


@pytest.mark.parametrize("data,says", [
    (bomb(256 << 20), "bytes"),
    (gzip.compress(bomb(256 << 20)), "neither a directory nor a tar|bytes|larger"),
    (gzip.compress(bytes(64 << 20)), "larger|neither|empty|tar"),
    (tar(entry("big", b"")[:1] + (None,)), ""),
    (tar(*[entry(f"f{i}", b"") for i in range(1001)]), "more than 1000 entries"),
    (tar(*[directory(f"{i}/a/b/c/d/e") for i in range(200)]), "more than 1000 entries"),
    (tar(*[entry("same", b"") for _ in range(1001)]), "more than 1000 entries"),
    (tar(*[entry(f"f{i}", bytes(1 << 20)) for i in range(17)]), "bytes|larger"),
    (tar(directory("d/" * 300)), "too long or deep"),
    (tar(entry("n" * 256, b"")), "too long or deep"),
    (tar(entry("/".join(["n" * 200] * 30), b"")), "too long or deep"),
    (tar(link("l", "x" * 5000)), "too long"),
], ids=["bomb", "bomb in a bomb", "zeros", "fine", "entries", "implied entries", "one name", "bytes", "deep", "wide",
        "long", "long link"])
def test_bounded(store, data, says):
    r = store.take(data, "x", *LIMITED, timeout=20)
    if not says:
        r.ok()
        return
    assert r.rc == 125 and re.search(says, r.err), r


def test_a_sparse_bomb(store):
    """A few bytes that claim to be exbibytes."""
    m = tarfile.TarInfo("sparse")
    m.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "s",
                     "GNU.sparse.realsize": str(1 << 62)}
    data = b"1\n0\n1\n".ljust(512, b"\0") + b"x".ljust(512, b"\0")
    m.size = 513
    r = store.take(tar((m, data[:513])), "x", *LIMITED)
    assert r.rc == 125, r


@pytest.mark.parametrize("where", range(0, 1536, 37))
def test_a_flipped_byte(store, where):
    """Damage anywhere is refused or harmless, and never a crash."""
    data = bytearray(tar(entry("a", b"1"), link("b", "a"), entry("c", b"3")))
    data[where] ^= 0xFF
    assert store.take(bytes(data)).rc in (0, 125)


@pytest.mark.parametrize("text", ["[" * 100000, '{"a":' * 100000, "{", "", "\0", '{"manifests":[{"digest":7}]}',
                                  '{"manifests":[' + '{"digest":"sha256:x"},' * 50000 + "{}]}", "nul", "[]", "7"],
                         ids=range(10))
def test_json_that_is_none(store, tmp, text):
    path = oci(tmp / "o", [tar(entry("f", b"x"))])
    (path / "index.json").write_text(text)
    r = store("import", path, "x", timeout=10)
    assert r.rc == 125, r


def test_indexes_without_end(store, tmp):
    """An index that leads to an index, five times."""
    path = oci(tmp / "o", [tar(entry("f", b"x"))])
    for _ in range(5):
        data = (path / "index.json").read_bytes()
        (path / "blobs/sha256" / sha(data)).write_bytes(data)
        (path / "index.json").write_text(json.dumps({"manifests": [{
            "mediaType": "application/vnd.oci.image.index.v1+json", "digest": "sha256:" + sha(data),
            "size": len(data)}]}))
    assert store("import", path, "x").rc == 125


def test_nothing_prints_what_a_terminal_obeys(store):
    """A name in an archive with an escape sequence does not reach the terminal raw."""
    r = store.take(tar(entry("a/../\x1b[2J\x07evil", b"")))
    assert r.rc == 125 and "\x1b" not in r.err and "\x07" not in r.err, r
