# SPDX-License-Identifier: BSD-3-Clause
"""A root of the jail's own (--discard, --keep, --upper), what it changed (--diff), files in and out."""
import json
import os
import pathlib
import re
import stat
import subprocess
import threading

import pytest

import toast
from toast import run

APIS = ["new", "old"]
privileged = pytest.mark.modes("root", "nested")


def lines(path):
    return {j["path"]: j for j in map(json.loads, path.read_text().splitlines())}


def snapshot(d):
    """Everything that a change in a directory would change."""
    return sorted((str(p.relative_to(d)), p.lstat().st_mode, p.lstat().st_mtime_ns, p.lstat().st_ino) for p in d.rglob("*"))


@pytest.fixture
def source(own_root):
    (own_root / "etc" / "f").write_text("old\n")
    (own_root / "etc" / "gone").write_text("old\n")
    (own_root / "opt" / "deep" / "er").mkdir(parents=True)
    (own_root / "opt" / "deep" / "er" / "x").write_text("x\n")
    return own_root


CHANGE = """
echo new > /etc/f && rm /etc/gone && mkdir /var/made && echo 12345 > /var/made/file && chmod 640 /var/made/file
ln -s f /etc/link && rm -r /opt/deep && mkdir /opt/deep && echo y > /opt/deep/y && cat /etc/f /opt/deep/y && ls -A /opt/deep
"""
CHANGES = {
    "/etc/f": ("changed", "file", 4), "/etc/gone": ("deleted", None, None), "/etc/link": ("added", "link", 1),
    "/var/made": ("added", "dir", 0), "/var/made/file": ("added", "file", 6),
    "/opt/deep": ("changed", "dir", 0), "/opt/deep/y": ("added", "file", 2),
}


def check_changes(path):
    found = lines(path)
    assert {p: (j["change"], j.get("type"), j.get("size")) for p, j in found.items()} == CHANGES
    assert found["/var/made/file"]["mode"] == "0640" and found["/opt/deep"]["replaced"] is True


# Before Linux 6.6 a tmpfs takes no attributes of users, and no directory of the layers can be removed then.
OLD_TMPFS = tuple(map(int, os.uname().release.split(".")[:2])) < (6, 6)


@pytest.mark.parametrize("api", APIS)
def test_discard(source, tmp, api):
    before = snapshot(source)
    if OLD_TMPFS:
        r = run("-c", source, "--discard", "--", "/bin/sh", "-c", "rm /etc/f; echo y > /etc/gone; cat /etc/gone; rm -r /opt/deep")
        assert r.out == "y\n" and "Input/output error" in r.err and "Linux 6.6" in r.err, r
        return
    for _ in range(2):  # the second finds nothing of the first
        r = run("-c", source, f"--experimental_mnt={api}", "--discard", "--diff", tmp / "d", "--result_json", tmp / "r",
                "--", "/bin/sh", "-c", CHANGE)
        assert r.rc == 0 and r.out.split() == ["new", "y", "y"], r
        check_changes(tmp / "d")
        assert json.loads((tmp / "r").read_text())["root"] == {"upper": "tmpfs", "kept": False, "layers": 1}
    assert snapshot(source) == before


@pytest.mark.parametrize("api", APIS)
def test_keep(source, tmp, api):
    before, kept = snapshot(source), tmp / "kept"
    args = ["-c", source, f"--experimental_mnt={api}", "--keep", kept]
    r = run(*args, "--diff", tmp / "d", "--result_json", tmp / "r", "--", "/bin/sh", "-c", CHANGE)
    assert r.rc == 0, r
    assert json.loads((tmp / "r").read_text())["root"] == {"upper": "dir", "kept": True, "layers": 1}
    check_changes(tmp / "d")
    r = run(*args, "--diff", tmp / "d", "--", "/bin/sh", "-c", "cat /etc/f; ls /etc/gone; ls -A /opt/deep")
    assert r.out.split() == ["new", "y"], r
    check_changes(tmp / "d")
    assert snapshot(source) == before
    assert (kept / "upper" / "etc" / "f").read_text() == "new\n"


def test_kept_layer_has_one_user(source, tmp):
    with toast.running("run", "-c", source, "--keep", tmp / "k", "--", "/bin/sh", "-c", "echo here; exec sleep 100") as p:
        p.stdout.readline()
        r = run("-c", source, "--keep", tmp / "k", "--", "/bin/true")
        assert r.rc == 125 and "is the layer of a jail that runs" in r.errors()[0], r
    assert run("-c", source, "--keep", tmp / "k", "--", "/bin/true").rc == 0


