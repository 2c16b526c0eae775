# SPDX-License-Identifier: BSD-3-Clause
"""Images leave the store and come back: our formats, skopeo and umoci; diff, commit and apply."""
import json
import os
import shutil
import stat
import subprocess
import tarfile
import time

import pytest

import toast
from images import Store, directory, entry, is_whiteout, link, look, oci, opaque, sha, tar
from toast import MODE

pytestmark = pytest.mark.modes("root", "nested")

BASE = tar(directory("./", mode=0o755), directory("etc"), entry("etc/a", b"1\n"), entry("etc/b", b"2\n", mode=0o600),
           directory("opt"), entry("opt/x", b"x"), link("opt/l", "x"), directory("var"), entry("var/h1", b"h"),
           link("var/h2", "var/h1", hard=True), entry("var/s", b"s", mode=0o4711, uid=3, gid=4))
TOP = tar(directory("./", mode=0o755), directory("etc"), entry("etc/.wh.a", b""), entry("etc/b", b"3\n", mode=0o600),
          entry("etc/c", b"3\n"), directory("opt"), entry("opt/.wh..wh..opq", b""), entry("opt/z", b"z"))
CONFIG = {"Env": ["A=b", "N=\u00e4\n"], "Cmd": ["/bin/sh", "-c", "x"], "Entrypoint": ["/e"], "WorkingDir": "/opt",
          "User": "1:2", "Labels": {"k": "v"}}


@pytest.fixture
def store(tmp):
    s = Store(tmp / "store")
    s("import", oci(tmp / "in", [BASE, TOP], CONFIG), "app:v1").ok()
    yield s
    assert s.whole()["partials"] == 0


def described(image):
    return {k: image[k] for k in ("env", "cmd", "entrypoint", "cwd", "user", "labels", "size")}


FORMATS = {"oci directory": ("out", []), "oci tar": ("out.tar", []), "zstd": ("out.tar", ["--compress", "zstd"]),
           "not compressed": ("out", ["--compress", "none"]), "docker": ("out.tar", ["--format", "docker"])}


@pytest.mark.parametrize("how", FORMATS)
def test_round_trip(store, tmp, how):
    name, opts = FORMATS[how]
    store("export", *opts, "app:v1", tmp / name).ok()
    other = Store(tmp / "other")
    other("import", tmp / name, "back").ok()
    assert described(other.image("back")) == described(store.image("app:v1"))
    for a, b in zip(store.trees("app:v1"), other.trees("back"), strict=True):
        assert look(a) == look(b)
    assert opaque(other.trees("back")[1] / "opt")
    # What we packed keeps its hash for ever.
    other("export", *opts, "back", tmp / ("again" + name)).ok()
    third = Store(tmp / "third")
    third("import", tmp / ("again" + name), "x").ok()
    assert third.image("x")["id"] == other.image("back")["id"]


def test_the_same_bytes(store, tmp):
    store("export", "app:v1", tmp / "a.tar").ok()
    time.sleep(1.1)  # no time of now gets in, in seconds
    store("export", "app:v1", tmp / "b.tar").ok()
    assert (tmp / "a.tar").read_bytes() == (tmp / "b.tar").read_bytes()


WHOLE = {"etc/b", "etc/c", "opt/z", "var/h1", "var/h2", "var/s", "etc", "opt", "var"}


def test_flat(store, tmp):
    """As a directory and as one tar: what a program inside would see."""
    store("export", "--format", "dir", "app:v1", tmp / "d").ok()
    seen = look(tmp / "d")
    assert set(seen) == WHOLE and seen["etc/b"][3] == b"3\n"
    assert seen["var/s"][:3] == ("-rws--x--x", *((3, 4) if MODE == "root" else (0, 0)))
    assert (tmp / "d/var/h1").stat().st_ino == (tmp / "d/var/h2").stat().st_ino
    store("export", "--format", "tar", "--compress", "gzip", "app:v1", tmp / "f.tgz").ok()
    with tarfile.open(tmp / "f.tgz") as t:
        assert {m.name for m in t} - {"."} == WHOLE


def test_export_replaces_nothing(store, tmp):
    (tmp / "there.tar").write_text("mine")
    (tmp / "full").mkdir()
    (tmp / "full/file").write_text("mine")
    for target in ("there.tar", "full"):
        assert store("export", "app:v1", tmp / target).rc == 125
    assert (tmp / "there.tar").read_text() == "mine" and os.listdir(tmp / "full") == ["file"]
    assert store("export", "nothing", tmp / "new").rc == 125 and not (tmp / "new").exists()


