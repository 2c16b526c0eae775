# SPDX-License-Identifier: BSD-3-Clause
"""The root directory, and what is mounted below it without being asked for."""
import os

import pytest

from toast import mounts, nsjail, run


@pytest.mark.core
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_read_only(sh, root, face):
    r = sh("touch /x /etc/x; rm /etc/passwd; echo > /etc/passwd; chmod 777 /bin; mkdir /y", face=face)
    assert r.rc != 0
    assert r.err.count("Read-only file system") >= 4, r
    assert not (root / "x").exists() and not (root / "y").exists()
    assert (root / "etc" / "passwd").read_text().startswith("root:")


@pytest.mark.core
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_writable(own_root, face):
    f = run if face == "run" else nsjail
    f("-c", own_root, "--rw", "--", "/bin/sh", "-c", "echo data > /etc/x").ok()
    assert (own_root / "etc" / "x").read_text() == "data\n"


@pytest.mark.core
def test_nothing_but_what_was_asked_for(root):
    m = mounts(run("-c", root, "--", "/bin/cat", "/proc/self/mountinfo").ok().out)
    extra = {p for p in m if not p.startswith("/dev/")} - {"/", "/proc", "/dev", "/tmp"}
    assert not extra, m
    m = mounts(nsjail("-c", root, "--", "/bin/cat", "/proc/self/mountinfo").ok().out)
    assert set(m) == {"/", "/proc"}, m


@pytest.mark.parametrize("api", ["old", "new"])
def test_both_mount_apis(root, api):
    r = run("-c", root, f"--experimental_mnt={api}", "-T", "/mnt", "-R", f"{root}/etc:/opt", "--", "/bin/sh", "-c", "touch /mnt/x && echo rw; touch /opt/x 2>/dev/null || echo ro;"
            "cat /opt/passwd | head -n 1")
    assert r.ok().out == "rw\nro\nroot:x:0:0:root:/root:/bin/sh\n"


@pytest.mark.core
def test_empty_root(root):
    r = run("-R", f"{root}/bin:/bin", "--", "/bin/ls", "/")
    assert r.ok().out.split() == ["bin", "dev", "proc", "tmp"]
    r = nsjail("-R", f"{root}/bin:/bin", "--", "/bin/ls", "/")
    assert r.ok().out.split() == ["bin", "proc"]


def test_empty_root_is_read_only(root):
    assert run("-R", f"{root}/bin:/bin", "--", "/bin/touch", "/x").rc == 1
    assert nsjail("-R", f"{root}/bin:/bin", "--", "/bin/touch", "/x").rc == 1


def test_empty_root_holds_no_program():
    r = run("--", "/bin/ls", "/")
    assert r.rc == 127 and len(r.errors()) == 1 and "/bin/ls" in r.errors()[0], r


@pytest.mark.core
def test_host_root(tmp):
    """-c / is the whole host, read-only, submounts too."""
    r = run("-c", "/", "--", "/bin/cat", "/proc/self/mountinfo").ok()
    own = {"/proc", "/dev", "/tmp"}
    writable = [p for p, (_, o) in mounts(r.out).items()
                if "rw" in o and p not in own and not p.startswith(("/dev/", "/proc/"))]
    assert not writable, writable


def test_symlink_to_the_host_root(tmp):
    (tmp / "link").symlink_to("/")
    assert run("-c", tmp / "link", "--", "/bin/true").rc == 0


@pytest.mark.modes("root", "nested")
@pytest.mark.parametrize("face", ["run", "nsjail"])
@pytest.mark.parametrize("api", ["old", "new"])
def test_submounts_of_a_read_only_root_are_read_only(own_root, in_mount_namespace, face, api):
    first = ["run"] if face == "run" else ["-Q", "-Mo"]
    r = in_mount_namespace(f"mount -t tmpfs none {own_root}/mnt && mkdir {own_root}/mnt/deep && "
                           f"mount -t tmpfs none {own_root}/mnt/deep", *first, f"--experimental_mnt={api}",
                           "-c", own_root, "--", "/bin/sh", "-c", "ls /mnt; touch /mnt/x || touch /mnt/deep/x")
    assert (r.rc, r.out) == (1, "deep\n"), r


@pytest.mark.modes("root", "nested")
def test_writable_root_on_a_read_only_file_system(own_root, in_mount_namespace):
    r = in_mount_namespace(f"mount --bind {own_root} {own_root} && mount -o remount,bind,ro {own_root}",
                           "run", "--rw", "-c", own_root, "--", "/bin/sh", "-c", "touch /x; echo $?")
    assert r.out == "1\n" or r.rc == 125, r


@pytest.mark.modes("root", "nested")
def test_root_on_a_noexec_file_system(own_root, in_mount_namespace):
    r = in_mount_namespace(f"mount --bind {own_root} {own_root} && mount -o remount,bind,noexec {own_root}",
                           "run", "-c", own_root, "--", "/bin/true")
    assert r.rc == 126 and len(r.errors()) == 1, r
    assert any("noexec" in h for h in r.hints()), r