def test_directory_is_removed(source, tmp):
    """Whatever the program left in it: directories without rights, deep ones, odd names."""
    (tmp / "up").mkdir()
    script = """mkdir -p "/a b/c" /none/x; chmod 0 /none; i=0; cd /; while [ $i -lt 150 ]; do mkdir d && cd d || exit 9; i=$((i+1)); done
                touch -- "-rf" x; rm /etc/f"""
    r = run("-c", source, "--discard", "--upper", f"dir:{tmp}/up", "--result_json", tmp / "r", "--disk_limit", "1M",
            "--", "/bin/sh", "-c", script)
    j = json.loads((tmp / "r").read_text())
    assert r.rc == 0 and j["root"]["upper"] == "dir", r
    assert {"protection": "disk_limit", "state": "degraded"}.items() <= [
        p for p in j["receipt"] if p["protection"] == "disk_limit"][0].items()
    assert os.listdir(tmp / "up") == []
    r = run("-c", source, "--discard", "--upper", f"dir:{tmp}/up", "--disk_limit", "1M", "--require", "disk_limit", "--",
            "/bin/true")
    assert r.rc == 125 and "without a quota" in r.errors()[0], r


def test_killed_launchers_directory(source, tmp):
    (tmp / "up").mkdir()
    p = toast.start(["run", "-c", source, "--discard", "--upper", f"dir:{tmp}/up", "--", "/bin/sh", "-c",
                     "echo here; exec sleep 100"])
    p.stdout.readline()
    with toast.running("run", "-c", source, "--discard", "--upper", f"dir:{tmp}/up", "--", "/bin/sh", "-c",
                       "echo here; exec sleep 100") as other:
        other.stdout.readline()
        toast.kill_and_reap(p)
        assert len(os.listdir(tmp / "up")) == 2
        assert run("-c", source, "--discard", "--upper", f"dir:{tmp}/up", "--", "/bin/true").rc == 0
        assert len(os.listdir(tmp / "up")) == 1  # not that of the one that lives
    p.stdout.close()
    p.stderr.close()


def test_layers_are_private(source, tmp):
    """A program with set-user-ID that a jail left is not there for the users of the host."""
    (tmp / "open").mkdir(mode=0o755)
    r = run("-c", source, "--keep", tmp / "open", "--", "/bin/true")
    assert r.rc == 125 and "others may look" in r.errors()[0] and "chmod 700" in r.hints()[0], r
    assert run("-c", source, "--keep", tmp / "k", "--", "/bin/sh", "-c", "cp /bin/busybox /su; chmod 4755 /su").rc == 0
    assert (tmp / "k").stat().st_mode & 0o777 == 0o700
    (tmp / "up").mkdir()
    with toast.running("run", "-c", source, "--upper", f"dir:{tmp}/up", "--", "/bin/sh", "-c", "echo here; exec sleep 100") as p:
        p.stdout.readline()
        assert [d.stat().st_mode & 0o777 for d in (tmp / "up").iterdir()] == [0o700]


@pytest.mark.modes("root")
def test_directory_that_the_jails_user_may_not_search(source, tmp):
    (tmp / "up").mkdir(mode=0o700)
    r = run("-c", source, "-u", "0:100000:1", "-g", "0:100000:1", "--upper", f"dir:{tmp}/up", "--", "/bin/sh", "-c", "echo x > /x; cat /x")
    assert r.out == "x\n" and os.listdir(tmp / "up") == [], r


@pytest.mark.parametrize("upper", ["tmpfs", "dir"])
def test_rerun_and_listen_get_fresh_ones(source, tmp, upper):
    (tmp / "up").mkdir()
    args = ["--discard"] + (["--upper", f"dir:{tmp}/up"] if upper == "dir" else [])
    (tmp / "in").write_text("in\n")
    script = "ls /x; echo > /x; cat /opt/in; rm /opt/in"
    r = run("-Mr", "--rerun_count", "3", "--rerun_delay", "0", "-c", source, *args, "--copy_in", f"{tmp}/in:/opt/in", "--",
            "/bin/sh", "-c", script)
    assert r.out.split() == ["in"] * 3 and r.err.count("/x: No such file") == 3, r
    assert os.listdir(tmp / "up") == []


