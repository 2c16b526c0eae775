# SPDX-License-Identifier: BSD-3-Clause
"""Images: made from nothing, built up by a shell or a script, and nothing of ours left in them."""
import json
import os
import pty
import re
import select
import shutil
import signal
import stat
import subprocess
import time

import pytest

import toast
from toast import MODE, finish, processes_with, read, run, start, wait_for

RESOLV = "/etc/resolv.conf"
DOCKER_CAPS = 0xa80425fb
LONG = str(10**8 + int.from_bytes(os.urandom(3), "big"))  # seconds to sleep; suites beside this one have others


def image(*args, **kw):
    return toast.toast("image", *args, **kw)


def sh(d, script, *opts, **kw):
    """A command line inside, by `image shell`."""
    return image("shell", d, *opts, "--", "/bin/sh", "-c", script, **kw)


def one_error(r, *words):
    """Our failure: status 125, one line that holds all words. Returns the hint."""
    assert r.rc == 125 and len(r.errors()) == 1, r
    for w in words:
        assert str(w) in r.errors()[0], r
    return " ".join(r.hints())


def snapshot(d):
    """All that an image consists of, but for times."""
    found = {}
    for top, dirs, files in os.walk(d):
        for name in [".", *dirs, *files]:
            p = os.path.join(top, name)
            st = os.lstat(p)
            if stat.S_ISLNK(st.st_mode):
                what = os.readlink(p)
            else:
                what = read(p) if stat.S_ISREG(st.st_mode) else st.st_rdev
            found[os.path.relpath(p, d)] = (st.st_mode, st.st_uid, st.st_gid, what)
    return found


def in_namespace(script, *args):
    """A shell script as root of a mount namespace of its own: it may mount. For its environment see toast."""
    userns = ["--user", "--map-root-user"] if MODE == "user" else []
    argv = ["unshare", *userns, "--mount", "--propagation", "private", "sh", "-c", script, "sh",
            *map(os.fspath, args)]
    return finish(subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                   env={**os.environ, "T": toast.BIN}), argv)


@pytest.fixture
def bare(make_root):
    """A root file system without any mount point."""
    return make_root(dirs=())


@pytest.fixture
def script(tmp):
    """script(TEXT): its path."""

    def make(text, name="setup.sh"):
        p = tmp / name
        p.write_bytes(text if isinstance(text, bytes) else text.encode())
        return p

    return make


@pytest.fixture
def built(tmp):
    """A fresh busybox image; what ids of others left in it goes away at the end."""
    d = tmp / "image"
    image("bootstrap", d).ok()
    yield d
    sh(d, "find / -xdev -mindepth 1 -maxdepth 1 ! -name bin ! -name proc ! -name dev | xargs rm -rf")


# ---------------------------------------------------------------------------------------- bootstrap
def test_bootstrap_busybox(tmp):
    d = tmp / "new"
    r = image("bootstrap", d).ok()
    assert str(d) in r.out and r.err == "", r
    assert min(image("bootstrap", tmp / f"new{i}").ok().seconds for i in range(3)) < 1
    for name in ("proc", "sys", "dev", "tmp", "etc", "root", "var/tmp", "run", "home", "mnt"):
        assert (d / name).is_dir(), name
    assert stat.S_IMODE(d.stat().st_mode) == 0o755
    assert stat.S_IMODE((d / "tmp").stat().st_mode) == 0o1777
    assert (d / "etc/resolv.conf").read_bytes() == b"" and "root:x:0:0:" in (d / "etc/passwd").read_text()
    r = run("-c", d, "--", "/bin/sh", "-c", "awk 'BEGIN { print 6*7 }'; ls -d /usr/bin/env; readlink /usr/bin/env")
    assert r.ok().out == "42\n/usr/bin/env\n../../bin/busybox\n"


def test_bootstrap_has_all_of_busybox(tmp):
    image("bootstrap", tmp / "new").ok()
    r = run("-c", tmp / "new", "--", "/bin/busybox", "--list-full").ok()
    missing = [a for a in r.out.split() if "/" in a and not os.path.exists(tmp / "new" / a)]
    assert not missing and len(r.out.split()) > 100


