# SPDX-License-Identifier: BSD-3-Clause
"""Image files as roots: squashfs and erofs (run --image ./FILE)."""
import json
import os
import shutil
import subprocess

import pytest

import toast
from toast import run

FORMATS = ["squashfs", "erofs"]
TOOLS = {"squashfs": "mksquashfs", "erofs": "mkfs.erofs"}


def pack(directory, path, kind):
    tool = shutil.which(TOOLS[kind])
    if not tool:
        pytest.skip(f"{TOOLS[kind]} is not installed")
    words = [directory, path, "-noappend", "-quiet", "-no-progress"] if kind == "squashfs" else [path, directory]
    subprocess.run([tool, *words], check=True, capture_output=True)
    return path


def kernel_has(kind):
    return any(l.split()[-1:] == [kind] for l in open("/proc/filesystems"))


@pytest.fixture(scope="session")
def packed(base, make_root):
    """packed(kind): an image file of a root; it is made once."""
    d = make_root()
    (d / "etc" / "f").write_text("old\n")
    (d / "etc" / "gone").write_text("old\n")
    made = {}

    def get(kind):
        if kind not in made:
            made[kind] = pack(d, base / f"image.{kind}", kind)
        return made[kind]
    return get


@pytest.fixture(params=FORMATS)
def mounted(request, packed):
    """An image file that the kernel mounts for us."""
    if not kernel_has(request.param):
        pytest.skip(f"this kernel has no {request.param}")
    if request.param == "squashfs" and not os.path.exists("/dev/loop-control"):
        pytest.skip("no loop devices")
    return packed(request.param)


def loops(path):
    """Loop devices that are bound to a file."""
    inode = os.stat(path).st_ino
    found = []
    for d in os.listdir("/sys/block"):
        back = toast.read(f"/sys/block/{d}/loop/backing_file").decode().strip()
        if back and os.path.exists(back) and os.stat(back).st_ino == inode:
            found.append(d)
    return found


def lines(path):
    return {j["path"]: j for j in map(json.loads, path.read_text().splitlines())}


@pytest.mark.modes("root")
def test_root(mounted, tmp):
    kind = mounted.suffix[1:]
    before = mounted.read_bytes()
    r = run("--image", mounted, "--diff", tmp / "d", "--result_json", tmp / "r", "--", "/bin/sh", "-c",
            "cat /etc/f; echo new > /etc/f; rm /etc/gone; id -u; cat /proc/self/mountinfo")
    assert r.rc == 0 and r.out.split()[:2] == ["old", "0"], r
    kind_of_root, flags = toast.mounts(r.out)["/"]
    assert kind_of_root == "overlay" and {"nosuid", "nodev"} <= flags
    assert {p: j["change"] for p, j in lines(tmp / "d").items()} == {"/etc/f": "changed", "/etc/gone": "deleted"}
    told = json.loads((tmp / "r").read_text())["root"]
    ways = ["loop"] if kind == "squashfs" else ["file", "loop"]
    assert told.pop("mounted") in ways
    assert told == {"upper": "tmpfs", "kept": False, "layers": 1, "image": kind}
    assert mounted.read_bytes() == before
    assert toast.wait_for(lambda: not loops(mounted)), "a loop device is left"


@pytest.mark.modes("root")
def test_kept_layer_and_own_limits(mounted, tmp):
    for n in ("1", "2"):
        r = run("--image", mounted, "--keep", tmp / "k", "--", "/bin/sh", "-c", "echo >> /etc/g; wc -l < /etc/g; rm -f /etc/gone; ls /etc/gone")
        assert r.out.split() == [n], r
    r = run("--image", mounted, "--disk_limit", "64k", "--", "/bin/sh", "-c", "head -c 200000 /dev/zero > /big; wc -c < /big")
    assert int(r.out) < 66000 and "limits touched: disk" in r.err, r


@pytest.mark.modes("root")
def test_other_ids(mounted):
    r = run("--image", mounted, "-u", "0:100000:1000", "-g", "0:100000:1000", "--", "/bin/sh", "-c",
            "ls -ln /etc/f | tr -s ' ' | cut -d' ' -f3,4; echo new > /etc/f && cat /etc/f")
    assert r.out.split() == ["0", "0", "new"], r


@pytest.mark.modes("root")
def test_each_jail_starts_afresh(mounted):
    r = run("-Mr", "--rerun_count", "3", "--rerun_delay", "0", "--image", mounted, "--", "/bin/sh", "-c", "ls /x; echo > /x; cat /etc/f")
    assert r.out.split() == ["old"] * 3 and r.err.count("/x: No such file") == 3, r
    assert toast.wait_for(lambda: not loops(mounted))


@pytest.mark.modes("root")
def test_killed_launcher_leaves_nothing(mounted):
    with toast.running("run", "--image", mounted, "--", "/bin/sh", "-c", "echo on; sleep 100") as p:
        assert p.stdout.readline() == b"on\n"
        if mounted.suffix == ".squashfs":
            assert len(loops(mounted)) == 1  # or the next line shows nothing
        assert str(mounted) not in toast.read("/proc/self/mountinfo").decode()
        p.kill()
        p.wait()
    assert toast.wait_for(lambda: not loops(mounted)), "a loop device is left"


@pytest.mark.modes("root")
def test_damaged(mounted, tmp):
    """What the kernel does not take is an error that names the file; nothing is left of the attempt."""
    bad = tmp / mounted.name
    whole = mounted.read_bytes()
    for cut in (whole[:1028], whole[:1028] + b"\xff" * 3000):
        bad.write_bytes(cut)
        r = run("--image", bad, "--", "/bin/true")
        assert r.rc == 125 and str(bad) in r.errors()[0] and "damaged" in r.hints()[0], r
        assert toast.wait_for(lambda: not loops(bad))


def test_no_image(packed, tmp):
    (tmp / "text").write_text("no image\n" * 1000)
    os.mkfifo(tmp / "fifo")
    for path, why in ((tmp / "none", "No such file"), (tmp / "text", "neither"), (tmp, "neither"), (tmp / "fifo", "neither")):
        r = run("--image", path, "--", "/bin/true")
        assert r.rc == 125 and why in r.errors()[0] and str(path) in r.errors()[0], r
    r = run("--store", tmp, "--image", "./text", "--", "/bin/true", cwd=tmp)
    assert "neither" in r.errors()[0], r


@pytest.mark.modes("root")
def test_commit_is_for_the_store(mounted):
    r = run("--image", mounted, "--commit", "x", "--", "/bin/true")
    assert r.rc == 125 and "is a file" in r.errors()[0] and "import" in r.hints()[0], r
