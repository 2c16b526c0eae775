# SPDX-License-Identifier: BSD-3-Clause
"""Images with other ids inside where mounts cannot have them: copies of the layers in the store."""
import os
import random
import stat
import struct
import subprocess
import time

import pytest

import toast
from images import Store, directory, entry, link, oci, tar
from toast import run

pytestmark = pytest.mark.modes("root")

IDS = "0:100000:1000"
NOBODY = 2**32 - 2
CAPS2 = struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0)  # revision 2: cap_net_bind_service, effective
CAPS3 = struct.pack("<6I", 0x03000000, 1 << 10, 0, 0, 0, 7)  # revision 3: for the namespace whose root is 7


def acl(*entries):
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries)


ACL = acl((1, 7, 2**32 - 1), (2, 5, 9), (4, 4, 2**32 - 1), (8, 6, 11), (8, 7, 5000), (0x10, 7, 2**32 - 1), (0x20, 4, 2**32 - 1))


@pytest.fixture
def store(tmp):
    return Store(tmp / "store")


@pytest.fixture
def image(store, tmp, own_root):
    """Two layers: a root, and changes with all that owners are a part of."""
    busybox = open("/bin/busybox", "rb").read()
    low = tar(directory("./"), directory("bin", uid=0), entry("bin/busybox", busybox, mode=0o755), link("bin/sh", "bin/busybox", hard=True),
              *[link(f"bin/{n}", "busybox") for n in ("ls", "cat", "id")],
              directory("etc"), entry("etc/gone", b"x"), directory("old"), entry("old/f", b"x"), *map(directory, ("proc", "dev", "tmp")))
    top = tar(directory("etc"), entry("etc/.wh.gone", b""), directory("old", uid=3, gid=4), entry("old/.wh..wh..opq", b""),
              entry("old/new", b"new", uid=3, gid=4, mode=0o640), entry("suid", b"#!", uid=5, gid=6, mode=0o6755),
              link("suid2", "suid", hard=True), entry("stranger", b"#!", uid=2000, gid=6, mode=0o6755),
              link("out", "../../../../etc/shadow", uid=7, gid=8), entry("pipe", type=b"6", mode=0o2600, uid=1, gid=2))
    store("import", oci(tmp / "o", [low, top]), "x").ok()
    t = store.trees("x")[1]
    os.setxattr(t / "suid", "security.capability", CAPS2)
    os.setxattr(t / "stranger", "security.capability", CAPS2)
    os.setxattr(t / "old/new", "security.capability", CAPS3)
    os.setxattr(t / "old/new", "system.posix_acl_access", ACL)
    return store


def jail(store, *args, api="old", ids=IDS):
    return run("--store", store.path, "--image", "x", "-u", ids, "-g", ids, f"--experimental_mnt={api}", *args)


def copies(store):
    return [next(iter(t.parent.glob("ids.*")), None) for t in store.trees("x")]


SEES = "ls -lan / /old /etc /bin | grep -v -e ' \\.\\.*$' -e ' proc$' -e ' dev$' -e ' tmp$' -e total -e stranger; cat /old/new"


def test_files_have_the_images_ids(image):
    """With copies a jail sees what it sees with mounts, and the layers stay as they are."""
    def seen(text):  # of the root directory itself it is the overlay's time and size
        return [" ".join(l.split()) for l in text.splitlines()]

    mounts = jail(image, "--", "/bin/sh", "-c", SEES, api="new").ok()
    assert copies(image) == [None, None]
    before = [(p, os.lstat(p).st_uid, os.lstat(p).st_ctime_ns) for t in image.trees("x") for p in t.rglob("*")]
    for _ in range(2):
        r = jail(image, "--", "/bin/sh", "-c", SEES).ok()
        assert seen(r.out) == seen(mounts.out), (r, mounts)
        assert "0 of 2 layers copied" in image("shift", "x", IDS, IDS).ok().out and all(copies(image))
    assert before == [(p, os.lstat(p).st_uid, os.lstat(p).st_ctime_ns) for t in image.trees("x") for p in t.rglob("*")]
    image.whole()
    image("rm", "x").ok()
    image("gc").ok()
    assert os.listdir(image.path / "layers") == [], "copies go with their layer"


