# SPDX-License-Identifier: BSD-3-Clause
"""Image files as roots: squashfs and erofs (run --image ./FILE); roots put together by fuse-overlayfs."""
import json
import os
import pathlib
import shutil
import signal
import subprocess

import pytest

import images
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


@pytest.mark.modes("root")
@pytest.mark.parametrize("kind", FORMATS)
def test_in_and_out_of_a_store(packed, tmp, kind):
    """A file becomes an image, and the image a file that runs; no loop device or half a file is left."""
    if not kernel_has(kind):
        pytest.skip(f"this kernel has no {kind}")
    def image(*args):
        return toast.toast("image", args[0], "--store", tmp / "store", *args[1:], timeout=60)

    image("import", packed(kind), "one").ok()
    layer = json.loads(image("inspect", "--json", "one").ok().out)["layers"]
    out = tmp / f"out.{kind}"
    image("export", "one", out).ok()
    r = run("--image", out, "--", "/bin/sh", "-c", "cat /etc/f; ls -ln /etc/f | tr -s ' ' | cut -d' ' -f3; echo new > /etc/f")
    assert r.rc == 0 and r.out.split() == ["old", "0"], r
    image("import", out, "two").ok()
    assert json.loads(image("inspect", "--json", "two").ok().out)["layers"] == layer  # not a byte differs
    r = image("export", "one", out)
    assert r.rc == 125 and "there already" in r.errors()[0], r
    assert sorted(os.listdir(tmp)) == [f"out.{kind}", "store"]
    assert toast.wait_for(lambda: not loops(out) and not loops(packed(kind)))
    image("fsck").ok()
    bad = tmp / "bad"
    bad.write_bytes(out.read_bytes()[:1028] + b"\xff" * 3000)
    r = image("import", bad, "bad")
    assert r.rc == 125 and "damaged" in r.hints()[0], r
    r = image("export", "--format", kind, "one", tmp / "no" / "where")
    assert r.rc == 125, r


# ---- for users: by FUSE

# The device that every user may open, as on usual machines, in a mount namespace of the test's own.
AS_USER = """
mount -t tmpfs -o mode=755,dev none "$DIR" && mknod -m "$MODE" "$DIR/fuse" c 10 229 && mount --bind "$DIR/fuse" /dev/fuse || exit 77
for f in $WHAT; do [ -z "$BY" ] || [ ! -e $f ] || mount --bind "$BY" $f || exit 77; done
exec setpriv --reuid 1000 --regid 1000 --clear-groups "$@"
"""