@pytest.mark.parametrize("options, why", [
    (["--discard"], "needs a root directory"),
    (["-c", "/", "--discard", "--keep", "/x"], "exclude each other"),
    (["-c", "/", "--diff", "/x"], "a root of the jail's own"),
    (["-c", "/", "--upper", "disk:/x"], "is not a place for a layer"),
    (["-c", "/", "--upper", "dir"], "is not a place for a layer"),
    (["-c", "/", "--upper", "tmpfs:/x"], "is not a place for a layer"),
    (["-c", "/", "--keep", "/x", "--upper", "dir:/y"], "is not a place for a layer"),
    (["-c", "/", "--discard", "-Me"], "needs a supervisor"),
    (["-c", "/", "--discard", "--disable_clone_newns"], "need a mount namespace"),
    (["-c", "/", "--copy_in", "/etc/hostname:/opt/x"], "is not on a file system of the jail's own"),
    (["-c", "/", "--discard", "-B", "/mnt", "--copy_in", "/etc/hostname:/mnt/x"], "is not on a file system of the jail's own"),
    (["-c", "/", "--discard", "--copy_in", ":x"], "is not said"),
    (["-c", "/", "--copy_out", "/tmp/"], "has no name"),
    (["-c", "/", "--copy_out", "/x", "--copy_limit", "much"], "is not a number of bytes"),
])
def test_refused(options, why):
    r = run(*options, "--", "/bin/true")
    assert r.rc == 125 and why in r.errors()[0], r


@pytest.mark.parametrize("api", APIS)
def test_limits(source, tmp, api):
    """The root's layer is full; the host has nothing of it, and the result says so."""
    args = ["-c", source, "--discard", f"--experimental_mnt={api}", "--result_json", tmp / "r"]
    r = run(*args, "--disk_limit", "1M", "--", "/bin/sh", "-c", "cat /dev/zero > /big; ls -l /big | awk '{print $5}' 2>&1; true")
    j = json.loads((tmp / "r").read_text())
    assert "No space left" in r.err and j["limits_hit"] == ["disk"] and 900_000 < j["disk_used_bytes"] <= 3 << 20, (r, j)
    r = run(*args, "--inode_limit", "20", "--", "/bin/sh", "-c", "i=0; while echo > /f$i; do i=$((i+1)); done; echo $i")
    j = json.loads((tmp / "r").read_text())
    assert "No space left" in r.err and j["limits_hit"] == ["inodes"] and 15 <= int(r.out) <= 21, (r, j)


def test_missing_targets_are_made_and_not_told(make_root, tmp):
    bare = make_root(dirs=())
    before = snapshot(bare)
    r = run("-c", bare, "--discard", "--diff", tmp / "d", "-T", "/made/deep", "--", "/bin/sh", "-c", "touch /made/deep/x /y")
    assert r.rc == 0, r
    assert list(lines(tmp / "d")) == ["/y"]
    assert snapshot(bare) == before


# ---- in and out

@pytest.mark.parametrize("api", APIS)
def test_copy_in(source, tmp, api):
    src = tmp / "src"
    (src / "sub" / "empty").mkdir(parents=True)
    (src / "sub" / "f").write_text("one\n")
    (src / "sub" / "f").chmod(0o4711)
    (src / "link").symlink_to("sub/f")
    (tmp / "big").write_bytes(os.urandom(1 << 20))
    r = run("-c", source, f"--experimental_mnt={api}", "--discard", "--copy_in", f"{src}:/new/dir", "--copy_in", f"{src}/sub/f:/etc/f",
            "--copy_in", f"{tmp}/big:/tmp/", "--", "/bin/sh", "-c",
            "cat /new/dir/link /etc/f; ls -ld /new/dir/sub/f /new/dir/sub/empty | cut -c1-10; cmp /tmp/big /tmp/big && ls -l /tmp/big | tr -s ' ' | cut -d' ' -f5; echo > /etc/f")
    assert r.out.split() == ["one", "one", "drwxr-xr-x", "-rwx--x--x", str(1 << 20)], r
    assert (source / "etc" / "f").read_text() == "old\n" and (src / "sub" / "f").read_text() == "one\n"