def test_bootstrap_ignores_the_umask(tmp):
    d = tmp / "new"
    finish(start(["image", "bootstrap", d], preexec_fn=lambda: os.umask(0o077))).ok()
    assert stat.S_IMODE((d / "usr").stat().st_mode) == 0o755
    assert stat.S_IMODE((d / "etc/passwd").stat().st_mode) == 0o644


def test_bootstrap_into_an_empty_directory(tmp):
    (tmp / "empty").mkdir(mode=0o700)
    image("bootstrap", tmp / "empty").ok()
    assert stat.S_IMODE((tmp / "empty").stat().st_mode) == 0o700
    assert (tmp / "empty/bin/sh").exists()


def test_bootstrap_spares_what_is_there(tmp):
    (tmp / "full").mkdir()
    (tmp / "full/file").write_text("mine")
    one_error(image("bootstrap", tmp / "full"), tmp / "full", "not empty", "file")
    assert snapshot(tmp / "full").keys() == {".", "file"}


@pytest.mark.parametrize("name, words", [
    ("missing/new", ["No such file or directory"]),
    ("file", ["Not a directory"]),
    ("file/new", ["Not a directory"]),
    ("x" * 256, ["File name too long"]),
    ("x/" * 5000, ["File name too long"]),
    ("", ["empty"]),
], ids=lambda s: str(s)[:20])
def test_bootstrap_of_a_bad_name(tmp, name, words):
    (tmp / "file").write_text("")
    one_error(image("bootstrap", tmp / name if name else ""), *words)
    assert os.listdir(tmp) == ["file"]


@pytest.mark.parametrize("args", [
    ["bootstrap"], ["bootstrap", "a", "b"], ["bootstrap", "a", "--from", "windows"], ["bootstrap", "a", "--nonsense"],
    ["bootstrap", "a", "--suite", "sid"], ["nonsense"], [], ["shell"], ["shell", "--script", "x"],
])
def test_usage(tmp, args):
    r = image(*args, cwd=tmp)
    assert r.rc == 125 and "usage:" in r.err or "windows" in r.err, r
    assert os.listdir(tmp) == []


@pytest.mark.parametrize("args", [["--help"], ["bootstrap", "--help"], ["shell", "--help"]])
def test_help(args):
    assert "usage:" in image(*args).ok().out


def test_bootstrap_on_a_full_disk(tmp):
    r = in_namespace('mount -t tmpfs -o size=512k none "$1" && "$T" image bootstrap "$1/new"; echo $?; ls "$1"', tmp)
    assert r.out == "125\n" and "No space left on device" in r.err, r


def test_bootstrap_host(tmp):
    """This machine's programs, nothing of its users, and all of it read-only."""
    d = tmp / "view"
    r = image("bootstrap", d, "--from", "host").ok()
    command = re.search(r"toastainer (run --config .*) -- /bin/sh", r.out)
    assert command, r
    inside = ("/usr/bin/env true && id -u >/dev/null && echo works; ls /etc/shadow 2>&1 | tail -c 26;"
              "touch /usr/x 2>/dev/null || echo ro; touch /x 2>/dev/null || echo ro")
    r = toast.toast(*command[1].split(), "--", "/bin/sh", "-c", inside).ok()
    assert r.out == "works\nNo such file or directory\nro\nro\n"
    shutil.move(d, tmp / "moved")
    r = run("--config", tmp / "moved/toastainer.cfg", "-c", tmp / "moved", "--", "/usr/bin/env", "echo", "hi").ok()
    assert r.out == "hi\n"


# A mmdebstrap that needs no network: what we ask of it, how it fails, how it is stopped.
FAKE = """#!/bin/sh
for a; do case $a in /*) d=$a;; esac; done
case "$d" in "") d=$(mktemp -d -p @); tar=1;; esac
mkdir -p $d/usr/bin $d/etc $d/dev && echo half > $d/usr/bin/sh && touch $d/dev/node && chmod 700 $d/etc
echo "I: fake $*" >&2
%s
[ -z "$tar" ] && exit $rc
chmod 755 $d && cd $d && tar -cf $d.tar --owner=0 --group=0 --exclude=./etc .
tar -rf $d.tar --owner=42 --group=43 ./etc && cat $d.tar
exit $rc
"""


