# SPDX-License-Identifier: BSD-3-Clause
"""Modes rerun and listen launch from a template of mounts: nobody inside or outside may notice.

As an unprivileged user there is no template, and the same must hold.
"""
import contextlib
import json
import os
import signal
import socket
import subprocess
import time

import pytest

import toast
from toast import nsjail

SH = ["--", "/bin/sh", "-c"]
privileged = pytest.mark.modes("root", "nested")

# Everything a program can look at: ids, capabilities, limits, descriptors, mounts, files, processes.
LOOK = """
echo state $(/bin/state)
[ -e /proc/self ] && cat /proc/self/mountinfo | sed 's/^/mountinfo /'
for d in / /dev /dev/pts /tmp /etc /data /data/deep /mnt /opt; do
    [ -d $d ] && ls -lan $d | sed "s|^|ls $d |"
done
[ -e /proc/self ] && for f in uid_map gid_map setgroups oom_score_adj cmdline loginuid limits; do
    echo "proc1" $f $(tr '\\000' ' ' < /proc/1/$f); echo "self" $f $(cat /proc/self/$f)
done 2>&1
[ -e /proc/self ] && ls /proc | sed 's/^/proc /'
[ -e /proc/self ] && ls -l /proc/self/cwd /proc/self/root /proc/1/root 2>&1 | sed 's/^\\(.\\{10\\}\\).* \\(.proc.*\\)/link \\1 \\2/'
[ -e /file ] && cat /file
touch /w /data/w /tmp/w /dev/w 2>&1
rm -f /w /data/w /tmp/w /dev/w
echo "end" "of run"
"""


def normal(line):
    """Without what is another number each time: mount ids, anonymous devices, namespaces, times."""
    kind, _, rest = line.partition(" ")
    f = rest.split()
    if kind == "mountinfo":
        return " ".join([kind, *f[3:]])
    if kind == "state":
        state = json.loads(rest)
        del state["ns"]
        for key in ("pid", "ppid", "pgid", "sid"):
            state[key] = state[key] if state[key] < 10 else "of the host"
        return json.dumps(state)
    if kind == "ls" and len(f) > 8:
        return " ".join([kind, f[0], f[1], *f[3:5], f[-1]])  # no number of links or sizes, no time
    if kind == "proc" and rest.isdigit() or kind == "ls" and f[1:2] == ["total"]:
        return ""
    return line


@pytest.fixture
def tree(tmp):
    """A directory with something of each kind."""
    (tmp / "data" / "deep").mkdir(parents=True)
    (tmp / "data" / "f").write_text("x")
    (tmp / "data" / "link").symlink_to("deep")
    (tmp / "file").write_text("content of file\n")
    (tmp / "alias").symlink_to("data")
    return tmp


CONFIGS = {
    "nsjail": lambda t: ["-R", f"{t}/data:/data", "-R", f"{t}/file:/file"],
    "writable": lambda t: ["-B", f"{t}/data:/data", "-T", "/tmp"],
    "through a link": lambda t: ["-R", f"{t}/alias:/data"],
    "targets inside a bind": lambda t: ["-R", f"{t}/data:/data", "-T", "/data/deep", "-R", f"{t}/file:/data/f"],
    "content and links": lambda t: ["-m", "none:/tmp:tmpfs:size=65536,mode=1777", "-s", "/data:/opt/link", "-R", f"{t}/data:/data"],
    "proc rw": lambda t: ["--proc_rw", "-R", f"{t}/data:/data"],
    "no proc": lambda t: ["--disable_proc", "-R", f"{t}/data:/data"],
    "optional and missing": lambda t: ["--bindmount_ro_try", "/no/such/source:/mnt", "-R", f"{t}/file:/file"],
    "capabilities": lambda t: ["--keep_caps", "-R", f"{t}/data:/data"],
    "some capabilities": lambda t: ["--cap", "CAP_NET_ADMIN", "--cap", "CAP_SYS_ADMIN", "-R", f"{t}/data:/data"],
    "other ids": lambda t: ["-u", "12", "-g", "34", "-R", f"{t}/data:/data"],
    "oom score": lambda t: ["--oom_score_adj", "500", "-R", f"{t}/data:/data"],
    "no pid namespace": lambda t: ["--disable_clone_newpid", "-R", f"{t}/data:/data", "--disable_proc"],
    "terminal off, cwd": lambda t: ["--cwd", "/data", "-R", f"{t}/data:/data"],
    "no_pivotroot": lambda t: ["--no_pivotroot", "-R", f"{t}/data:/data"],
    "classic": lambda t: ["--experimental_mnt", "old", "-R", f"{t}/data:/data"],
}


def system(root):
    return ["-R", f"{root}/bin:/bin"]