def test_owners_bits_and_attributes(image):
    jail(image, "--", "/bin/sh", "-c", "true").ok()
    low, top = copies(image)
    st = {n: os.lstat(top / n) for n in ("old", "old/new", "suid", "suid2", "stranger", "out", "pipe", "etc")}
    assert {n: (s.st_uid, s.st_gid) for n, s in st.items()} == {
        "old": (100003, 100004), "old/new": (100003, 100004), "suid": (100005, 100006), "suid2": (100005, 100006),
        "stranger": (NOBODY, 100006), "out": (100007, 100008), "pipe": (100001, 100002), "etc": (100000, 100000)}
    assert st["suid"].st_ino == st["suid2"].st_ino and st["suid"].st_mode & 0o7777 == 0o6755
    assert st["stranger"].st_mode & 0o7777 == 0o755, "set-id bits of somebody who is not in the map"
    assert st["pipe"].st_mode & 0o7777 == 0o2600 and os.readlink(top / "out") == "../../../../etc/shadow"
    assert os.getxattr(top / "suid", "security.capability") == struct.pack("<6I", 0x03000001, 1 << 10, 0, 0, 0, 100000)
    assert os.getxattr(top / "old/new", "security.capability") == struct.pack("<6I", 0x03000000, 1 << 10, 0, 0, 0, 100007)
    assert "security.capability" not in os.listxattr(top / "stranger")
    assert os.getxattr(top / "old/new", "system.posix_acl_access") == acl(
        (1, 7, 2**32 - 1), (2, 5, 100009), (4, 4, 2**32 - 1), (8, 6, 100011), (8, 7, NOBODY), (0x10, 7, 2**32 - 1), (0x20, 4, 2**32 - 1))
    assert os.getxattr(top / "old", "user.overlay.opaque") == b"y" and stat.S_ISCHR(os.lstat(top / "etc/gone").st_mode)


def test_where_the_file_system_cannot(image, tmp):
    """The store lies on an overlay, which cannot be mounted with other ids; the layer has no deletions, which it cannot hold."""
    script = (f"cd {tmp}; mkdir l u w m; mount -t overlay -o lowerdir=l,upperdir=u,workdir=w none m || exit 99; "
              f"T={toast.BIN}; $T image export --format tar --store {image.path} x flat.tar; $T image import --store m/s flat.tar y >&2 || exit 98; "
              f"for i in 1 2; do $T run --store m/s --image y -u {IDS} -g {IDS} -- /bin/sh -c 'ls -lan /suid; cat /old/new'; ls m/s/layers/*; done; "
              f"$T image fsck --store m/s; $T run --store m/s --image y -u {IDS} -g {IDS} --upper dir:{tmp} --commit z -- /bin/sh -c true")
    p = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script], capture_output=True, text=True, timeout=60)
    assert p.stdout.count(" 5 ") >= 2 and p.stdout.count("new") == 2 and p.stdout.count(f"ids.{IDS}.{IDS}") == 2, p
    assert " 0 damaged" in p.stdout and p.returncode == 125 and "cannot have other ids" in p.stderr, p


def test_refused(image, tmp):
    r = jail(image, "--commit", "y", "--upper", f"dir:{tmp}", "--", "/bin/sh", "-c", "true")
    assert r.rc == 125 and "cannot have other ids" in r.errors()[0], r
    for ids in ("", "0:1", "0:1:0", "x:1:2", "0:1:2:3", "4294967295:0:2", "0:4294967290:10", "0:1:99999999999", "-1:0:1"):
        r = image("shift", "x", ids, IDS)
        assert r.rc == 125, r
    many = ",".join(f"{i}:{100000 + i}:1" for i in range(20))
    r = image("shift", "x", many, many)
    assert r.rc == 125 and "too many" in r.err, r
    assert copies(image) == [None, None]


def test_maps_have_their_own_copies(image):
    for ids, owner in ((IDS, 100005), ("0:300000:1000", 300005), ("5:100000:1", 100000)):
        r = jail(image, "--", "/bin/sh", "-c", "ls -n /suid", ids=ids).ok()
        assert r.out.split()[2] == "5", r
        [c] = image.trees("x")[1].parent.glob(f"ids.{ids}.*")
        assert (c / "suid").stat().st_uid == owner


def test_damage_is_found(image):
    jail(image, "--", "/bin/sh", "-c", "true").ok()
    (copies(image)[1] / "old/new").unlink()
    r = image("fsck")
    assert r.rc == 125 and "is not complete" in r.err, r


def test_killed_while_copying(image):
    """SIGKILL at random points: no half of a copy is ever used, and gc takes away what is left."""
    began = time.monotonic()
    image("shift", "x", IDS, IDS).ok()
    takes = time.monotonic() - began
    rng, killed = random.Random(3), 0
    for i in range(60 if os.environ.get("TOASTAINER_TEST_SLOW") else 8):
        ids = f"0:{100000 * (i + 2)}:1000"
        p = toast.start(["image", "shift", "--store", image.path, "x", ids, ids], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0, takes))
        p.kill()
        p.wait()
        killed += p.returncode == -9
        assert image.json("fsck")["bad"] == 0, i
    assert killed
    image("gc").ok()
    assert image.whole()["partials"] == 0 and os.listdir(image.path / "tmp") == []