@pytest.fixture
def mmdebstrap(tmp):
    def make(what):
        (tmp / "bin").mkdir(exist_ok=True)
        (tmp / "bin/mmdebstrap").write_text(FAKE.replace("@", str(tmp)) % what)
        (tmp / "bin/mmdebstrap").chmod(0o755)
        return {**os.environ, "PATH": f"{tmp}/bin:{os.environ['PATH']}"}

    return make


def test_bootstrap_debian_asks(tmp, mmdebstrap):
    r = image("bootstrap", "--from", "debian", "--suite", "trixie", "--mirror", "http://m.example/debian", "--variant",
              "apt", tmp / "deb", env=mmdebstrap("rc=0")).ok()
    fake = re.search("I: fake (.*)", r.err)[1].split()
    to = "-" if MODE == "user" else str(tmp / "deb")
    assert fake[-3:] == ["trixie", to, "http://m.example/debian"] and "--variant=apt" in fake
    assert (tmp / "deb/usr/bin/sh").read_text() == "half\n"


@pytest.mark.modes("user")
def test_bootstrap_debian_owners(tmp, mmdebstrap):
    """Without root the owners inside are those of the archive, by the user's subordinate ids."""
    d = tmp / "deb"
    image("bootstrap", "--from", "debian", d, env=mmdebstrap("rc=0")).ok()
    st = (d / "etc").stat()
    assert (st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)) == (200000 + 41, 200000 + 42, 0o700)
    assert os.listdir(d / "dev") == []
    # what a failure leaves is removed, whoever it belongs to
    one_error(image("bootstrap", "--from", "debian", tmp / "bad", env=mmdebstrap("rc=0; ln -s x $d/dev/x; "
              "head -c 1000 /dev/zero | tr '\\0' x; tar -C $d -c .; exit 0")), "tar")
    assert not (tmp / "bad").exists()


@pytest.mark.parametrize("option", ["--suite", "--mirror", "--variant"])
def test_bootstrap_debian_passes_no_options_on(tmp, mmdebstrap, option):
    one_error(image("bootstrap", "--from", "debian", option, "--hook=evil", tmp / "deb", env=mmdebstrap("rc=0")),
              "--hook=evil")
    assert not (tmp / "deb").exists()


def test_bootstrap_debian_fails(tmp, mmdebstrap):
    (tmp / "empty").mkdir()
    for d in ("deb", "empty"):
        r = image("bootstrap", "--from", "debian", tmp / d, env=mmdebstrap("rc=25"))
        one_error(r, tmp / d, "mmdebstrap", "25")
    assert os.listdir(tmp / "empty") == [] and not (tmp / "deb").exists()


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_bootstrap_debian_interrupted(tmp, mmdebstrap, sig):
    env = mmdebstrap(f"echo $$ > {tmp}/pid; exec sleep {LONG}")
    proc = start(["image", "bootstrap", "--from", "debian", tmp / "deb"], env=env)
    assert wait_for(lambda: read(tmp / "pid"))
    proc.send_signal(sig)
    r = finish(proc)
    assert r.rc == 125 and "interrupted" in r.err and sig.name in r.err, r
    assert not (tmp / "deb").exists() and not processes_with(LONG)


def test_bootstrap_debian_killed(tmp, mmdebstrap):
    """After SIGKILL the rest stays, but nothing goes on."""
    env = mmdebstrap(f"echo $$ > {tmp}/pid; exec sleep {LONG}")
    proc = start(["image", "bootstrap", "--from", "debian", tmp / "deb"], env=env)
    assert wait_for(lambda: read(tmp / "pid"))
    proc.kill()
    finish(proc)
    assert wait_for(lambda: not processes_with(LONG))
    if MODE != "user":
        one_error(image("bootstrap", tmp / "deb"), "not empty")


# ------------------------------------------------------------------------------------------- builds
@pytest.mark.parametrize("form", ["options", "subcommand", "subcommand="])
def test_script_changes_the_image(built, script, form):
    s = script("echo built > /etc/built; ls / > /var/list; exit 7\n")
    before = snapshot(built)
    args = {"options": [f"--create_image={built}", f"--use_script={s}"],
            "subcommand": ["image", "shell", built, "--script", s],
            "subcommand=": ["image", "shell", built, f"--script={s}"]}[form]
    r = toast.toast(*args)
    assert r.rc == 7, r
    assert "exit status 7" in r.err and str(built) in r.err and r.errors() == [], r
    after = snapshot(built)
    assert after.pop("etc/built")[3] == b"built\n" and after.pop("var/list")[3]
    assert after == before