def test_copy_in_without_root_directory(tmp):
    (tmp / "f").write_text("in")
    r = run("-R", "/bin", "-R", "/lib", "--bindmount_ro_try", "/lib64", "-R", "/usr", "--copy_in", f"{tmp}/f:/data/f", "--",
            "/bin/sh", "-c", "cat /data/f; echo > /data/g")
    assert r.out == "in" and "Read-only" in r.err, r


def test_copy_in_of_what_is_no_file(source, tmp):
    os.mkfifo(tmp / "fifo")
    r = run("-c", source, "--discard", "--copy_in", f"{tmp}/fifo:/x", "--", "/bin/true", timeout=10)
    assert r.rc == 125 and "neither a file nor a directory" in r.errors()[0], r
    r = run("-c", source, "--discard", "--copy_in", f"{tmp}/missing:/x", "--", "/bin/true")
    assert r.rc == 125 and "missing" in r.errors()[0] and "No such file" in r.errors()[0], r


@pytest.mark.parametrize("end", ["", "kill -9 $$", "exit 3", "sleep 100"])
@pytest.mark.parametrize("where", ["/out", "/tmp/out", "/var/out"])
def test_copy_out_however_it_ended(source, tmp, where, end):
    (tmp / "there").write_text("before\n")
    limit = 0.5 * toast.SCALE if end.startswith("sleep") else 60
    r = run("-c", source, "--discard", "--timeout", str(limit), "--kill_grace", "0", "--copy_out", f"{where}:{tmp}/there", "--",
            "/bin/sh", "-c", f"echo result > {where}; {end}")
    assert (tmp / "there").read_text() == "result\n", r
    assert r.rc == {"": 0, "kill -9 $$": 137, "exit 3": 3, "sleep 100": 137}[end], r
    assert sorted(os.listdir(tmp)) == ["there"]


def test_copy_out_of_a_directory_and_by_its_name(source, tmp):
    r = run("-c", source, "--discard", "--copy_out", "/res", "--copy_out", f"/res/sub:{tmp}/sub2", "--", "/bin/sh", "-c",
            "mkdir -p /res/sub; echo 1 > /res/a; echo 2 > /res/sub/b; chmod 500 /res/sub; ln -s /etc/passwd /res/l", cwd=tmp)
    assert r.rc == 0 and "1 links, devices" in r.err, r
    assert (tmp / "res" / "a").read_text() == "1\n" and (tmp / "sub2" / "b").read_text() == "2\n"
    assert stat.S_IMODE((tmp / "res" / "sub").stat().st_mode) == 0o500 and not (tmp / "res" / "l").is_symlink()
    r = run("-c", source, "--discard", "--copy_out", "/res", "--", "/bin/sh", "-c", "mkdir /res", cwd=tmp)
    assert r.rc == 0 and (tmp / "res" / "res").is_dir(), r  # a directory that is there: into it


def test_copy_out_fails_alone(source, tmp):
    """One that cannot be made does not keep the others from being made; a success becomes a failure of ours."""
    r = run("-c", source, "--discard", "--result_json", tmp / "r", "--copy_out", f"/missing:{tmp}/m", "--copy_out",
            f"/there:{tmp}/t", "--", "/bin/sh", "-c", "echo x > /there")
    assert r.rc == 125 and "/missing" in r.errors()[0] and (tmp / "t").exists(), r
    assert json.loads((tmp / "r").read_text())["aftermath_errno"] == 2
    r = run("-c", source, "--discard", "--copy_out", f"/missing:{tmp}/m", "--", "/bin/sh", "-c", "exit 7")
    assert r.rc == 7, r


def test_copy_out_is_bounded(source, tmp):
    r = run("-c", source, "--discard", "--copy_limit", "100k", "--copy_out", f"/a:{tmp}/a", "--copy_out", f"/b:{tmp}/b",
            "--copy_out", f"/c:{tmp}/c", "--", "/bin/sh", "-c",
            "head -c 60000 /dev/zero > /a; head -c 60000 /dev/zero > /b; head -c 30000 /dev/zero > /c")
    assert r.rc == 125 and len(r.errors()) == 1 and "more than" in r.errors()[0], r
    assert sorted(os.listdir(tmp)) == ["a", "c"]


# ---- btrfs

