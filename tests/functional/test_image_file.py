# SPDX-License-Identifier: BSD-3-Clause
"""Image files as roots: squashfs and erofs (run --image ./FILE)."""
import json
import os
import shutil
import signal
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


# ---- for users: by FUSE

# The device that every user may open, as on usual machines, in a mount namespace of the test's own.
AS_USER = """
mount -t tmpfs -o mode=755,dev none "$DIR" && mknod -m "$MODE" "$DIR/fuse" c 10 229 && mount --bind "$DIR/fuse" /dev/fuse || exit 77
for f in /usr/bin/squashfuse /usr/bin/squashfuse_ll; do [ -z "$BY" ] || [ ! -e $f ] || mount --bind "$BY" $f || exit 77; done
exec setpriv --reuid 1000 --regid 1000 --clear-groups "$@"
"""


@pytest.fixture
def as_user(base, tmp):
    """as_user(ARGS..., mode=, by=): start `toastainer run` as an ordinary user with a /dev/fuse."""
    if not os.path.exists("/dev/fuse"):
        pytest.skip("no /dev/fuse here")
    program = base / "toastainer-for-users"
    if not program.exists():
        shutil.copy(toast.BIN, program)
    os.chmod(tmp, 0o777)
    dev = tmp / "dev"
    dev.mkdir()

    def start(*args, mode="666", by=""):
        env = {**os.environ, "DIR": str(dev), "MODE": mode, "BY": os.fspath(by)}
        words = ["unshare", "-m", "sh", "-c", AS_USER, "sh", program, "run", *args]
        return subprocess.Popen(list(map(os.fspath, words)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)

    return start


@pytest.fixture
def served(packed):
    if not shutil.which("squashfuse"):
        pytest.skip("squashfuse is not installed")
    return packed("squashfs")


def servers(pid):
    """Processes below one that serve an image."""
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
            found += [p] * name.startswith("squashfuse")
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