def skopeo(*args):
    subprocess.run(["skopeo", "--insecure-policy", "--override-os", "linux", *map(str, args)], check=True,
                   capture_output=True)


@pytest.mark.parametrize("kind", ["oci", "oci-archive", "docker-archive"])
def test_skopeo_reads_and_writes_what_we_do(store, tmp, kind):
    ours = {"oci": tmp / "o", "oci-archive": tmp / "o.tar", "docker-archive": tmp / "o.tar"}[kind]
    store("export", *(["--format", "docker"] if kind == "docker-archive" else []), "app:v1", ours).ok()
    theirs = tmp / "theirs.tar"
    ref = "" if kind == "docker-archive" else ":v1"
    out = "docker-archive" if kind == "docker-archive" else "oci-archive"
    skopeo("copy", f"{kind}:{ours}{ref}", f"{out}:{theirs}:" + ("app:v1" if out == "docker-archive" else "v1"))
    store("import", theirs, "back").ok()
    assert described(store.image("back")) == described(store.image("app:v1"))
    for a, b in zip(store.trees("app:v1"), store.trees("back"), strict=True):
        assert look(a) == look(b)


@pytest.fixture
def podman(tmp):
    """podman(ARGS...): with storage of its own. Both of Debian's runtimes work; only runc where v1 and v2 groups are mixed."""
    if not shutil.which("podman"):
        pytest.skip("podman is not installed")
    base = ["podman", "--root", tmp / "p", "--runroot", tmp / "pr", "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs",
            "--events-backend", "none", *(["--runtime", "runc"] if shutil.which("runc") else [])]

    def go(*args):
        r = subprocess.run([*base, *args], capture_output=True, text=True, timeout=120)
        assert r.returncode == 0, r
        return r.stdout.split()

    yield go
    go("rm", "--all", "--force")


@pytest.mark.slow
@pytest.mark.modes("root")
@pytest.mark.parametrize("kind", ["oci", "docker"])
def test_podman_runs_what_we_write_and_we_what_it_writes(tmp, podman, kind):
    s = Store(tmp / "s")
    root = tar(directory("./"), directory("bin"), entry("bin/busybox", open("/bin/busybox", "rb").read(), mode=0o755),
               *[link(f"bin/{n}", "busybox") for n in ("sh", "cat", "rm", "ls")], directory("etc"), directory("work", uid=5, gid=6),
               entry("etc/mine", b"mine", uid=7, gid=8), entry("etc/gone", b"x"),
               *map(directory, ("proc", "dev", "tmp", "sys")))
    s("import", oci(tmp / "o", [root, tar(entry("etc/.wh.gone", b""), entry("etc/two", b"2"))],
                    {"Env": ["PATH=/bin", "FROM_US=yes"], "WorkingDir": "/work", "Cmd": ["/bin/sh", "-c", "cat /etc/mine"]}), "app:v1").ok()
    s("export", *(["--format", "docker"] if kind == "docker" else []), "app:v1", tmp / "ours.tar").ok()
    name = podman("load", "-q", "-i", tmp / "ours.tar")[-1]
    limits = ["--network", "none", "--ulimit", "nofile=1000:1000", "--ulimit", "nproc=1000:1000"]
    assert podman("run", "--rm", *limits, name) == ["mine"]
    assert podman("run", "--name", "c", *limits, name, "/bin/sh", "-c",
                  "pwd; echo $FROM_US; cat /etc/two; ls /etc/gone 2>/dev/null; ls -ln /etc/mine; rm /etc/two; echo new > /etc/new")[:8] == [
        "/work", "yes", "2-rw-r--r--", "1", "7", "8", "4", "Nov"], "as we run it"
    podman("commit", "-q", "c", "changed")
    podman("save", "-q", "--format", f"{kind}-archive", "-o", tmp / "theirs.tar", "changed")
    s("import", tmp / "theirs.tar", "back").ok()
    assert len(s.image("back")["layers"]) == 3
    r = toast.toast("run", "--store", s.path, "--image", "back", "--", "/bin/sh", "-c", "pwd; cat /etc/mine /etc/new; echo $FROM_US; ls /etc/two").out
    assert r.split() == ["/work", "minenew", "yes"], r
    podman("save", "-q", "--format", f"{kind}-archive", "-o", tmp / "same.tar", name)
    report = json.loads(s("import", "--json", tmp / "same.tar", "same").ok().out)
    assert (report["layers"], report["layers_new"]) == (2, 0), "it is the same image"
    s.whole()


