# SPDX-License-Identifier: BSD-3-Clause
"""Class 14: the host reads what a jail wrote, and that is a link, a pipe, a device or has no end.

`--copy_out` and `--copy_in`: no link of the jail is followed, nothing but files and directories is opened,
what is copied is bounded, and a host file is never written through what the jail made.
"""
import os
import shutil
import subprocess
import threading
import time

import pytest

import toast
from toast import run


@pytest.fixture
def out(own_root, canary, tmp):
    """out(SCRIPT, FROM, OPTIONS...): run it in a root that has the canary bound at /data; what came of FROM, or None."""
    (tmp / "got").mkdir()

    def go(script, what="/out", *opts, timeout=20, **kw):
        shutil.rmtree(tmp / "got")
        (tmp / "got").mkdir()
        r = run("-c", own_root, "--discard", "-R", f"{canary.path}:/opt", "--copy_limit", "1M", *opts, "--copy_out",
                f"{what}:{tmp}/got/x", "--", "/bin/sh", "-c", script, timeout=timeout, **kw)
        assert not canary.touched(), r
        left = sorted(os.listdir(tmp / "got"))
        assert left in ([], ["x"]), left  # nothing half-way is left either
        assert r.rc == (0 if left else 125), r
        return (tmp / "got" / "x") if left else None

    return go


LINKS = {
    "to a file outside": "ln -s {secret} /out",
    "to a file that the jail sees": "ln -s /opt/secret /out",
    "relative, upwards": "ln -s ../../../../../../../../{secret} /out",
    "through proc": "ln -s /proc/1/root{secret} /out",
    "dangling": "ln -s /nowhere /out",
}


@pytest.mark.parametrize("kind", LINKS)
def test_link(out, canary, kind):
    assert out(LINKS[kind].format(secret=canary.path / "secret")) is None


@pytest.mark.parametrize("to", ["{canary}", "/opt", "..{canary}", "/proc/self/cwd", "/"])
def test_link_on_the_way(out, canary, to):
    """FROM is below a directory that the jail replaced by a link."""
    assert out(f"mkdir /d; rm -rf /d; ln -s {to.format(canary=canary.path)} /d", "/d/secret") is None
    assert out(f"mkdir -p /a/b; rm -rf /a/b; ln -s {to.format(canary=canary.path)} /a/b", "/a/b/secret") is None


def test_dots(out, canary):
    for path in (f"/../../../../../../../..{canary.path}/secret", "/..", f"/tmp/../..{canary.path}/secret"):
        assert out("true", path) is None


def test_links_in_a_directory(out, canary):
    got = out(f"mkdir -p /out/d; ln -s {canary.path}/secret /out/a; ln -s {canary.path} /out/d/b; echo ok > /out/c")
    assert sorted(os.listdir(got)) == ["c", "d"] and os.listdir(got / "d") == []


@pytest.mark.parametrize("make", ["mkfifo /out", "mkdir /out; mkfifo /out/f; echo > /out/g"])
def test_pipe(out, make):
    """Opened, it would hold us until somebody writes."""
    began = time.monotonic()
    got = out(f"busybox {make}")
    assert got is None or os.listdir(got) == ["g"]
    assert time.monotonic() - began < 10


@pytest.mark.modes("root")
@pytest.mark.parametrize("device", ["c 1 5", "c 1 8", "b 7 0"])
def test_device(out, own_root, device):
    """One that the image has."""
    os.mknod(own_root / "device", 0o666 | (0o60000 if device[0] == "b" else 0o20000),
             os.makedev(*map(int, device.split()[1:])))
    assert out("true", "/device") is None


def test_huge(out):
    """Sparse, of many terabytes; and really large."""
    assert out("dd if=/dev/zero of=/out bs=1 count=1 seek=8000000000000 2>/dev/null; true", "/out", timeout=10) is None
    assert out("head -c 1048577 /dev/zero > /out") is None
    assert out("head -c 1048576 /dev/zero > /out").stat().st_size == 1 << 20
    assert out("mkdir /out; for i in 1 2 3 4 5; do head -c 300000 /dev/zero > /out/$i; done") is None


def test_deep(out):
    assert out("mkdir /out; cd /out; i=0; while [ $i -lt 200 ]; do mkdir d && cd d || exit 9; i=$((i+1)); done") is None


def test_modes_are_tamed(out):
    got = out("echo > /out; chmod 6777 /out")
    assert got.stat().st_mode & 0o7777 == 0o777


