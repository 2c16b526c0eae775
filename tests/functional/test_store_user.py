# SPDX-License-Identifier: BSD-3-Clause
"""The store of a user without privilege: its files have the owners of the image in his subordinate ids."""
import os

import pytest

import toast
from images import Store, directory, entry, look, oci, tar
from toast import MODE

pytestmark = pytest.mark.modes("user")
LOW = tar(directory("etc"), entry("etc/a", b"1\n", uid=7, gid=8, mode=0o640), directory("opt"), entry("opt/x", b""))
TOP = tar(entry("etc/.wh.a", b""), directory("opt"), entry("opt/.wh..wh..opq", b""), entry("opt/z", b"z", uid=1000))


@pytest.fixture
def store(tmp):
    """Only root of his namespace can remove what a store holds."""
    s = Store(tmp / "store")
    yield s
    if s.path.exists():
        for image in s.json("ls"):
            s("rm", "--force", image["name"]).ok()
        s("gc", "--cache").ok()
        assert os.listdir(s.path / "images") == []


def test_the_usual_place(tmp):
    (tmp / "in").write_bytes(LOW)
    env = {**os.environ, "XDG_DATA_HOME": str(tmp / "data")}
    toast.toast("image", "import", tmp / "in", "x", env=env).ok()
    assert (tmp / "data/toastainer/format").read_text() == "toastainer store 1\nmarks user\n"
    for cmd in (["rm", "x"], ["gc"]):
        toast.toast("image", *cmd, env=env).ok()


def test_owners_come_and_go(store, tmp):
    """Through a store and out again: the same bytes, though on the disk the owners are others."""
    store("import", oci(tmp / "in", [LOW, TOP]), "x").ok()
    assert store.json("fsck", "--content")["bad"] == 0
    store("export", "x", tmp / "out.tar").ok()
    store("import", tmp / "out.tar", "again").ok()
    store("export", "again", tmp / "again.tar").ok()
    assert (tmp / "out.tar").read_bytes() == (tmp / "again.tar").read_bytes()
    assert {c["path"]: c["change"] for c in store.json("diff", "x")} == {
        "/etc/a": "deleted", "/opt/x": "deleted", "/opt/z": "added"}
    assert store.json("diff", "x")[0]["old"]["uid"] == 7


def test_build_and_run(store, own_root, tmp):
    store("import", own_root, "base").ok()
    (tmp / "ctx").mkdir()
    (tmp / "ctx/f").write_text("f")
    (tmp / "ctx/Dockerfile").write_text("FROM base\nCOPY --chown=5:6 f /f\nRUN chown 1000:100 /etc && rm -r /opt\n"
                                        'CMD ["/bin/sh", "-c", "stat -c %u:%g /f /etc; ls -d /opt"]\n')
    store("build", "-t", "out", tmp / "ctx").ok()
    d = {c["path"]: c["new"] for c in store.json("diff", "base", "out")}
    assert set(d) == {"/f", "/etc", "/opt"}
    assert (d["/f"]["uid"], d["/f"]["gid"], d["/etc"]["uid"], d["/etc"]["gid"]) == (5, 6, 1000, 100)
    r = toast.run("--store", store.path, "--image", "out")
    assert len(r.out.splitlines()) == 2 and "/opt: No such" in r.err, r


def test_a_shell_ends_as_a_layer(store, own_root):
    store("import", own_root, "base").ok()
    toast.toast("image", "shell", "base", "--store", store.path, "--commit", "new", "--", "/bin/sh", "-c",
                "echo x > /made; chown 9 /made").ok()
    [change] = store.json("diff", "new")
    assert change["path"] == "/made" and change["new"]["uid"] == 9


def test_a_name_may_be_a_jail_or_an_image(tmp):
    """toastainer cp without --store: a path of the host, a jail, else an image. What only root of the image could
    read becomes the caller's file."""
    (tmp / "run").mkdir(mode=0o700)
    env = dict(os.environ, XDG_DATA_HOME=str(tmp / "data"), XDG_RUNTIME_DIR=str(tmp / "run"))
    (tmp / "in").write_bytes(LOW)
    toast.toast("image", "import", tmp / "in", "x", env=env).ok()
    try:
        toast.toast("cp", "x:/etc/a", tmp / "f", env=env).ok()
        assert (tmp / "f").read_text() == "1\n" and (tmp / "f").stat().st_uid == os.getuid()
        r = toast.toast("cp", tmp / "f", "x:/f", env=env)
        assert r.rc == 125 and "does not change" in r.err, r
        r = toast.toast("cp", "nothing:/f", tmp / "no", env=env)
        assert r.rc == 125 and "no jail" in r.err and "image" in r.hints()[0], r
    finally:
        for cmd in (["rm", "x"], ["gc"]):
            toast.toast("image", *cmd, env=env).ok()