@contextlib.contextmanager
def serving(tmp, *args, script):
    """A server on a Unix socket; yields a function that connects and returns all that it says."""
    path, log = tmp / "socket", tmp / "log"
    proc = toast.start(["-Ml", "-l", log, "--bindhost", path, "-t", "20", *args, *SH, script])

    def ask():
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(20)
            s.connect(str(path))
            data = b""
            with contextlib.suppress(ConnectionResetError):
                while part := s.recv(65536):
                    data += part
            return data.decode()

    ask.proc, ask.log = proc, log
    assert toast.wait_for(path.exists), log.read_text()
    try:
        yield ask
    finally:
        proc.terminate()
        assert proc.wait(10) == 0
        proc.stdout.close()
        proc.stderr.close()


def mounts_of(pid):
    return [l.split()[4] for l in toast.read(f"/proc/{pid}/mountinfo").decode().splitlines()]


def children_of(pid):
    return [int(p) for p in toast.read(f"/proc/{pid}/task/{pid}/children").split()]


def outputs(r, times):
    assert r.rc == 0, r
    runs = r.out.split("end of run\n")
    assert len(runs) == times + 1 and not runs[-1], r
    return [[l for l in map(normal, run.splitlines()) if l] for run in runs[:-1]]


def same_as_cold(face, args, log, template=True):
    """@template: whether there is to be one, for who may have one"""
    cold, = outputs(toast.toast(*face, *([] if face else ["-Q"]), "-Mo", "-t", "20", *args, *SH, LOOK), 1)
    assert sum(l.startswith("{") for l in cold) == 1
    r = toast.toast(*face, "-v", "-l", log, "-Mr", "--rerun_count", "3", "-t", "20", *args, *SH, LOOK)
    for run in outputs(r, 3):
        assert run == cold
    assert ("no template" not in log.read_text()) == (template and toast.MODE != "user"), log.read_text()


@pytest.mark.parametrize("name", CONFIGS)
def test_rerun_looks_as_once(root, tree, tmp, name):
    same_as_cold([], [*system(root), *CONFIGS[name](tree)], tmp / "log", name not in ("no_pivotroot", "classic"))


@pytest.mark.parametrize("args", [(), ("-T", "/mnt"), ("--rw",), ("--no_dev",)], ids=lambda a: " ".join(a) or "default")
def test_rerun_of_run_looks_as_once(own_root, tree, tmp, args):
    same_as_cold(["run"], ["-c", own_root, "-R", f"{tree}/data:/opt", *args], tmp / "log")


@pytest.mark.modes("root")
def test_disable_clone_newuser_looks_as_once(root, tree, tmp):
    same_as_cold([], [*system(root), "--disable_clone_newuser", "-R", f"{tree}/data:/data"], tmp / "log")


@privileged
def test_guards_live_in_the_template(root, tree):
    """The counterpart of the others: there is a template, and it holds nothing but what is needed."""
    p = toast.start(["-Q", "-Mr", *system(root), "-R", f"{tree}/data:/data", *SH, "sleep 1000"])
    try:
        guard = toast.wait_for(lambda: next((c for c in children_of(p.pid) if children_of(c)), 0))
        mounts = mounts_of(guard)
        assert "/" in mounts and all(m == "/" or m.startswith("/proc") or m.strip("/").isdigit() for m in mounts), mounts
        assert mounts_of(p.pid) != mounts
        assert os.readlink(f"/proc/{p.pid}/root") == "/" and os.readlink(f"/proc/{p.pid}/cwd") == os.getcwd()
        assert os.stat(f"/proc/{p.pid}/ns/mnt").st_ino == os.stat("/proc/self/ns/mnt").st_ino
    finally:
        toast_end(p)


def toast_end(p):
    p.terminate()
    p.communicate(timeout=10)


@privileged
@pytest.mark.parametrize("args, why", [
    (["--no_pivotroot"], "the old root stays below the new one"),
    (["--experimental_mnt", "old"], "mounts are made by mount(2)"),
    (["--execute_fd"], "the program is executed by descriptor"),
], ids=lambda a: "" if isinstance(a, str) else " ".join(a))
def test_without_a_template(root, tree, tmp, args, why):
    """What a template cannot do goes the other way, and the log says so to who asks."""
    log = tmp / "log"
    program = ["--", f"{root}/bin/true"] if args == ["--execute_fd"] else ["--", "/bin/true"]
    r = toast.toast("-v", "-l", log, "-Mr", "--rerun_count", "2", *system(root), *args, *program)
    assert r.rc == 0 and f"no template: {why}" in log.read_text(), r


@pytest.mark.modes("user")
def test_a_user_has_no_template(root, tmp):
    log = tmp / "log"
    r = toast.toast("-v", "-l", log, "-Mr", "--rerun_count", "2", *system(root), "--", "/bin/true")
    assert r.rc == 0 and "no template: the caller may not make mount namespaces" in log.read_text(), r