def test_destination_is_a_link(out, tmp, canary):
    """What is at PATH is replaced, not written through."""
    (tmp / "got" / "x").symlink_to(canary.path / "secret")
    r = run("-c", "/", "--discard", "-T", "/mnt", "--copy_out", f"/mnt/o:{tmp}/got/x", "--", "/bin/sh", "-c", "echo y > /mnt/o")
    assert r.rc == 0 or "cannot be a layer" in r.err, r  # the host's / may have mounts in it
    assert not canary.touched()


@pytest.mark.parametrize("dst", ["/vol/in", "/vol/x/y", "/etc/f"])
@pytest.mark.parametrize("way", ["absolute", "dots"])
def test_copy_in_through_links(own_root, canary, tmp, dst, way):
    """Class 3: the root's own paths are links; /work is a directory of the host that the jail may write to."""
    to = str(canary.path) if way == "absolute" else "../" * 40 + str(canary.path)[1:]
    (own_root / "vol").symlink_to(to)
    (own_root / "etc" / "f").symlink_to(to + "/secret")
    (tmp / "in").write_text("overwritten")
    r = run("-c", own_root, "--discard", "--copy_in", f"{tmp}/in:{dst}", "-B", f"{canary.path}:/opt", "--", "/bin/true")
    assert not canary.touched() and r.rc in (0, 125), r
    (own_root / "vol").unlink()
    (own_root / "vol").symlink_to("/opt")
    r = run("-c", own_root, "--discard", "--copy_in", f"{tmp}/in:{dst}", "-B", f"{canary.path}:/opt", "--", "/bin/true")
    assert not canary.touched() and r.rc in (0, 125), r


def test_copy_in_while_swapped(own_root, canary, tmp, compile_c):
    """Class 4: the directory in the layer is swapped for a link to the canary meanwhile, 100,000 times a second."""
    (own_root / "vol").mkdir()
    (own_root / "other").symlink_to("/opt")
    (tmp / "in").write_text("overwritten")
    p = subprocess.Popen([compile_c("attack/swap.c"), own_root / "vol", own_root / "other"], stdout=subprocess.PIPE)
    p.stdout.readline()
    try:
        for _ in range(60):
            r = run("-c", own_root, "--discard", "--copy_in", f"{tmp}/in:/vol/in", "-B", f"{canary.path}:/opt", "--copy_out",
                    f"/vol/secret:{tmp}/got", "--", "/bin/true")
            assert not canary.touched() and not (tmp / "got").exists(), r
            assert r.rc in (0, 125), r
    finally:
        p.kill()
        p.wait()
        p.stdout.close()


def test_disposable_root_of_links(own_root, canary, tmp):
    """Class 3 for the root itself: its entries are links, mount targets among them are made in the upper layer."""
    for name in ("mnt", "opt", "var"):
        (own_root / name).rmdir()
        (own_root / name).symlink_to(canary.path)
    r = run("-c", own_root, "--discard", "-T", "/mnt/made", "-R", "/etc:/opt/etc", "--file", "/var/new:text", "--", "/bin/true")
    assert not canary.touched() and r.rc in (0, 125), r


def test_hostile_upper_is_read_and_removed(own_root, canary, tmp):
    """What the launcher does with the upper layer when the jail is gone: --diff, removal."""
    (tmp / "up").mkdir()
    os.chmod(tmp / "up", 0o777)
    r = run("-c", own_root, "--discard", "--upper", f"dir:{tmp}/up", "--diff", tmp / "d", "--", "/bin/sh", "-c",
            f"ln -s {canary.path} /a; mkdir /e; ln -s {canary.path}/sub /e/f; rm -r /etc; ln -s {canary.path} /etc; busybox mkfifo /p")
    assert r.rc == 0 and not canary.touched() and os.listdir(tmp / "up") == [], r
    assert "secret" not in (tmp / "d").read_text()


def naive_copy(root, path, to):
    """What a caller without care does: it opens the name below the root."""
    with open(f"{root}{path}", "rb") as f, open(to, "wb") as g:
        shutil.copyfileobj(f, g)


def test_detects_broken(own_root, canary, tmp):
    """The same links lead a naive reader of a kept layer to the canary, and a pipe holds it."""
    r = run("-c", own_root, "--keep", tmp / "k", "--", "/bin/sh", "-c", f"ln -s {canary.path}/secret /out; busybox mkfifo /p")
    assert r.rc == 0, r
    naive_copy(tmp / "k" / "upper", "/out", tmp / "got")
    assert "canary's secret" in (tmp / "got").read_text()
    t = threading.Thread(target=naive_copy, args=(tmp / "k" / "upper", "/p", tmp / "got2"), daemon=True)
    t.start()
    t.join(0.3)
    assert t.is_alive()
    with open(tmp / "k" / "upper" / "p", "wb"):  # let it go
        pass
    t.join(5)