@pytest.mark.core
def test_no_pivotroot(root):
    r = run("-c", root, "--no_pivotroot", "--", "/bin/ls", "/bin/state", "/proc/self/status")
    assert r.rc == 0, r


@pytest.mark.core
def test_old_root_is_gone(sh, root):
    """No way back by dot-dot, and no mount of the old root to be seen."""
    r = sh(f"cd /; cd ../../../..; ls -d {root} 2>/dev/null; pwd; cat /proc/self/mountinfo | grep -c ' / / '")
    assert r.out.split()[0] == "/", r


@pytest.mark.parametrize("path", ["/tmp", "/proc", "/dev"])
def test_users_mount_replaces_ours(sh, own_root, path):
    (own_root / "var" / "own").write_text("here\n")
    r = run("-c", own_root, "-R", f"{own_root}/var:{path}", "--", "/bin/cat", f"{path}/own")
    assert r.ok().out == "here\n"


def test_ours_come_after_a_mount_on_the_root(root):
    """A user's mount on / does not hide /proc, /dev and /tmp."""
    r = run("-R", f"{root}:/", "--", "/bin/sh", "-c", "ls /proc/self/status && touch /tmp/x && echo > /dev/null")
    assert r.ok().out == "/proc/self/status\n"


def test_ours_come_before_mounts_below_them(root, tmp):
    (tmp / "f").write_text("f\n")
    r = run("-c", root, "-R", f"{tmp}/f:/tmp/f", "-R", f"{tmp}:/dev/shm", "--", "/bin/cat", "/tmp/f", "/dev/shm/f")
    assert r.ok().out == "f\nf\n"


@pytest.mark.core
def test_private_tmp(sh):
    r = sh("touch /tmp/x && ls /tmp; stat -c %a /tmp")
    assert r.ok().out == "x\n1777\n"


def test_no_tmp(own_root):
    (own_root / "tmp" / "there").touch()
    assert run("-c", own_root, "--no_private_tmp", "--", "/bin/ls", "/tmp").ok().out == "there\n"


def test_no_proc(root):
    assert run("-c", root, "--disable_proc", "--", "/bin/ls", "/proc").ok().out == ""


def test_proc_elsewhere(root):
    r = run("-c", root, "--proc_path", "/mnt", "--", "/bin/ls", "-d", "/mnt/self", "/proc/self")
    assert r.out == "/mnt/self\n", r


@pytest.mark.core
def test_proc_is_the_jails(sh):
    assert sh("cd /proc; ls -d [0-9]*").ok().out.split()[0] == "1"


def test_proc_read_only_in_the_nsjail_face(root):
    m = mounts(nsjail("-c", root, "--", "/bin/cat", "/proc/self/mountinfo").ok().out)
    assert m["/proc"][0] == "proc" and "ro" in m["/proc"][1]
    m = mounts(nsjail("-c", root, "--proc_rw", "--", "/bin/cat", "/proc/self/mountinfo").ok().out)
    assert "rw" in m["/proc"][1]


def tree(d):
    return sorted(os.path.join(top, n) for top, dirs, files in os.walk(d) for n in dirs + files)


@pytest.mark.core
@pytest.mark.parametrize("rw", [[], ["--rw"]])
@pytest.mark.parametrize("opts, look", [
    ([], "ls -d /proc/self /dev/null /tmp"),
    (["-T", "/new/deep"], "touch /new/deep/x"),
    (["-R", "/etc/passwd:/new/file"], "test -s /new/file"),
    (["-R", "/etc:/new/etc"], "test -s /new/etc/passwd"),
    (["--file", "/new/f:text"], "grep text /new/f"),
    (["-s", "/bin:/new/link"], "ls /new/link/sh"),
])
def test_missing_targets_are_not_created_in_the_directory(make_root, opts, look, rw):
    """They are supplied another way, or are an error; the directory stays as it was."""
    d = make_root(dirs=("proc", "dev", "tmp") if opts else ())
    before = tree(d)
    r = run("-c", d, *rw, *opts, "--", "/bin/sh", "-c", look)
    assert tree(d) == before
    if r.rc == 125:
        assert len(r.errors()) == 1, r
        assert not opts or opts[-1].split(":")[-1] in r.errors()[0] or opts[-1].split(":")[0] in r.errors()[0], r
    else:
        assert r.rc == 0, r


def test_missing_targets_are_created_in_the_nsjail_face(make_root):
    d = make_root(dirs=("proc",))
    nsjail("-c", d, "-T", "/newdir", "--", "/bin/true").ok()
    assert (d / "newdir").is_dir()


def test_working_directory_stays(root, tmp):
    """The caller's directory may be anywhere, even one that is gone."""
    gone = tmp / "gone"
    gone.mkdir()
    r = run("-c", root, "--", "/bin/pwd", preexec_fn=lambda: (os.chdir(gone), os.rmdir(gone)))
    assert r.ok().out == "/\n"


def test_relative_root(root):
    r = run("-c", root.name, "--", "/bin/pwd", cwd=root.parent)
    assert r.ok().out == "/\n"