@pytest.fixture
def as_user(base, tmp):
    """as_user(ARGS..., mode=, by=, what=, before=): start `toastainer run` as an ordinary user with a /dev/fuse."""
    if not os.path.exists("/dev/fuse"):
        pytest.skip("no /dev/fuse here")
    program = base / "toastainer-for-users"
    if not program.exists():
        shutil.copy(toast.BIN, program)
    os.chmod(tmp, 0o777)
    dev = tmp / "dev"
    dev.mkdir()

    def start(*args, mode="666", by="", what="/usr/bin/squashfuse /usr/bin/squashfuse_ll", before=()):
        env = {**os.environ, "DIR": str(dev), "MODE": mode, "BY": os.fspath(by), "WHAT": what}
        words = ["unshare", "-m", "sh", "-c", AS_USER, "sh", *before, program, "run", *args]
        return subprocess.Popen(list(map(os.fspath, words)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)

    return start


@pytest.fixture
def served(packed):
    if not shutil.which("squashfuse"):
        pytest.skip("squashfuse is not installed")
    return packed("squashfs")


def servers(pid, names=("squashfuse", "fuse-overlayfs")):
    """Processes below one with these names: what serves a file system."""
    below = {}
    for p in filter(str.isdigit, os.listdir("/proc")):
        stat = toast.read(f"/proc/{p}/stat").decode(errors="replace")
        if stat:
            name, rest = stat.partition("(")[2].rpartition(")")[::2]
            below.setdefault(int(rest.split()[1]), []).append((int(p), name))
    found, todo = [], [pid]
    while todo:
        for p, name in below.get(todo.pop(), []):
            todo.append(p)
            found += [p] * name.startswith(names)
    return found


@pytest.mark.modes("root")
def test_fuse(served, as_user, tmp):
    r = toast.finish(as_user("--image", served, "--result_json", tmp / "r", "--copy_out", f"/etc/f:{tmp}/f", "--", "/bin/sh", "-c",
                             "cat /etc/f; rm /etc/gone; ls /etc/gone; id -u; ls -ln /etc/f | tr -s ' ' | cut -d' ' -f3; sed -i s/old/new/ /etc/f"))
    assert r.rc == 0 and r.out.split() == ["old", "0", "0"], r
    assert json.loads((tmp / "r").read_text())["root"] == {"upper": "tmpfs", "kept": False, "layers": 1, "image": "squashfs", "mounted": "fuse"}
    assert (tmp / "f").read_text() == "new\n"
    for n in ("1", "2"):
        r = toast.finish(as_user("--image", served, "--keep", tmp / "k", "--", "/bin/sh", "-c", "echo >> /etc/g; wc -l < /etc/g"))
        assert r.out.split() == [n], r
    assert toast.wait_for(lambda: not toast.children()), "somebody is left"


@pytest.mark.modes("root")
def test_fuse_each_jail_its_own(served, as_user):
    r = toast.finish(as_user("-Mr", "--rerun_count", "2", "--rerun_delay", "0", "--image", served, "--", "/bin/sh", "-c",
                             "ls /x; echo > /x; cat /etc/f"))
    assert r.out.split() == ["old"] * 2 and r.err.count("/x: No such file") == 2, r


@pytest.mark.modes("root")
def test_fuse_server_is_confined_and_ends_with_the_launcher(served, as_user):
    p = as_user("--image", served, "--", "/bin/sh", "-c", "echo on; sleep 100")
    try:
        assert p.stdout.readline() == b"on\n"
        (server,) = servers(p.pid)
        status = dict(l.split(":\t", 1) for l in toast.read(f"/proc/{server}/status").decode().splitlines() if ":\t" in l)
        assert int(status["CapEff"], 16) == 0 and status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
        for ns in ("net", "pid", "mnt", "user", "ipc"):
            assert os.readlink(f"/proc/{server}/ns/{ns}") != os.readlink(f"/proc/self/ns/{ns}"), ns
        assert not set(os.listdir(f"/proc/{server}/root")) & {"home", "root", "var", "srv"}
        flags = toast.mounts(toast.read(f"/proc/{server}/mountinfo").decode())
        assert {"ro"} <= flags["/"][1] and {"ro"} <= flags["/usr"][1]
    finally:
        p.kill()
        p.communicate()
    assert toast.wait_for(lambda: not os.path.exists(f"/proc/{server}")), "what served the image is left"


@pytest.mark.modes("root")
def test_fuse_server_that_dies(served, as_user):
    """The jail ends with it."""
    p = as_user("--image", served, "--", "/bin/sh", "-c", "echo on; sleep 100")
    try:
        assert p.stdout.readline() == b"on\n"
        # Before that the program may die itself, of a page that cannot be read.
        assert toast.wait_for(lambda: any(b") S " in toast.read(f"/proc/{q}/stat") for q in servers(p.pid, ("sleep",))))
        (server,) = servers(p.pid)
        os.kill(server, signal.SIGKILL)
        r = toast.finish(p, timeout=20)
    finally:
        toast.kill_and_reap(p)
    assert r.rc == 125 and "serves image" in r.err, r
    assert toast.wait_for(lambda: all(state == "Z" for _, state, _ in toast.children())), "somebody is left"


@pytest.mark.slow
@pytest.mark.modes("root")
def test_fuse_server_that_does_not_answer(served, as_user, compile_c):
    """Not even a signal ends who waits for it; it cannot keep the jail alive."""
    p = as_user("--image", served, "--time_limit", "1", "--", "/bin/true", by=compile_c("programs/deaf_fuse.c"))
    r = toast.finish(p, timeout=15)
    assert r.rc not in (0, "timeout") and "time limit" in r.err, r
    assert toast.wait_for(lambda: all(state == "Z" for _, state, _ in toast.children())), "somebody is left"


@pytest.mark.modes("root")
def test_fuse_is_not_there(served, packed, as_user, tmp):
    r = toast.finish(as_user("--image", served, "--", "/bin/true", by="/dev/null"))
    assert r.rc == 125 and "squashfs: Operation not permitted" in r.errors()[0] and "squashfuse, which is not installed" in r.hints()[0], r
    r = toast.finish(as_user("--image", served, "--", "/bin/true", mode="600"))
    assert r.rc == 125 and "/dev/fuse" in r.errors()[0] and "0666" in r.hints()[0], r
    r = toast.finish(as_user("--image", served, "--diff", tmp / "d", "--", "/bin/true"))
    assert r.rc == 125 and "diff needs" in r.errors()[0], r
    bad = tmp / "bad"
    bad.write_bytes(served.read_bytes()[:96] + b"\xff" * 4000)
    r = toast.finish(as_user("--image", bad, "--", "/bin/true"))
    assert r.rc == 125 and str(bad) in r.errors()[-1] and "damaged" in r.hints()[-1], r


# ---- fuse-overlayfs

@pytest.fixture(scope="session")
def overlaid(base, make_root):
    """A directory of the user for whom as_user() starts jails."""
    if not shutil.which("fuse-overlayfs"):
        pytest.skip("fuse-overlayfs is not installed")
    d = make_root()
    (d / "etc" / "f").write_text("old\n")
    (d / "opt" / "deep").mkdir()
    (d / "opt" / "deep" / "x").write_text("x\n")
    subprocess.run(["chown", "-R", "1000:1000", d], check=True)
    return d


def looks(d):
    return sorted((str(p.relative_to(d)), p.lstat().st_mode, p.lstat().st_mtime_ns) for p in d.rglob("*"))


@pytest.mark.modes("root")
def test_overlay_by_fuse(overlaid, as_user, tmp):
    before = looks(overlaid)
    change = "cat /etc/f; echo new > /etc/f; cat /etc/f; rm -r /opt/deep; mkdir /opt/deep; ls -A /opt/deep; id -u; ls -ln /etc/f | tr -s ' ' | cut -d' ' -f3"
    r = toast.finish(as_user("-c", overlaid, "--discard", "--overlay", "fuse", "--result_json", tmp / "r", "--", "/bin/sh", "-c",
                             f"{change}; grep ' / ' /proc/mounts"))
    assert r.rc == 0 and r.out.split()[:4] == ["old", "new", "1000", "1000"] and " / fuse rw,nosuid,nodev" in r.out, r
    assert json.loads((tmp / "r").read_text())["root"] == {"upper": "tmpfs", "kept": False, "layers": 1, "overlay": "fuse"}
    assert looks(overlaid) == before
    for n in ("1", "2"):
        r = toast.finish(as_user("-c", overlaid, "--keep", tmp / "k", "--overlay", "fuse", "-u", "0", "-g", "0", "--", "/bin/sh", "-c",
                                 "echo >> /etc/g; wc -l < /etc/g; rm -rf /opt/deep; ls /opt"))
        assert r.rc == 0 and r.out.split() == [n], r
    r = toast.finish(as_user("-c", overlaid, "--disk_limit", "64k", "--discard", "--overlay", "fuse", "--", "/bin/sh", "-c",
                             "head -c 200000 /dev/zero > /etc/big; wc -c < /etc/big"))
    assert int(r.out) < 66000, r
    assert toast.wait_for(lambda: not toast.children()), "somebody is left"


@pytest.mark.modes("root")
def test_overlay_of_an_old_kernel(overlaid, as_user, tmp):
    """Before Linux 5.11 a user namespace may mount no overlay: fuse-overlayfs is taken unasked, if it is there."""
    args = ["-c", overlaid, "--discard", "--result_json", tmp / "r", "--", "/bin/cat", "/etc/f"]
    for prefix, by in (([], None), (["setarch", "--uname-2.6"], "fuse")):
        r = toast.finish(as_user(*args, before=prefix))
        assert r.rc == 0 and r.out == "old\n", r
        assert json.loads((tmp / "r").read_text())["root"].get("overlay") == by, prefix
    r = toast.finish(as_user("--overlay", "kernel", *args, before=["setarch", "--uname-2.6"]))
    assert r.rc == 0 and "overlay" not in json.loads((tmp / "r").read_text())["root"], r


@pytest.mark.modes("root")
def test_overlay_of_an_image(as_user, base, tmp):
    """Layers of a store, with what a layer deletes or hides."""
    if not shutil.which("fuse-overlayfs"):
        pytest.skip("fuse-overlayfs is not installed")
    bb = open("/bin/busybox", "rb").read()
    top = [images.directory(d) for d in ("bin", "etc", "gone", "old", "proc", "dev", "tmp")]
    first = images.tar(*top, images.entry("bin/sh", bb, mode=0o755), images.entry("bin/ls", bb, mode=0o755),
                       images.entry("gone/f", b"x"), images.entry("old/f", b"x"))
    second = images.tar(images.entry(".wh.gone", b""), images.directory("old"), images.entry("old/.wh..wh..opq", b""), images.entry("old/g", b"y"))
    layout = images.oci(tmp / "oci", [first, second])
    prefix = ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups"]
    store = tmp / "store"
    program = base / "build-for-users"
    if not program.exists():
        shutil.copytree(pathlib.Path(toast.BIN).parent, program, symlinks=True, ignore=lambda d, names: [n for n in names if n not in ("toastainer", "libexec", "toastainer-image")])
    subprocess.run([*prefix, program / "toastainer", "image", "import", "--store", store, layout, "two"], check=True, env={**os.environ, "HOME": str(tmp)})
    r = toast.finish(as_user("--store", store, "--image", "two", "--overlay", "fuse", "--result_json", tmp / "r", "--", "/bin/sh", "-c", "ls -d /gone; ls -A /old"))
    assert r.out.split() == ["g"] and "/gone: No such" in r.err, r
    assert json.loads((tmp / "r").read_text())["root"] == {"upper": "tmpfs", "kept": False, "layers": 2, "overlay": "fuse"}


@pytest.mark.modes("root")
def test_overlay_server_that_ends_with_the_jail(overlaid, as_user):
    """It may be seen to end before the jail is: of which it is no cause."""
    p = as_user("-c", overlaid, "--discard", "--overlay", "fuse", "--", "/bin/sh", "-c", "echo on; sleep 0.3; exit 7")
    try:
        assert p.stdout.readline() == b"on\n"
        os.kill(p.pid, signal.SIGSTOP)
        below = toast.read(f"/proc/{p.pid}/task/{p.pid}/children").decode().split()
        assert len(below) == 2 and toast.wait_for(lambda: all(b") Z " in toast.read(f"/proc/{q}/stat") for q in below))
        os.kill(p.pid, signal.SIGCONT)
        r = toast.finish(p)
    finally:
        toast.kill_and_reap(p)
    assert r.rc == 7, r


@pytest.mark.modes("root")
@pytest.mark.parametrize("sig", [signal.SIGKILL, signal.SIGTERM])
def test_overlay_server_that_dies(overlaid, as_user, sig):
    p = as_user("-c", overlaid, "--discard", "--overlay", "fuse", "--", "/bin/sh", "-c", "echo on; sleep 100")
    try:
        assert p.stdout.readline() == b"on\n"
        # Before that the program may die itself, of a page that cannot be read.
        assert toast.wait_for(lambda: any(b") S " in toast.read(f"/proc/{q}/stat") for q in servers(p.pid, ("sleep",))))
        (server,) = servers(p.pid)
        os.kill(server, sig)
        r = toast.finish(p, timeout=20)
    finally:
        toast.kill_and_reap(p)
    assert r.rc == 125 and "fuse-overlayfs has ended" in r.err, r


@pytest.mark.modes("root")
def test_overlay_by_fuse_refused(overlaid, as_user, tmp):
    args = ["-c", overlaid, "--overlay", "fuse"]
    for options, why in ((["--discard", "--diff", tmp / "d"], "diff"), (["--discard", "--copy_out", "/etc/f"], "copy_out"),
                         (["--upper", f"dir:{tmp}"], "in memory or kept"), (["--discard", "--disable_clone_newuser"], "user namespace")):
        r = toast.finish(as_user(*args, *options, "--", "/bin/true"))
        assert r.rc == 125 and "overlay: fuse" in r.errors()[0] and why in r.errors()[0], r
    r = toast.finish(as_user(*args, "--discard", "--", "/bin/true", by="/dev/null", what="/usr/bin/fuse-overlayfs"))
    assert r.rc == 125 and "not installed" in r.errors()[0], r