@pytest.mark.modes("root")
def test_umoci_unpacks_what_we_write(store, tmp):
    store("export", "app:v1", tmp / "o").ok()
    subprocess.run(["umoci", "unpack", "--image", f"{tmp}/o:v1", tmp / "bundle"], check=True, capture_output=True)
    store("export", "--format", "dir", "app:v1", tmp / "d").ok()
    assert look(tmp / "bundle/rootfs") == look(tmp / "d")
    config = json.loads((tmp / "bundle/config.json").read_text())
    assert config["process"]["cwd"] == "/opt" and "A=b" in config["process"]["env"]


@pytest.mark.modes("root")
def test_we_unpack_what_umoci_writes(store, tmp):
    layout = f"{tmp}/u"
    def umoci(*args):
        subprocess.run(["umoci", *args], check=True, capture_output=True)
    umoci("init", "--layout", layout)
    umoci("new", "--image", f"{layout}:t")
    umoci("unpack", "--image", f"{layout}:t", f"{tmp}/b1")
    (tmp / "b1/rootfs/f").write_text("one")
    (tmp / "b1/rootfs/d").mkdir()
    (tmp / "b1/rootfs/d/g").write_text("g")
    umoci("repack", "--image", f"{layout}:t", f"{tmp}/b1")
    umoci("unpack", "--image", f"{layout}:t", f"{tmp}/b2")
    (tmp / "b2/rootfs/f").unlink()
    shutil.rmtree(tmp / "b2/rootfs/d")
    (tmp / "b2/rootfs/new").write_text("n")
    umoci("repack", "--image", f"{layout}:t", f"{tmp}/b2")
    store("import", "--ref", "t", layout, "umoci").ok()
    top = store.trees("umoci")[-1]
    assert is_whiteout(top / "f") and is_whiteout(top / "d") and (top / "new").read_text() == "n"
    store("export", "--format", "dir", "umoci", tmp / "flat").ok()
    assert set(look(tmp / "flat")) == {"new"}


def changes(store, *args):
    return {c["path"]: c for c in store.json("diff", *args)}


def test_diff_of_the_top_layer(store):
    d = changes(store, "app:v1")
    assert {p: c["change"] for p, c in d.items()} == {
        "/etc/a": "deleted", "/etc/b": "changed", "/etc/c": "added",
        "/opt/x": "deleted", "/opt/l": "deleted", "/opt/z": "added"}
    assert d["/etc/a"]["new"] is None and d["/etc/a"]["old"]["size"] == 2
    assert d["/etc/b"]["new"] == {"type": "file", "mode": "0600", "uid": 0, "gid": 0, "size": 2}
    assert d["/opt/l"]["old"]["type"] == "link"


def test_diff_of_two(store):
    store.take(BASE, "base").ok()
    there, back = changes(store, "base", "app:v1"), changes(store, "app:v1", "base")
    assert set(there) == set(back) and back["/etc/a"]["change"] == "added"
    assert changes(store, "base", "base") == {}
    # The same files from another tar, with other times: no difference.
    store.take(tar(directory("etc"), entry("etc/a", b"1\n", mtime=5)), "t1").ok()
    store.take(tar(directory("etc"), entry("etc/a", b"1\n", mtime=6)), "t2").ok()
    store.take(tar(directory("etc"), entry("etc/a", b"2\n", mtime=6)), "t3").ok()
    assert changes(store, "t1", "t2") == {} and set(changes(store, "t1", "t3")) == {"/etc/a"}


def test_diff_has_no_line_of_its_own_for_a_hostile_name(store):
    store.take(tar(entry("evil\nA 0644 0 \"shadow\"\x1b[2J", b"")), "evil").ok()
    r = store("diff", "evil").ok()
    assert len(r.out.splitlines()) == 1 and "\x1b" not in r.out


def upper(tmp, store):
    """An upper directory as overlayfs would leave it over app:v1."""
    up = tmp / "upper"
    (up / "etc").mkdir(parents=True)
    (up / "etc/c").write_text("changed")
    os.mknod(up / "etc/b", 0o020000, 0)
    (up / "new").mkdir()
    (up / "new/f").write_text("f")
    (up / "opt").mkdir()
    os.setxattr(up / "opt", f"{'trusted' if MODE == 'root' else 'user'}.overlay.opaque", b"y")
    os.setxattr(up / "opt", f"{'trusted' if MODE == 'root' else 'user'}.overlay.impure", b"y")
    return up