def test_quiet_when_all_is_well(built, script):
    r = toast.toast(f"--create_image={built}", f"--use_script={script('echo out; echo err >&2')}").ok()
    assert (r.out, r.err) == ("out\n", "err\n") or MODE == "nested"


def test_nothing_of_ours_in_a_bare_image(bare, script):
    """No /proc, /dev or /etc: they are there for the build, and gone after it."""
    before = snapshot(bare)
    s = script("set -e; test -c /dev/null; cat /proc/self/stat > /dev/null; cat /etc/resolv.conf > /dev/null")
    image("shell", bare, "--script", s).ok()
    assert snapshot(bare) == before


def test_what_the_script_put_beside_ours_stays(bare):
    sh(bare, "echo name > /etc/hostname; rmdir /proc 2>/dev/null; :").ok()
    assert os.listdir(bare / "etc") == ["hostname"] and not (bare / "proc").exists()


def test_devices(built):
    sh(built, "set -e; echo x > /dev/null; head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c;"
       "ls /dev/pts /dev/shm > /dev/null; echo y > /dev/stderr").ok()
    assert os.listdir(built / "dev") == []


@pytest.mark.skipif(not os.path.exists(RESOLV), reason="this machine has no resolv.conf")
class TestNames:
    """The host's resolv.conf is seen inside, read-only, and never written into the image."""

    SEE = "cat /etc/resolv.conf; echo evil > /etc/resolv.conf || echo ro"

    def see(self, d):
        before = snapshot(d)
        r = sh(d, self.SEE).ok()
        assert r.out.encode() == read(RESOLV) + b"ro\n", r
        assert snapshot(d) == before

    def test_file(self, built):
        (built / "etc/resolv.conf").write_text("nameserver 192.0.2.1\n")
        self.see(built)

    def test_missing(self, bare):
        self.see(bare)

    @pytest.mark.parametrize("to", ["../run/systemd/resolve/stub-resolv.conf", "/run/resolvconf/resolv.conf",
                                    "../../../../run/x", "other"])
    def test_dangling_link(self, built, to):
        (built / "etc/resolv.conf").unlink()
        (built / "etc/resolv.conf").symlink_to(to)
        self.see(built)

    def test_link_to_a_file(self, built):
        (built / "etc/resolv.conf").rename(built / "run/conf")
        (built / "etc/resolv.conf").symlink_to("/run/conf")
        self.see(built)

    def test_link_to_itself(self, built):
        (built / "etc/resolv.conf").unlink()
        (built / "etc/resolv.conf").symlink_to("resolv.conf")
        before = snapshot(built)
        one_error(sh(built, "true"), "/etc/resolv.conf", "symbolic links")
        assert snapshot(built) == before

    def test_own_mount_wins(self, built, tmp):
        (tmp / "mine").write_text("mine\n")
        assert sh(built, "cat /etc/resolv.conf", "-R", f"{tmp}/mine:{RESOLV}").ok().out == "mine\n"

    def test_none_without_the_host_network(self, built, tmp):
        seen = sh(built, "cat /etc/resolv.conf; wc -l < /proc/net/dev", "--net", "none").ok().out
        assert seen == "3\n", "two lines of heading, and lo"
        (tmp / "cfg").write_text("clone_newnet: true\nmount_proc: true\n")
        assert sh(built, "cat /etc/resolv.conf; wc -l < /proc/net/dev", "--config", tmp / "cfg").ok().out == "3\n"


def test_mounts_of_the_user(bare, tmp):
    """A target that the image lacks is there for the build only."""
    (tmp / "file").write_text("content")
    (tmp / "dir").mkdir()
    before = snapshot(bare)
    r = sh(bare, "cat /in/file; touch /cache/all/x; ls /scratch", "-R", f"{tmp}/file:/in/file", "-B",
           f"{tmp}/dir:/cache/all", "-T", "/scratch").ok()
    assert r.out == "content" and os.listdir(tmp / "dir") == ["x"]
    assert snapshot(bare) == before