def test_result_looks_as_that_of_once(root, tree, tmp):
    """What could not be had is told in the same words."""
    args = [*system(root), "--bindmount_ro_try", f"{tree}/missing:/mnt", "-R", f"{tree}/file:/file", "--", "/bin/true"]
    notes = []
    for mode in (["-Mo"], ["-Mr", "--rerun_count", "2"]):
        toast.toast("-Q", *mode, "--result_json", tmp / "result", *args).ok()
        result = json.loads((tmp / "result").read_text())
        notes.append([result["receipt"], result["reason"], result["exit_code"]])
    assert f"{tree}/missing" in json.dumps(notes[0]), notes[0]
    assert notes[0] == notes[1]


def test_nothing_written_is_there_in_the_next_run(root):
    r = nsjail("-Mr", "--rerun_count", "3", *system(root), "-T", "/tmp", "-m", "none:/var:tmpfs:size=65536",
               *SH, "ls /tmp /var; echo x > /tmp/left && echo x > /var/left && echo wrote")
    assert (r.rc, r.out) == (0, "/tmp:\n\n/var:\nwrote\n" * 3), r


PREFORK = pytest.mark.parametrize("prefork", [(), ("--listen_prefork", "2")], ids=["on accept", "prepared"])


@PREFORK
def test_replaced_source_is_seen(root, tree, tmp, prefork):
    args = [*system(root), "-R", f"{tree}/alias:/data", "-R", f"{tree}/file:/file", *prefork]
    with serving(tmp, *args, script="cat /data/f /file") as ask:
        assert [ask() for _ in range(3)] == ["xcontent of file\n"] * 3
        (tree / "new").write_text("second\n")
        os.rename(tree / "new", tree / "file")
        assert [ask() for _ in range(3)] == ["xsecond\n"] * 3
        os.rename(tree / "data", tree / "gone")
        (tree / "data").mkdir()
        (tree / "data" / "f").write_text("y")
        assert [ask() for _ in range(3)] == ["ysecond\n"] * 3
        (tree / "alias").unlink()
        (tree / "alias").symlink_to("gone")
        assert [ask() for _ in range(3)] == ["xsecond\n"] * 3


@PREFORK
def test_source_removed_and_made_again(root, tree, tmp, prefork):
    """The number of an inode that is gone may come back at once on another file."""
    args = [*system(root), "-R", f"{tree}/data:/data", *prefork]
    with serving(tmp, *args, script="ls /data") as ask:
        for i in range(6):
            subprocess.run(["rm", "-r", tree / "data"], check=True)
            (tree / "data").mkdir()
            (tree / "data" / f"n{i}").touch()
            assert [ask(), ask()] == [f"n{i}\n"] * 2


def test_prefork_recovers(root, tree, tmp):
    """Jails that cannot be prepared for now are prepared again once their sources are there."""
    os.rename(tree / "file", tree / "away")
    args = [*system(root), "-R", f"{tree}/file:/file", "--listen_prefork", "2"]
    with serving(tmp, *args, script="cat /file") as ask:
        assert ask() == "" and toast.wait_for(lambda: not children_of(ask.proc.pid))
        os.rename(tree / "away", tree / "file")
        assert ask() == "content of file\n"
        assert toast.wait_for(lambda: len(children_of(ask.proc.pid)) == 2)


@PREFORK
def test_missing_source_is_the_same_error(root, tree, tmp, prefork):
    args = [*system(root), "-R", f"{tree}/file:/file"]
    with serving(tmp, *args, *prefork, script="cat /file") as ask:
        assert ask() == "content of file\n"
        os.rename(tree / "file", tree / "away")
        once = nsjail(*args, *SH, "cat /file")
        assert once.rc == 255 and ask() == ""
        message, = once.errors()
        assert toast.wait_for(lambda: message in ask.log.read_text()), (message, ask.log.read_text())
        os.rename(tree / "away", tree / "file")
        assert [ask(), ask(), ask()] == ["content of file\n"] * 3


@pytest.fixture
def inside():
    """Prefix of commands in a mount namespace for this test. (A server's own is the template now and then.)"""
    holder = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sleep", "1000"])
    assert toast.wait_for(lambda: os.readlink(f"/proc/{holder.pid}/ns/mnt") != os.readlink("/proc/self/ns/mnt"))
    yield ["nsenter", f"--mount=/proc/{holder.pid}/ns/mnt", "--wd=/", "--"]
    holder.kill()
    holder.wait()