@pytest.mark.parametrize("move", [False, True])
def test_commit(store, tmp, move):
    up = upper(tmp, store)
    assert {p: c["change"] for p, c in changes(store, "app:v1", "--upper", up).items()} == {
        "/etc/b": "deleted", "/etc/c": "changed", "/new": "added", "/new/f": "added", "/opt/z": "deleted"}
    before = look(up)
    store("commit", "--base", "app:v1", "--upper", up, *(["--move"] if move else []), "--message", "by hand",
          "--change", "ENV X=y Z='a b'", "--change", 'CMD ["/bin/true"]', "--change", "WORKDIR sub", "app:v2").ok()
    assert up.exists() == (not move)
    img, old = store.image("app:v2"), store.image("app:v1")
    assert img["layers"][:2] == old["layers"] and look(store.trees("app:v2")[2]) == before
    assert opaque(store.trees("app:v2")[2] / "opt")
    assert img["env"][-2:] == ["X=y", "Z=a b"] and img["cmd"] == ["/bin/true"] and img["cwd"] == "/opt/sub"
    assert store.json("history", "app:v2")[-1]["created_by"] == "by hand"
    store("export", "--format", "dir", "app:v2", tmp / "flat").ok()
    assert set(look(tmp / "flat")) == {"etc", "etc/c", "new", "new/f", "opt", "var", "var/h1", "var/h2", "var/s"}
    store("export", "app:v2", tmp / "v2").ok()
    other = Store(tmp / "other")
    other("import", tmp / "v2", "x").ok()
    assert other.image("x")["layers"][2] == img["layers"][2], "our own tar is the same wherever it is made"


def test_commit_refuses_halves_of_files(store, tmp):
    up = upper(tmp, store)
    os.setxattr(up / "new", f"{'trusted' if MODE == 'root' else 'user'}.overlay.redirect", b"/etc")
    for opts in ([], ["--move"]):
        r = store("commit", "--base", "app:v1", "--upper", up, *opts, "bad")
        assert r.rc == 125 and "redirect_dir=off" in r.err, r
        assert (up / "new/f").exists(), "a failed commit takes nothing away"
    assert store("inspect", "bad").rc == 125


def test_apply(store, tmp):
    """A directory becomes what the image says; with --base only what that adds."""
    store.take(BASE, "base").ok()
    d = tmp / "d"
    d.mkdir()
    (d / "mine").write_text("stays")
    store("apply", "base", d).ok()
    assert (d / "etc/a").exists() and (d / "opt/x").exists()
    (d / "opt/also-mine").write_text("below an opaque directory")
    store("apply", "--base", "base", "app:v1", d).ok()
    assert set(look(d)) == WHOLE | {"mine"}
    r = store("apply", "--base", "app:v1", "base", d)
    assert r.rc == 125 and "is not made on" in r.err


def cp(store, what, to, *opts):
    return toast.toast("cp", "--store", store.path, *opts, what, to)


def test_files_out_of_an_image(store, tmp):
    """The image as a whole is read, without following its links; the way to it is a name, a tag or an id."""
    store.take(tar(directory("d"), entry("d/a", b"lower"), entry("d/gone", b"x"), directory("e"), entry("e/f", b"e"),
                   link("d/l", "/etc/passwd"), link("lnk", "/d"), entry("secret", b"s" * 2000, mode=0o600)), "one:v1").ok()
    up = tmp / "up"
    (up / "d").mkdir(parents=True)
    (up / "d/a").write_text("upper")
    os.mknod(up / "d/gone", stat.S_IFCHR, 0)
    store("commit", "--base", "one:v1", "--upper", up, "two:v2").ok()
    before = look(store.path / "layers")
    assert cp(store, "one:v1:/d/a", tmp / "a1").ok() and (tmp / "a1").read_text() == "lower"
    assert cp(store, "two:v2:/d/a", tmp / "a2").ok() and (tmp / "a2").read_text() == "upper"
    r = cp(store, f"sha256:{store.image('two:v2')['id']}:/d", tmp / "tree").ok()
    assert os.listdir(tmp / "tree") == ["a"] and "1 links" in r.err, r
    (tmp / "dir").mkdir()
    assert store("cp", "two:v2:/secret", tmp / "dir").ok() and (tmp / "dir/secret").stat().st_size == 2000
    for what, says in (("two:v2:/lnk/a", "not followed"), ("two:v2:/d/gone", "No such file"), ("two:v2:/d/l", "symbolic link"),
                       ("none:/d/a", "no image 'none'"), ("two:v2:/../../x", "")):
        r = cp(store, what, tmp / "no")
        assert r.rc == 125 and says in r.err + " ".join(r.hints()) and not (tmp / "no").exists(), r
    assert "more than" in cp(store, "two:v2:/secret", tmp / "no", "--limit", "1k").err and not (tmp / "no").exists()
    r = cp(store, tmp / "a1", "two:v2:/d/a")
    assert r.rc == 125 and "does not change" in r.err and "image build" in r.hints()[0], r
    assert look(store.path / "layers") == before and store.whole()["partials"] == 0
