# SPDX-License-Identifier: BSD-3-Clause
"""Class 15: escape while building an image (CVE-2024-23651 and its like).

The set-up script is hostile, and so is the image that it leaves for the next build. A tree of canaries lies
beside the image, where every "../.." from inside would lead.
"""
import os
import pathlib
import stat
import subprocess

import pytest

import toast
from toast import MODE, finish, processes_with, start, wait_for

UP = "../" * 12


def image(*args, **kw):
    return toast.toast("image", *args, **kw)


@pytest.fixture
def place(make_root, tmp):
    """An image without mount points, and canaries beside it: empty files and directories as ours would be."""

    class Place:
        root = make_root(dirs=())
        canary = tmp / "canary"

        def run(self, script, *opts, **kw):
            (tmp / "evil.sh").write_text(script)
            return image("shell", self.root, "--script", tmp / "evil.sh", *opts, **kw)

        def tree(self):
            return sorted((os.path.relpath(os.path.join(top, n), self.canary), os.lstat(os.path.join(top, n)).st_mode)
                          for top, dirs, files in os.walk(self.canary) for n in dirs + files)

    p = Place()
    for name in ("proc", "dev", "etc", "run", "mnt"):
        (p.canary / name).mkdir(parents=True)
    (p.canary / "etc/resolv.conf").write_text("")
    (p.canary / "etc/passwd").write_text("canary")
    before = p.tree()
    yield p
    assert p.tree() == before and (p.canary / "etc/passwd").read_text() == "canary"


# Each replaces something that we remove after the build by a link to a canary of the same kind.
SWAPS = {
    "parent becomes a link": "mv /etc /moved; ln -s {c}/etc /etc",
    "parent becomes a relative link": "mv /etc /moved; ln -s {up}{c}/etc /etc",
    "parent is another directory": "mv /etc /moved; mkdir /etc; echo mine > /etc/resolv.conf",
    "swapped back and forth": "mv /etc /m; i=0; while [ $i -lt 300 ]; do ln -sfn {c}/etc /etc; rm /etc; mkdir /etc;"
                              "rmdir /etc; i=$((i + 1)); done; ln -s {c}/etc /etc",
}


@pytest.mark.parametrize("swap", SWAPS)
def test_clean_up_follows_no_link(place, swap):
    place.run(SWAPS[swap].format(c=place.canary, up=UP)).ok()
    if "another" in swap:
        assert (place.root / "etc/resolv.conf").read_text() == "mine\n"


def test_detects_broken_clean_up(place):
    """A builder that cleans up by path removes the canary after the same script."""
    place.run(SWAPS["parent becomes a link"].format(c=place.canary, up=UP))
    victim = place.canary / "etc/resolv.conf"
    assert victim.exists()
    (place.root / "etc/resolv.conf").unlink()
    assert not victim.exists()
    victim.write_text("")


def test_detects_broken_targets(place):
    """A builder that makes mount targets by path makes them outside."""
    (place.root / "mnt").symlink_to(place.canary / "mnt")
    os.makedirs(place.root / "mnt/new")
    assert (place.canary / "mnt/new").is_dir()
    (place.canary / "mnt/new").rmdir()


def test_clean_up_while_links_are_swapped(place):
    """A process of the caller's user swaps a directory of the image for a link all the time."""
    (place.root / "etc").mkdir()
    swapper = subprocess.Popen(["sh", "-c", f"cd {place.root}; while :; do mv etc e; ln -s {place.canary}/etc etc; "
                                "rm etc; mv e etc; done 2>/dev/null"])
    try:
        for _ in range(40):
            image("shell", place.root, "--", "/bin/true")
    finally:
        swapper.kill()
        swapper.wait()


# What a hostile image has in the place of what we mount on.
TARGETS = ["/etc/resolv.conf", "/etc", "/proc", "/dev"]


@pytest.mark.parametrize("where", TARGETS)
@pytest.mark.parametrize("to", ["{c}{w}", UP + "{c}{w}", "/proc/self/root{c}{w}", UP + "{c}/new"])
def test_target_is_a_link_out(place, where, to):
    """Nothing is made, mounted or removed outside, whether the build is refused or goes on."""
    at = pathlib.Path(f"{place.root}{where}")
    at.parent.mkdir(exist_ok=True)
    at.symlink_to(to.format(c=place.canary, w=where))
    before = toast.mounts()
    r = image("shell", place.root, "--", "/bin/true")
    assert r.rc in (0, 125), r
    assert toast.mounts() == before
    assert at.is_symlink() and not (place.canary / "new").exists()


def test_outside_cannot_be_named(place):
    """Every way up ends at the image."""
    r = place.run(f"for p in {UP} /proc/self/root/.. /proc/1/root/.. /proc/1/cwd /proc/self/cwd/.. /dev/fd/../../../..;"
                  f"do ls $p{place.canary} && echo ESCAPED $p; done 2>/dev/null; :")
    assert r.ok().out == "", r


def test_no_descriptor_leads_out(place):
    """The descriptor that holds the lock is a directory of the host's tree: it must not be inherited."""
    r = place.run("for p in /proc/[0-9]*; do for f in $p/fd/*; do t=$(readlink $f) || continue;"
                  f" echo \"$f $t\"; [ -e $f/..{place.canary} ] && echo ESCAPED $f; done; done; :").ok()
    assert "ESCAPED" not in r.out
    assert str(place.root) not in r.out and str(place.canary) not in r.out, r