@privileged
@PREFORK
def test_mount_over_a_source_is_seen(root, tree, tmp, inside, prefork):
    """A mount on the source, one inside it, other flags of it, and all of that undone."""
    data = tree / "data"
    args = [*system(root), "-B", f"{data}:/data", *prefork]
    script = "cat /data/f /data/deep/f 2>&-; touch /data/w 2>&- && echo writable; rm -f /data/w"
    server = subprocess.Popen([*inside, *toast.WRAP, toast.BIN, "-Ml", "-Q", "-t", "20", "--bindhost", tmp / "socket",
                               *args, *SH, script])
    try:
        def ask():
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(20)
                s.connect(str(tmp / "socket"))
                return b"".join(iter(lambda: s.recv(65536), b"")).decode()

        def there(*command):
            subprocess.run([*inside, *command], check=True)
            return [ask(), ask(), ask()]

        (data / "deep" / "f").write_text("deep")
        assert toast.wait_for((tmp / "socket").exists)
        assert there("true") == ["xdeepwritable\n"] * 3
        assert there("mount", "-t", "tmpfs", "none", data / "deep") == ["xwritable\n"] * 3
        assert there("umount", data / "deep") == ["xdeepwritable\n"] * 3
        assert there("mount", "--bind", data, data) == ["xdeepwritable\n"] * 3
        assert there("mount", "-o", "remount,bind,ro", data) == ["xdeep"] * 3
        assert there("mount", "-t", "tmpfs", "none", data) == ["writable\n"] * 3
        assert there("umount", data) == ["xdeep"] * 3
        assert there("umount", data) == ["xdeepwritable\n"] * 3
    finally:
        server.terminate()
        assert server.wait(10) == 0


@privileged
def test_idle_server_lets_go_of_an_unmounted_file_system(root, tree, tmp, inside):
    """What the host has unmounted must not stay busy because of a template or a prepared jail."""
    at = tree / "data"
    subprocess.run([*inside, "mount", "-t", "tmpfs", "none", at], check=True)
    server = subprocess.Popen([*inside, *toast.WRAP, toast.BIN, "-Ml", "-Q", "--bindhost", tmp / "socket",
                               "--listen_prefork", "1", *system(root), "-R", f"{at}:/data", "--", "/bin/true"])
    try:
        def prepared():
            return [g for g in children_of(server.pid) for c in children_of(g) if "/data" in mounts_of(c)]

        guard, = toast.wait_for(prepared)
        subprocess.run([*inside, "umount", at], check=True)
        assert toast.wait_for(lambda: not os.path.exists(f"/proc/{guard}"))
        assert toast.wait_for(prepared)
    finally:
        server.terminate()
        assert server.wait(10) == 0


@privileged
def test_failure_in_the_template_is_tried_without(root, tree, tmp):
    """A /proc that is covered but elsewhere in full: the copy has the covered one only."""
    log = tmp / "log"
    r = in_own_mounts(f"mount -t tmpfs none /proc/sys && mount -t proc proc {tree}/data",
                      "-v", "-l", log, "-Mr", "--rerun_count", "3", *system(root), *SH, "cat /proc/sys/kernel/ostype")
    assert (r.returncode, r.stdout) == (0, "Linux\n" * 3), (r, log.read_text())
    assert "no template from now on" in log.read_text()


def in_own_mounts(script, *args):
    return subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", f'{script} && exec "$@"', "sh",
                           *toast.WRAP, toast.BIN, *map(os.fspath, args)], text=True, capture_output=True, timeout=60)


@privileged
@pytest.mark.skipif(toast.SANITIZED, reason="a sanitized program needs libraries that the chroot has not")
def test_launcher_in_a_chroot(tmp, make_root, compile_c):
    """Its root is not that of its mount namespace: there is no way back by setns(2)."""
    d = make_root()
    subprocess.run(["cp", toast.BIN, d / "bin" / "toastainer"], check=True)
    r = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c",
                        f"mount --bind {d} {d} && mount -t proc proc {d}/proc && exec chroot {d} /bin/toastainer --disable_clone_newuser -v -l /log -Mr --rerun_count 3 "
                        "-R /bin:/bin -- /bin/echo here"], text=True, capture_output=True, timeout=60)
    assert (r.returncode, r.stdout) == (0, "here\n" * 3), (r, (d / "log").read_text())
    assert "the launcher's root is not that of its mount namespace" in (d / "log").read_text()


def test_files_of_the_supervisor_are_those_of_the_host(root, tmp):
    """Logs, results and pid files by relative names, while jails come from the template."""
    p = subprocess.Popen([*toast.WRAP, toast.BIN, "-Mr", "--rerun_count", "4", "-l", "log", "--pid_file", "pid",
                          *system(root), "-R", ".:/mnt", "--", "/bin/ls", "/mnt"], cwd=tmp, stdout=subprocess.PIPE, text=True)
    out, _ = p.communicate(timeout=30)
    assert p.returncode == 0 and out == "log\npid\n" * 4
    assert os.listdir(tmp) == ["log"]