def test_ids(built):
    r = sh(built, "id -u; id -g; wc -l < /proc/self/uid_map; awk '{ n += $3 } END { print n }' /proc/self/uid_map")
    uid, gid, lines, ids = r.ok().out.split()
    assert (uid, gid) == ("0", "0")
    assert {"root": ids == "4294967295", "user": ids == "65537" and lines == "2", "nested": ids == "1"}[MODE], r


@pytest.mark.modes("root", "user")
def test_other_ids(built, compile_c, tmp):
    """What a package manager does: give files away, drop to a user of its own with setgroups."""
    sh(built, "set -e; touch /a; chown 1000:1000 /a; chown 65534:65534 /tmp; echo _apt:x:42:65534::/:/bin/sh >> /etc/passwd;"
       "su _apt -c 'id -u; touch /tmp/b'; stat -c %u /a /tmp/b | tr '\\n' ' ' > /ids").ok()
    assert read(built / "ids") == b"1000 42 "
    first = 0 if MODE == "root" else 200000 - 1
    assert (built / "a").stat().st_uid == first + 1000


@pytest.mark.modes("nested")
def test_one_id_is_said(built):
    r = sh(built, "true").ok()
    assert "subordinate ids" in r.err, r


def test_capabilities_and_environment(built):
    r = sh(built, "awk '/CapEff|CapBnd/ { print $2 }' /proc/self/status; env | sort", env={"TERM": "vt100", "SECRET": "x",
           "PATH": os.environ["PATH"]}).ok()
    lines = r.out.split()
    assert [int(x, 16) for x in lines[:2]] == [DOCKER_CAPS] * 2
    env = dict(l.split("=", 1) for l in lines[2:])
    assert env.pop("PATH").startswith("/usr/local/sbin:") and env.pop("HOME") == "/root" and env.pop("TERM") == "vt100"
    assert set(env) <= {"PWD", "SHLVL", "_"}


def test_own_environment_wins(built):
    r = sh(built, "echo $HOME $PATH $X", "-E", "HOME=/tmp", "-E", "X=1", "-E", "PATH=/bin").ok()
    assert r.out == "/tmp /bin 1\n"


def test_network_of_the_host(built):
    assert sh(built, "readlink /proc/self/ns/net").ok().out.strip() == toast.host_namespaces()["net"]


def test_no_limits(built):
    r = sh(built, "dd if=/dev/zero of=/big bs=1M count=3 2>/dev/null; stat -c %s /big; rm /big; cut -d ' ' -f 19 /proc/self/stat").ok()
    assert r.out.split() == [str(3 << 20), str(os.nice(0))]


def test_command_with_options(built):
    assert sh(built, "hostname; pwd", "-H", "builder", "--cwd", "/tmp").ok().out == "builder\n/tmp\n"
    one_error(sh(built, "true", "-c", "/"), "--chroot")
    one_error(sh(built, "true", "-Mr"), "--mode")
    one_error(sh(built, "true", "--daemon"), "--daemon")


def test_command_that_is_not_there(built):
    assert image("shell", built, "--", "/bin/nonesuch").rc == 127
    assert image("shell", built, "--", "/etc/passwd").rc == 126


def test_result(built, tmp):
    sh(built, "exit 3", "--result_json", tmp / "result")
    result = json.loads(read(tmp / "result"))
    assert (result["reason"], result["exit_code"]) == ("exited", 3)
    image("shell", built, "--result_json", tmp / "result", "--", "/bin/nonesuch")
    assert json.loads(read(tmp / "result"))["reason"] == "setup_failed"


# ------------------------------------------------------------------------------------------ scripts
def test_interpreter_line(built, script):
    r = image("shell", built, "--script", script("#!/bin/echo  two words \nignored", "my setup"), "--", "a", "b")
    assert r.ok().out == "two words /dev/setup/my setup a b\n"
    r = image("shell", built, "--script", script("#! /bin/sh -e\nfalse\necho not reached\n"))
    assert r.rc == 1 and r.out == ""


@pytest.mark.parametrize("text", ["echo $0", "# a comment\necho $0\n", "", "\n\necho $0\n"])
def test_no_interpreter_line(built, script, text):
    r = image("shell", built, "--script", script(text)).ok()
    assert r.out == ("/dev/setup/setup.sh\n" if text else "")