@pytest.fixture
def on_btrfs(tmp):
    """on_btrfs(ARGS...): the program where tmp/vol is btrfs with quotas, on a loop device."""
    image, vol = tmp / "img", tmp / "vol"
    vol.mkdir()
    with open(image, "wb") as f:
        f.truncate(200 << 20)
    subprocess.run(["mkfs.btrfs", "-q", image], check=True)

    def go(script, quota=True):
        mount = f"mount -o loop {image} {vol} && " + (f"btrfs quota enable {vol}" if quota else "true")
        argv = ["unshare", "--mount", "--propagation", "private", "sh", "-c", f"{mount} || exit 99; {script}; s=$?; ls {vol}; exit $s"]
        return toast.finish(subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE))

    return go


@pytest.mark.slow
@pytest.mark.modes("root")
@pytest.mark.parametrize("kind", ["btrfs", "auto"])
def test_btrfs(source, tmp, on_btrfs, kind):
    cmd = f"{toast.BIN} run -c {source} --discard --upper {kind}:{tmp}/vol --disk_limit 8M --result_json {tmp}/r -- /bin/sh -c"
    r = on_btrfs(f"{cmd} 'rm /etc/gone; dd if=/dev/zero of=/big bs=64k count=300; sync; ls -l /big | tr -s \" \" | cut -d\" \" -f5'")
    j = json.loads((tmp / "r").read_text())
    assert j["root"]["upper"] == "btrfs" and j["limits_hit"] == ["disk"], (r, j)
    assert 6 << 20 < int(r.out.split()[0]) < 8 << 20 and r.out.split()[1:] == [], r  # and the subvolume is gone
    assert "quota" in r.err.lower() and 6 << 20 < j["disk_used_bytes"] < 10 << 20, (r, j)
    assert [p["state"] for p in j["receipt"] if p["protection"] == "disk_limit"] == ["enforced"]
    if kind == "btrfs":
        r = on_btrfs(f"btrfs quota disable {tmp}/vol; {cmd} true", quota=False)
        assert r.rc == 125 and "quotas must be on" in r.err, r


