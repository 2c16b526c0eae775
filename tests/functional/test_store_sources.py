# SPDX-License-Identifier: BSD-3-Clause
"""Images from a registry, from bootstrap, and from a shell that ends well; many images."""
import contextlib
import json
import os
import socket
import subprocess
import time

import pytest

import toast
from images import Store, directory, entry, fill, look, oci, sha, tar
from terminal import Terminal
from toast import MODE

pytestmark = pytest.mark.modes("root", "nested")


@pytest.fixture
def store(tmp):
    return Store(tmp / "store")


@pytest.fixture
def registry(tmp):
    """Debian's docker-registry on a free port of the loopback interface."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    (tmp / "registry.yml").write_text(f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: "
                                      f"{{rootdirectory: {tmp}/registry}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n")
    p = subprocess.Popen(["docker-registry", "serve", tmp / "registry.yml"], stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)

    def answers():
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True

    assert toast.wait_for(answers, 15)
    yield f"127.0.0.1:{port}"
    p.kill()
    p.wait()


def test_pull(store, tmp, registry):
    data = tar(directory("etc"), entry("etc/f", b"from afar"))
    oci(tmp / "o", [data], {"Cmd": ["/x"]}, tag="v1")
    subprocess.run(["skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false", f"oci:{tmp}/o:v1",
                    f"docker://{registry}/team/app:v1"], check=True, capture_output=True)
    store("pull", "--plain_http", f"docker://{registry}/team/app:v1").ok()
    img = store.image(f"{registry}/team/app:v1")
    assert img["layers"] == [sha(data)] and img["cmd"] == ["/x"]
    store("pull", "--plain_http", f"docker://{registry}/team/app:v1", "mine").ok()
    assert store.image("mine")["id"] == img["id"]
    for bad, says in ((f"docker://{registry}/team/none:v1", "skopeo' failed"), ("oci:/etc", "is not docker://"),
                      ("docker://", "is not docker://"), ("docker://--help", "image name|skopeo")):
        r = store("pull", "--plain_http", bad, *(["n"] if bad.startswith("docker://--") else []))
        assert r.rc == 125, r
    assert store.whole()["partials"] == 0


def test_pull_without_skopeo(store, tmp):
    (tmp / "bin").mkdir()
    r = store("pull", "docker://x/y", env={"PATH": str(tmp / "bin")})
    assert r.rc == 125
    if "is not installed" not in r.err:  # it is looked for in the usual places, too
        assert "pull 'docker://x/y'" in r.err


def test_bootstrap(store):
    toast.toast("image", "bootstrap", "-t", "bb", "--store", store.path).ok()
    assert (store.trees("bb")[0] / "bin/busybox").exists()
    assert store.whole()["partials"] == 0
    toast.toast("image", "bootstrap", "-t", "h", "--from", "host", "--store", store.path).ok()
    assert toast.toast("image", "bootstrap", "-t", "x", "dir", "--store", store.path).rc == 125


@pytest.fixture
def lower(store, own_root):
    store("import", own_root, "base").ok()
    return own_root


def shell(store, what, *args, **kw):
    return toast.toast("image", "shell", what, "--store", store.path, *args, **kw)


def test_a_script_ends_as_a_layer(store, lower, tmp):
    (tmp / "s.sh").write_text("echo made > /made; rm -r /opt; echo out\n")
    r = shell(store, "base", "--commit", "new", "--script", tmp / "s.sh").ok()
    assert "out" in r.out
    new, old = store.image("new"), store.image("base")
    assert new["layers"][:-1] == old["layers"] and len(new["layers"]) == 2
    assert {c["path"]: c["change"] for c in store.json("diff", "new")} == {"/made": "added", "/opt": "deleted"}
    assert store.whole()["partials"] == 0
    store("shell", "--commit=again", "base", "--script", tmp / "s.sh").ok()  # --store first, as all commands take it
    assert store.image("again")["layers"][:-1] == old["layers"]
    assert store("shell", "--commit", "base").rc == store("shell", "--script=x").rc == store("shell").rc == 125


@pytest.mark.parametrize("script", ["exit 3", "kill -9 $$"])
def test_a_failure_rolls_back(store, lower, script):
    before = look(lower)
    for what in ("base", lower):
        r = shell(store, what, "--commit=new", "--", "/bin/sh", "-c", f"echo x > /made; rm -r /opt; {script}")
        assert r.rc in (3, 137) and "nothing was kept" in r.err, r
        assert store("inspect", "new").rc == 125
    assert look(lower) == before
    store("gc").ok()
    assert store.whole()["layers"] == 1


def test_of_a_directory(store, lower):
    """The directory stays what it is; the image has it as its lowest layer."""
    before = look(lower)
    shell(store, lower, "--commit", "new", "--", "/bin/sh", "-c", "echo x > /made").ok()
    assert look(lower) == before and (store.trees("new")[1] / "made").read_text() == "x\n"
    assert store.image("new")["layers"][0] == store.image("base")["layers"][0]
    assert [l["name"] for l in store.json("ls")] == ["base:latest", "new:latest"]


def test_create_image_ends_as_a_layer(store, lower, tmp):
    """--create_image is the same by its other name: of a directory or an image, and nothing is kept of a failure."""
    before = look(lower)
    (tmp / "s.sh").write_text("echo made > /made\n[ ! -e /fail ] || exit 3\n")
    create = lambda what, *args: toast.toast(f"--create_image={what}", "--store", store.path, *args)
    create(lower, f"--use_script={tmp}/s.sh", "--commit", "one").ok()
    assert look(lower) == before and (store.trees("one")[1] / "made").read_text() == "made\n"
    create("one", "--commit=two", "--", "/bin/sh", "-c", "echo x > /fail").ok()
    assert store.image("two")["layers"][:-1] == store.image("one")["layers"]
    r = create("two", f"--use_script={tmp}/s.sh", "--commit", "three")
    assert r.rc == 3 and "nothing was kept" in r.err and "it keeps" not in r.err, r
    assert str(store.path) not in r.err, "the user did not name what is in the store"
    assert store("inspect", "three").rc == 125
    r = create(lower, "--", "/bin/true")
    assert r.rc == 125 and "--store belongs to --commit" in r.err and look(lower) == before
    assert [l["name"] for l in store.json("ls")] == ["base:latest", "one:latest", "two:latest"]
    assert store.whole()["partials"] == 0


def test_an_interactive_shell_ends_as_a_layer(store, lower):
    term = Terminal(f"--create_image={lower}", "--store", store.path, "--commit", "new")
    try:
        term.expect("Root shell in " + str(lower), 20)
        term.send("echo x > /made; exit 0\n")
        assert term.wait(20) == 0
    finally:
        term.close()
    assert (store.trees("new")[1] / "made").read_text() == "x\n"


@pytest.mark.slow(seconds=300)
def test_a_thousand_images(store):
    """ls, fsck and gc of 1000 images and 10000 layers do what they should; the times are printed, not judged."""
    took = {}
    for images, layers in ((500, 5000), (1000, 10000)):
        fill(store, images, layers)
        for what in (["ls", "--json"], ["fsck"], ["gc"]):
            best = 9.9
            for _ in range(3):
                began = time.monotonic()
                r = store(*what, timeout=60).ok()
                best = min(best, time.monotonic() - began)
            took[what[0], layers] = best
            if what[0] == "ls":
                assert len(json.loads(r.out)) == images + 1
        assert len(os.listdir(store.path / "layers")) == layers + 1
        for i in range(0, images, 2):
            (store.path / "names" / f"i{i}:latest").unlink()
        began = time.monotonic()
        assert store.json("gc")["images"] == images // 2
        took["gc of half", layers] = time.monotonic() - began
        assert store.json("fsck")["bad"] == 0
    print({f"{k[0]} {k[1]}": round(v, 4) for k, v in took.items()})