@pytest.mark.parametrize("what", [
    "mount -t tmpfs none /mnt", "mount --bind / /mnt", "mount -o remount,rw /proc", "umount /proc", "umount /dev",
    "umount /etc/resolv.conf", "echo x > /etc/resolv.conf", "echo '|/evil' > /proc/sys/kernel/core_pattern",
    "echo b > /proc/sysrq-trigger", "echo 1 > /proc/sys/net/ipv4/ip_forward", "mknod /disk b 254 0",
    "mknod /kmsg c 1 11", "chroot / /bin/mount -t tmpfs none /mnt", "mv /etc/resolv.conf /x", "rm -f /etc/resolv.conf",
])
def test_refused(place, what):
    """With a build's capabilities none of this works, as root of the host neither."""
    before = pathlib.Path("/proc/sys/kernel/core_pattern").read_bytes()
    r = place.run(f"mkdir -p /mnt; {what} 2>/dev/null && echo DONE; :").ok()
    assert r.out == "", r
    assert pathlib.Path("/proc/sys/kernel/core_pattern").read_bytes() == before


def test_leaves_no_device_node(place):
    place.run("for n in 'disk b 254 0' 'mem c 1 1' 'null c 1 3' 'tty c 5 0'; do mknod /$n; mknod /dev/$n; done;"
              "cp -a /dev/null /copied; mkdir -p /d; mv /dev/null /d/; :")
    for top, dirs, files in os.walk(place.root):
        for name in dirs + files:
            mode = os.lstat(os.path.join(top, name)).st_mode
            assert not stat.S_ISBLK(mode) and not stat.S_ISCHR(mode), os.path.join(top, name)


def test_the_hosts_script_is_not_written(place, tmp):
    s = "for f in $0 /proc/$$/fd/* /proc/1/fd/*; do echo EVIL >> $f; done 2>/dev/null\nexec 3<>$0 && echo EVIL >&3\n:\n"
    place.run(s)
    assert (tmp / "evil.sh").read_text() == s


def test_the_hosts_processes_are_out_of_reach(place):
    victim = subprocess.Popen(["sleep", "98764"])
    try:
        r = place.run(f"kill -9 {victim.pid} -1 2>/dev/null; kill -9 -1; ps -o args | grep 9876[4]; :")
        assert "98764" not in r.out
        assert victim.poll() is None
    finally:
        victim.kill()
        victim.wait()


def test_a_killed_build_goes_nowhere(place):
    """SIGKILL in the middle, with the parent of a mount point swapped for a link out."""
    proc = start(["image", "shell", place.root, "--", "/bin/sh", "-c",
                  f"mv /etc /moved; ln -s {place.canary}/etc /etc; exec sleep 98763"])
    assert wait_for(lambda: processes_with("98763") and (place.root / "etc").is_symlink())
    proc.kill()
    finish(proc)
    assert wait_for(lambda: not processes_with("98763"))
    assert wait_for(lambda: not (place.root / "moved/resolv.conf").exists())


def test_failed_bootstrap_follows_no_link(tmp):
    """A tool that fails leaves links to the host behind: they are removed, not what they lead to."""
    (tmp / "canary").mkdir()
    (tmp / "canary/file").write_text("canary")
    (tmp / "bin").mkdir()
    tool = tmp / "bin/mmdebstrap"
    tool.write_text(f"#!/bin/sh\nfor a; do case $a in /*) d=$a;; esac; done\nmkdir -p $d/a/b; ln -s {tmp}/canary $d/a/b/l\n"
                    f"ln -s {tmp}/canary $d/dir; ln {tmp}/canary/file $d/hard; exit 1\n")
    tool.chmod(0o755)
    r = image("bootstrap", "--from", "debian", tmp / "new", env={**os.environ, "PATH": f"{tmp}/bin:{os.environ['PATH']}"})
    assert r.rc == 125 and not (tmp / "new").exists(), r
    assert (tmp / "canary/file").read_text() == "canary"


@pytest.mark.modes("root", "nested")
def test_failed_bootstrap_crosses_no_mount(tmp):
    """A mount that appeared in the directory meanwhile is not emptied."""
    (tmp / "canary").mkdir()
    (tmp / "canary/file").write_text("canary")
    (tmp / "bin").mkdir()
    tool = tmp / "bin/mmdebstrap"
    tool.write_text("#!/bin/sh\nfor a; do case $a in /*) d=$a;; esac; done\nmkdir $d/m; touch $d/go\n"
                    "while ! mountpoint -q $d/m; do sleep 0.05; done; exit 1\n")
    tool.chmod(0o755)
    script = ('PATH="$1/bin:$PATH" "$T" image bootstrap --from debian "$1/new" & p=$!; '
              'while ! [ -e "$1/new/go" ]; do sleep 0.05; done; mount --bind "$1/canary" "$1/new/m"; wait $p; echo $?')
    r = subprocess.run(["unshare", "--mount", "--propagation", "shared", "sh", "-c", script, "sh", tmp],
                       capture_output=True, text=True, timeout=30, env={**os.environ, "T": toast.BIN})
    assert r.stdout == "125\n", r
    assert (tmp / "canary/file").read_text() == "canary"


@pytest.mark.modes("root")
def test_a_build_of_root_has_no_power_over_the_host(place):
    """uid 0 inside is uid 0 outside, but in a user namespace: what only real root may is refused."""
    r = place.run("readlink /proc/self/ns/user; cat /dev/kmsg /proc/kmsg 2>/dev/null | head -c 1; cat /proc/1/environ | "
                  "tr '\\0' '\\n' | grep TOASTAINER; hostname inside-name; :", env={**os.environ, "TOASTAINER_X": "1"})
    assert r.rc == 0 and MODE == "root"
    assert r.out.split() != [] and r.out.split()[0] != toast.host_namespaces()["user"]
    assert len(r.out.split()) == 1 and os.uname().nodename != "inside-name", r