def test_many_at_once(source, tmp):
    """Jails of one directory see nothing of each other."""
    results = []

    def one(i):
        results.append(run("-c", source, "--discard", "--", "/bin/sh", "-c", f"echo {i} > /etc/f; sleep 0.3; cat /etc/f; ls / | grep -c own; touch /own{i}").out.split())

    threads = [threading.Thread(target=one, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(r[0] for r in results) == sorted(map(str, range(8))) and all(r[1] == "0" for r in results)


# ---- cp

@pytest.fixture
def named(source, tmp):
    """named(OPTIONS...): a jail with a name; cp(ARGS...) for it."""
    os.makedirs(tmp / "run", exist_ok=True)
    (tmp / "run").chmod(0o700)
    env = dict(os.environ, XDG_RUNTIME_DIR=str(tmp / "run"))
    started = []

    def go(script, *opts):
        p = toast.start(["run", "--name", f"cp{os.getpid()}", "-c", source, "--discard", *opts, "--", "/bin/sh", "-c",
                         f"{script}; echo ready; while [ ! -e /end ]; do sleep 0.05; done; cat /end /tmp/in 2>/dev/null; ls -ln /tmp"], env=env)
        assert p.stdout.readline() == b"ready\n", p.stderr.read()
        started.append(p)
        return lambda *a: toast.toast("cp", *[str(x).replace("J:", f"cp{os.getpid()}:") for x in a], env=env)

    yield go
    for p in started:
        toast.kill_and_reap(p)
        p.stdout.close()
        p.stderr.close()


@pytest.mark.parametrize("ids", ["own", pytest.param("others", marks=pytest.mark.modes("root"))])
def test_cp(named, tmp, ids):
    cp = named("mkdir /d; echo 1 > /d/f; ln -s /etc/passwd /d/l; echo out > /tmp/out; ln -s /tmp /lnk",
               *(["-u", "7:100000:1", "-g", "8:100000:1"] if ids == "others" else []))
    (tmp / "in").write_text("in\n")
    (tmp / "tree" / "sub").mkdir(parents=True)
    (tmp / "tree" / "sub" / "f").write_text("deep\n")
    assert cp("J:/tmp/out", tmp / "got").ok() and (tmp / "got").read_text() == "out\n"
    assert cp("J:/d", tmp / "dir").ok() and os.listdir(tmp / "dir") == ["f"]
    r = cp("J:/lnk/out", tmp / "no")
    assert r.rc == 125 and "not followed" in r.hints()[0] and not (tmp / "no").exists(), r
    assert "more than" in cp("--limit", "1", "J:/tmp/out", tmp).errors()[0]
    assert cp(tmp / "tree", "J:/tmp/").ok() and cp("J:/tmp/tree/sub/f", tmp / "back").ok()
    assert (tmp / "back").read_text() == "deep\n"
    assert cp(tmp / "in", "J:/tmp/in").ok() and cp(tmp / "in", "J:/tmp/in").ok()  # replaces
    assert cp(tmp / "in", "J:/lnk/in").rc == 125
    r = cp("J:/proc/1/status", tmp / "no")
    assert r.rc == 125 and "neither" in r.errors()[0], r
    for bad in (("a", "b"), ("J:/a", "J:/b"), ("nobody:/a", tmp / "no"), ("J:", tmp / "no"), ("J:/tmp/out",)):
        r = cp(*bad)
        assert r.rc == 125 and len(r.errors()) == 1, r
    (tmp / "end").write_text("end\n")
    if ids == "own":
        assert cp(tmp / "end", "J:/end").ok()


@pytest.mark.modes("root")
def test_cp_as_the_jails_user(named, tmp):
    """What comes in belongs to the jail's user, whoever that is outside."""
    (tmp / "shared").mkdir()
    cp = named("true", "-u", "7:100000:1", "-g", "8:100001:1", "-B", f"{tmp}/shared:/mnt")
    os.chown(tmp / "shared", 100000, 100001)
    (tmp / "in").write_text("in\n")
    assert cp(tmp / "in", "J:/mnt/in").ok()
    st = (tmp / "shared" / "in").stat()
    assert (st.st_uid, st.st_gid) == (100000, 100001)


# ---- images

@pytest.fixture(scope="session")
def image_root(make_root):
    d = make_root()
    (d / "etc" / "passwd").write_text("root:x:0:0::/:/bin/sh\nweb:x:33:34::/:/bin/sh\n")
    (d / "etc" / "group").write_text("root:x:0:\nstaff:x:50:\n")
    (d / "etc" / "f").write_text("old\n")
    return d


def docker_archive(path, layers, config):
    """What `docker save` writes: layers are lists of (name, content or None for a directory)."""
    import hashlib
    import io
    import tarfile

    def tar_of(entries):
        b = io.BytesIO()
        with tarfile.open(fileobj=b, mode="w") as t:
            for name, data, *mode in entries:
                i = tarfile.TarInfo(name)
                i.mode = mode[0] if mode else 0o755
                if data is None:
                    i.type = tarfile.DIRTYPE
                    t.addfile(i)
                else:
                    i.size = len(data)
                    t.addfile(i, io.BytesIO(data))
        return b.getvalue()

    blobs = [tar_of(l) for l in layers]
    config = {"architecture": "amd64", "os": "linux", "config": config,
              "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(b).hexdigest() for b in blobs]}}
    files = {"c.json": json.dumps(config).encode(), **{f"l{n}/layer.tar": b for n, b in enumerate(blobs)}}
    files["manifest.json"] = json.dumps([{"Config": "c.json", "RepoTags": ["x:latest"],
                                          "Layers": [f"l{n}/layer.tar" for n in range(len(blobs))]}]).encode()
    with tarfile.open(path, "w") as t:
        for name, data in files.items():
            i = tarfile.TarInfo(name)
            i.size = len(data)
            t.addfile(i, io.BytesIO(data))
    return path


@pytest.fixture(scope="session")
def store(base, image_root):
    """A store with `one` (a layer, nothing said), `many` (40 layers, everything said) and `loose` (they are not put together)."""
    d = base / "store"
    toast.toast("image", "import", "--store", d, image_root, "one", timeout=60).ok()
    bb = open("/bin/busybox", "rb").read()
    layers = [[(n, None) for n in ("bin", "etc", "proc", "dev", "tmp", "work", "gone", "old")] +
              [("bin/busybox", bb), ("bin/sh", bb), ("bin/cat", bb), ("bin/ls", bb), ("bin/id", bb), ("bin/env", bb), ("bin/echo", bb), ("bin/rm", bb), ("bin/mkdir", bb),
               ("etc/passwd", b"root:x:0:0::/:/bin/sh\nweb:x:33:34::/:/bin/sh\n"), ("gone/f", b"x"), ("old/f", b"x"), ("etc/n", b"0")]]
    layers += [[("etc/n", b"%d" % n), (f"etc/n{n}", b"%d" % n)] for n in range(1, 39)]
    layers += [[(".wh.gone", b""), ("old", None), ("old/.wh..wh..opq", b""), ("old/g", b"y"), ("etc/n", b"39")]]
    archive = docker_archive(base / "many.tar", layers, {"Env": ["PATH=/bin", "FROM_IMAGE=yes", "HOME"], "WorkingDir": "/work",
                                                         "User": "web", "Entrypoint": ["/bin/sh", "-c"],
                                                         "Cmd": ["id -u; id -g; pwd; env"]})
    toast.toast("image", "import", "--format", "docker", "--store", d, archive, "many", timeout=60).ok()
    archive = docker_archive(base / "loose.tar", layers, {"User": "web"})
    toast.toast("image", "import", "--format", "docker", "--store", d, archive, "loose", timeout=60).ok()
    text = (d / "names" / "loose:latest").resolve() / "image"
    text.write_text(re.sub("flat .*\n", "", text.read_text()))  # as in a store of an older version
    return d


def test_image(store, tmp):
    args = ["--store", store, "--image", "one", "--diff", tmp / "d", "--result_json", tmp / "r", "--"]
    for _ in range(2):
        r = run(*args, "/bin/sh", "-c", "cat /etc/f; echo new > /etc/f; rm /etc/group; id -u; pwd")
        assert r.rc == 0 and r.out.split() == ["old", "0", "/"], r
        assert {p: j["change"] for p, j in lines(tmp / "d").items()} == {"/etc/f": "changed", "/etc/group": "deleted"}
        assert json.loads((tmp / "r").read_text())["root"] == {"upper": "tmpfs", "kept": False, "layers": 1}
    r = run("--store", store, "--image", "none", "--", "/bin/true")
    assert r.rc == 125 and "there is no image 'none'" in r.errors()[0], r
    r = run("--store", tmp / "nowhere", "--image", "one", "--", "/bin/true")
    assert r.rc == 125 and "nowhere" in r.errors()[0], r
    r = run("--store", store, "--image", "one", "-c", "/", "--", "/bin/true")
    assert r.rc == 125 and "exclude each other" in r.errors()[0], r
    r = run("--store", store, "--image", "one")
    assert r.rc == 125 and "no program" in r.errors()[0], r


def test_image_defaults(store):
    """Program, environment, directory and user are the image's, unless they are given."""
    r = run("--store", store, "--image", "many", env=dict(os.environ, HOME="/host"))
    lines_ = r.ok().out.split("\n")
    assert lines_[:3] == ["33", "34", "/work"] and "FROM_IMAGE=yes" in lines_ and "PATH=/bin" in lines_, r
    assert "/host" not in r.out  # a name alone takes nothing of the caller's
    r = run("--store", store, "--image", "many", "-u", "5", "-g", "6", "-E", "FROM_IMAGE=no", "-D", "/etc", "--", "/bin/sh", "-c",
            "id -u; id -g; pwd; echo $FROM_IMAGE")
    assert r.out.split() == ["5", "6", "/etc", "no"], r


@pytest.mark.parametrize("image,layers", [("many", 1), ("loose", 40)])
@pytest.mark.parametrize("api", APIS)
def test_image_of_forty_layers(store, tmp, api, image, layers):
    r = run("--store", store, "--image", image, "-u", "0", "-g", "0", f"--experimental_mnt={api}", "--diff", tmp / "d", "--result_json", tmp / "r",
            "--", "/bin/sh", "-c",
            "cat /etc/n /etc/n1 /etc/n38; echo; ls /gone; ls -A /old; rm /etc/n7; rm -r /old; mkdir /old /gone; echo > /gone/f; ls /etc | wc -l")
    assert r.out.split()[:2] == ["39138", "g"] and "/gone: No such file" in r.err, r
    assert json.loads((tmp / "r").read_text())["root"]["layers"] == layers
    assert {p: (j["change"], j.get("replaced")) for p, j in lines(tmp / "d").items()} == {
        "/etc/n7": ("deleted", None), "/old": ("changed", True), "/gone": ("added", None), "/gone/f": ("added", None)}


@pytest.mark.modes("root")
@pytest.mark.parametrize("image", ["many", "loose"])
def test_image_with_other_ids(store, tmp, image):
    """Files have the ids that the image gives them, whoever that is outside; nothing in the store changes."""
    before = snapshot(store / "layers")
    r = run("--store", store, "--image", image, "-u", "0:100000:1000", "-g", "0:100000:1000", "--diff", tmp / "d", "--keep", tmp / "k",
            "--", "/bin/sh", "-c", "ls -lan /etc/passwd /work | tr -s ' ' | cut -d' ' -f3,4; echo >> /etc/passwd; rm -r /old")
    assert r.rc == 0 and set(r.out.split()) <= {"0", "/work:"}, r
    assert snapshot(store / "layers") == before
    assert (tmp / "k" / "upper" / "etc" / "passwd").stat().st_uid == 0  # as in the image, so that it can become a layer
    assert {p: j["change"] for p, j in lines(tmp / "d").items()} == {"/etc/passwd": "changed", "/old": "deleted"}


def test_rerun_of_an_image(store):
    r = run("-Mr", "--rerun_count", "3", "--rerun_delay", "0", "--store", store, "--image", "one", "--", "/bin/sh", "-c",
            "ls /x; echo > /x; cat /etc/f")
    assert r.out.split() == ["old"] * 3 and r.err.count("/x: No such file") == 3, r


def test_commit(store, tmp):
    """What a program changed becomes a layer, and the whole an image, if it succeeded."""
    args = ["--store", store, "--image", "one"]
    r = run(*args, "--commit", "two:v1", "--", "/bin/sh", "-c", "echo new > /etc/f; rm /etc/group; mkdir -p /opt/made; rm -r /home; mkdir /home")
    assert r.rc == 0, r
    r = run("--store", store, "--image", "two:v1", "--result_json", tmp / "r", "--", "/bin/sh", "-c", "cat /etc/f; ls -d /etc/group /opt/made")
    assert r.out.split() == ["new", "/opt/made"] and json.loads((tmp / "r").read_text())["root"]["layers"] == 2, r
    r = run(*args, "--commit", "three", "--", "/bin/sh", "-c", "exit 3")
    assert r.rc == 3 and "did not succeed" in r.err, r
    r = run(*args, "--commit", "in valid", "--result_json", tmp / "r", "--", "/bin/true")
    assert r.rc == 125 and json.loads((tmp / "r").read_text())["aftermath_errno"], r
    names = toast.toast("image", "ls", "--store", store).ok().out
    assert "two:v1" in names and "three" not in names
    for bad in (["-c", "/", "--commit", "x"], [*args, "-Mr", "--commit", "x"]):
        r = run(*bad, "--", "/bin/true")
        assert r.rc == 125 and "commit needs" in r.errors()[0], r


@pytest.mark.modes("root")
def test_commit_with_other_ids(store, tmp):
    (tmp / "up").mkdir()
    args = ["--store", store, "--image", "one", "-u", "0:100000:1000", "-g", "0:100000:1000"]
    r = run(*args, "--commit", "ids", "--", "/bin/true")
    assert r.rc == 125 and "--upper dir:DIR" in r.hints()[0], r
    r = run(*args, "--cap", "CAP_CHOWN", "--upper", f"dir:{tmp}/up", "--commit", "ids", "--", "/bin/sh", "-c", "touch /etc/mine; touch /etc/yours; chown 5:6 /etc/yours")
    assert r.rc == 0 and os.listdir(tmp / "up") == [], r
    r = run("--store", store, "--image", "ids", "-u", "0:200000:1000", "-g", "0:200000:1000", "--", "/bin/sh", "-c",
            "ls -ln /etc/mine /etc/yours | tr -s ' ' | cut -d' ' -f3,4")
    assert r.out.split() == ["0", "0", "5", "6"], r


@pytest.mark.modes("root")
def test_jails_of_an_image_share_its_files_in_memory(tmp):
    """5 jails have mapped and read a file of 8 MiB: it is there once. If each has a file of its own, five times."""
    (tmp / "own").write_bytes(os.urandom(8 << 20))
    for options, least, most in ((["--discard"], 7, 9), (["--copy_in", f"{tmp}/own:/data"], 39, 41)):
        r = subprocess.run([toast.REPO / "tests/bench/many_of_one.py", "--build", pathlib.Path(toast.BIN).parent, "--jails", "5",
                            "--mib", "8", "--settle", "0", *options], capture_output=True, text=True, timeout=60)
        m = re.search(r"mapped (\d+) MiB in all jails, in memory ([\d.]+) MiB", r.stdout)
        assert m and m[1] == "40" and least < float(m[2]) < most, r
