# SPDX-License-Identifier: BSD-3-Clause
"""Class 5: a fake /dev/null, /dev/pts or console (CVE-2025-31133, CVE-2025-52565)."""
import pytest

from toast import nsjail, run

# device numbers and file system type of what a program takes for /dev/null, /dev/zero, /dev/ptmx's file system
CHECK = ("stat -c '%F %t:%T' /dev/null /dev/zero; stat -f -c %T /dev/pts; "
         "test -L /dev/null && echo link; head -c 5 /dev/zero | od -An -c; cat /dev/null")
GOOD = ["character special file 1:3", "character special file 1:5", "devpts"]


def honest(r):
    return r.out.splitlines()[:3] == GOOD and "link" not in r.out and "planted" not in r.out


@pytest.fixture
def planted(own_root, canary):
    """A root whose /dev was prepared by somebody else."""
    dev = own_root / "dev"
    (dev / "null").write_text("planted\n")
    (dev / "zero").symlink_to(canary.path / "secret")
    (dev / "pts").mkdir()
    (dev / "pts" / "0").write_text("planted\n")
    (dev / "ptmx").symlink_to("/bin/sh")
    (dev / "console").symlink_to(canary.path / "secret")
    return own_root


@pytest.mark.parametrize("opts", [[], ["--rw"], ["--experimental_mnt=old"], ["--experimental_mnt=old", "--rw"]])
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_planted_in_the_root(planted, canary, opts, face):
    go, more = (run, []) if face == "run" else (nsjail, ["--dev"])
    r = go("-c", planted, *opts, *more, "--", "/bin/sh", "-c", CHECK)
    assert honest(r), r
    assert not canary.touched()


@pytest.mark.parametrize("opts", [[], ["--no_dev"], ["--stderr_to_null"]])
def test_standard_descriptors_to_null(planted, canary, opts):
    """--silent opens the real null device, not the root's."""
    r = run("-c", planted, "--rw", *opts, "--silent", "--", "/bin/sh", "-c", "echo overwritten; echo overwritten >&2")
    assert r.rc == 0 and not canary.touched() and (planted / "dev" / "null").read_text() == "planted\n"


@pytest.mark.modes("root", "nested")
@pytest.mark.parametrize("fake", ["file", "other device", "link"])
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_hosts_own_is_a_fake(root, tmp, in_mount_namespace, fake, face):
    """The machine we run on was tampered with (we are in somebody's container): refuse, or be honest."""
    (tmp / "fake").write_text("planted\n")
    how = {"file": f"mount --bind {tmp}/fake /dev/null",
           "other device": "mount --bind /dev/zero /dev/null",
           "link": f"mkdir {tmp}/d && mount --bind /dev {tmp}/d && mount -t tmpfs none /dev && "
                   f"for f in zero full random urandom tty; do touch /dev/$f; mount --bind {tmp}/d/$f /dev/$f; done; "
                   f"ln -s {tmp}/fake /dev/null; mkdir /dev/pts /dev/shm"}[fake]
    first = ["run"] if face == "run" else ["-Q", "-Mo", "--dev"]
    r = in_mount_namespace(how, *first, "-c", root, "--", "/bin/sh", "-c", CHECK)
    assert honest(r) or (r.rc in (125, 255) and len(r.errors()) == 1 and "null" in r.errors()[0]), r


def test_detects_broken(planted, naive):
    """A launcher that takes /dev as the root has it."""
    assert not honest(naive("-U", "-r", planted, "--", "/bin/sh", "-c", CHECK))


def test_off_by_option_detects_broken(planted):
    assert not honest(run("-c", planted, "--no_dev", "--", "/bin/sh", "-c", CHECK))