def test_script_is_read_only_and_unseen_later(built, script):
    s = script("echo evil >> $0; rm -f $0; rm -rf /dev/setup; echo $#; cat $0\n")
    text, before = s.read_bytes(), snapshot(built)
    r = image("shell", built, "--script", s).ok()
    assert r.out.encode() == b"0\n" + text and s.read_bytes() == text
    assert snapshot(built) == before


def test_script_without_our_dev(bare, script):
    """Even where the image's own /dev is used."""
    before = snapshot(bare)
    r = image("shell", bare, "--no_dev", "--script", script("echo $0; ls -d /dev/*")).ok()
    assert r.out == "/dev/setup/setup.sh\n/dev/setup\n" and snapshot(bare) == before


CR = b"#!/bin/sh\r\necho hi\r\n"


@pytest.mark.parametrize("text, words", [
    (CR, ["carriage return", "CR"]),
    (b"echo hi\r\n", ["carriage return", "CR"]),
    (b"#!/usr/bin/python9\n", ["/usr/bin/python9", "No such file or directory"]),
    (b"#!/etc/passwd\n", ["/etc/passwd", "Permission denied"]),
    (b"#!/etc\n", ["/etc", "Permission denied"]),
    (b"#!\n", ["no interpreter"]),
    (b"#!  \t \n", ["no interpreter"]),
    (b"#!sh\n", ["absolute"]),
    (b"#!/" + b"x" * 300 + b"\n", ["longer"]),
    (b"\x7fELF\x02\x01\x01", ["program"]),
])
def test_script_that_cannot_work(built, script, text, words):
    s = script(text)
    before = snapshot(built)
    hint = one_error(toast.toast(f"--create_image={built}", f"--use_script={s}"), s, *words)
    assert "sed" in hint or text not in (CR, b"echo hi\r\n")
    assert snapshot(built) == before


def test_script_missing_or_no_file(built, tmp):
    os.mkfifo(tmp / "fifo")
    for name, word in (("none", "No such file"), (".", "a directory"), ("fifo", "not a regular file")):
        one_error(image("shell", built, "--script", tmp / name), tmp / name, word)
    one_error(image("shell", built, "--script", "x" * 5000), "too long")
    assert image("shell", built, "--script").rc == 125
    r = toast.toast("--use_script=/etc/passwd")
    assert r.rc == 125 or "create_image" in r.err, r


@pytest.mark.modes("user")
def test_script_not_readable(built, script):
    s = script("true")
    s.chmod(0)
    one_error(image("shell", built, "--script", s), s, "Permission denied")


def test_interpreter_is_looked_for_inside(built, script):
    """A link in the image leads to the image, not to the host."""
    (built / "bin/host").symlink_to("/usr/bin/python3")
    one_error(image("shell", built, "--script", script("#!/bin/host\n")), "/bin/host", "No such file or directory")


# ----------------------------------------------------------------------------------------- the shell
def test_shell_reads_stdin(built):
    r = image("shell", built, stdin=b"echo $((6 * 7)) > /answer; exit 4\n")
    assert r.rc == 4 and read(built / "answer") == b"42\n", r


def test_shell_is_bash_where_it_is(built):
    (built / "bin/bash").write_text("#!/bin/sh\necho I am bash\n")
    (built / "bin/bash").chmod(0o755)
    assert toast.toast(f"--create_image={built}").ok().out == "I am bash\n"


def test_no_shell(bare):
    (bare / "bin/sh").unlink()
    assert "bootstrap" in one_error(image("shell", bare), bare, "/bin/bash", "/bin/sh")


def test_interactive(built):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(toast.BIN, [toast.BIN, f"--create_image={built}"])
    out = b""

    def see(text):
        nonlocal out
        end = time.monotonic() + 10
        while text not in out and time.monotonic() < end:
            if select.select([fd], [], [], 0.1)[0]:
                try:
                    out += os.read(fd, 4096)
                except OSError:
                    break
        assert text in out, out

    see(b"# ")
    os.write(fd, b"tty; echo $((6*7))\n")
    see(b"\r\n42\r\n")
    assert b"/dev/pts/0" in out, out
    os.write(fd, f"sleep {LONG}\n".encode())
    assert wait_for(lambda: processes_with(LONG))
    os.write(fd, b"\x03")
    os.write(fd, b"exit 9\n")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    os.close(fd)
    assert b"Root shell in" in out


# ------------------------------------------------------------------------------------- the directory
@pytest.mark.parametrize("name", ["/", "//", "/.", "/proc/self/root", "link", "link/."])
def test_the_machines_own_root(tmp, name):
    (tmp / "link").symlink_to("/")
    name = name if name[0] == "/" else tmp / name
    for r in (toast.toast(f"--create_image={name}"), image("shell", name), image("bootstrap", name)):
        assert "bootstrap" in one_error(r, "root directory of this machine")


@pytest.mark.parametrize("name, word", [("none", "No such file"), ("file", "Not a directory"), ("fifo", "Not a dir"),
                                        ("loop", "symbolic links"), ("x" * 256, "too long"),
                                        ("x/" * 5000, "too long"), ("", "empty")], ids=lambda s: s[:20])
def test_no_directory(tmp, name, word):
    (tmp / "file").write_text("")
    (tmp / "loop").symlink_to("loop")
    os.mkfifo(tmp / "fifo")
    one_error(image("shell", tmp / name if name else ""), word)


@pytest.mark.parametrize("below", ["mnt", "var/a b\\c"])
def test_directory_with_mounts(built, below):
    (built / below).mkdir(exist_ok=True)
    r = in_namespace('mount -t tmpfs none "$1/$2" && "$T" image shell "$1" -- /bin/true', built, below)
    assert "umount" in one_error(r, "holds a mount", built / below)


def test_directory_that_is_a_mount(built):
    r = in_namespace('mount --bind "$1" "$1" && cd / && "$T" image shell "$1" -- /bin/true', built)
    assert r.ok()


@pytest.mark.parametrize("option, word", [("ro", "read-only"), ("noexec", "noexec")])
def test_directory_that_cannot_serve(built, option, word):
    r = in_namespace('mount --bind "$1" "$1" && mount -o remount,bind,"$2" "$1" && "$T" image shell "$1" -- /bin/true',
                     built, option)
    assert "mount" in one_error(r, word, built)


@pytest.mark.modes("user")
def test_directory_of_another():
    assert "owner" in one_error(image("shell", "/usr"), "/usr", "cannot be written")


def test_two_builds_at_once(built, tmp):
    proc = start(["image", "shell", built, "--", "/bin/sh", "-c", f"touch /started; sleep {LONG}"])
    try:
        assert wait_for(lambda: (built / "started").exists())
        (tmp / "link").symlink_to(built)
        for name in (built, f"{built}/.", tmp / "link"):
            assert "wait" in one_error(image("shell", name, "--", "/bin/true"), "being built")
    finally:
        proc.terminate()
        finish(proc)
    image("shell", built, "--", "/bin/true").ok()


# --------------------------------------------------------------------------------------- interrupted
@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(bare, script, sig):
    before = snapshot(bare)
    s = script(f"trap '' INT TERM; echo half > /half; sleep {LONG}\n")
    proc = start(["image", "shell", bare, "--script", s])
    assert wait_for(lambda: (bare / "half").exists())
    proc.send_signal(sig)
    r = finish(proc)
    assert r.rc == 128 + sig and "fresh directory" in r.err and sig.name in r.err, r
    assert not processes_with(LONG)
    after = snapshot(bare)
    assert after.pop("half") and after == before


def test_killed(bare):
    """SIGKILL: nothing of the build goes on, no mount point of ours stays, the next build works."""
    before = snapshot(bare)
    proc = start(["image", "shell", bare, "--", "/bin/sh", "-c", f"mkdir /new; cd /new; sleep {LONG}"])
    assert wait_for(lambda: (bare / "new").exists() and processes_with(LONG))
    proc.kill()
    finish(proc)
    assert wait_for(lambda: not processes_with(LONG))
    (bare / "new").rmdir()
    assert wait_for(lambda: snapshot(bare) == before), snapshot(bare).keys() ^ before.keys()
    assert wait_for(lambda: image("shell", bare, "--", "/bin/true").rc == 0)


def test_background_processes_end_with_the_build(built):
    sh(built, f"setsid sleep {LONG} > /dev/null 2>&1 & sleep 0.1").ok()
    assert not processes_with(LONG)


@pytest.mark.parametrize("what, rc", [("kill -9 $$", 137), ("kill -SEGV $$", 139)])
def test_killed_by_a_signal(built, what, rc):
    r = sh(built, what)
    assert r.rc == rc and "fresh directory" in r.err, r
