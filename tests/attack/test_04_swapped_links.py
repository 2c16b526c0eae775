# SPDX-License-Identifier: BSD-3-Clause
"""Class 4: a directory is swapped for a link while the jail is set up (CVE-2021-30465)."""
import os
import subprocess

import pytest

from toast import nsjail, run

LAUNCHES = 2000 if os.environ.get("TOASTAINER_TEST_SLOW") else 120


@pytest.fixture
def swapper(own_root, canary, compile_c):
    """own_root/vol is now a directory with `in`, now a link to the canary, some 100,000 times a second."""
    (own_root / "vol").mkdir()
    (own_root / "vol" / "in").mkdir()
    (own_root / "other").symlink_to(canary.path)
    p = subprocess.Popen([compile_c("attack/swap.c"), own_root / "vol", own_root / "other"], stdout=subprocess.PIPE)
    p.stdout.readline()
    yield
    p.kill()
    p.wait()
    p.stdout.close()


@pytest.mark.parametrize("api", ["new", "old"])
@pytest.mark.parametrize("face", ["run", "run --rw", "nsjail --rw"])
def test_swapped_target(own_root, canary, swapper, face, api):
    f, *rw = face.split()
    go = run if f == "run" else nsjail
    for _ in range(LAUNCHES // 6):
        r = go("-c", own_root, f"--experimental_mnt={api}", *rw, "-T", "/vol/in", "-R", "/etc:/vol/made", "--",
               "/bin/cat", "/vol/secret", "/vol/in/secret")
        assert "canary's secret" not in r.out and r.rc in (0, 1, 125, 255), r
        assert not canary.touched(), r


def test_swapped_source(own_root, canary, swapper):
    """The source of a bind: resolved once; the caller asked for that name, so either is right, but not a mix."""
    for _ in range(LAUNCHES // 6):
        r = run("-c", own_root, "-R", f"{own_root}/vol:/mnt", "--", "/bin/sh", "-c", "ls /mnt")
        assert r.rc == 125 or sorted(r.out.split()) in (["in"], ["secret", "sub"]), r


def test_detects_broken(own_root, canary, swapper, naive):
    for _ in range(2000):
        naive("-U", "-r", own_root, "-b", "/etc:/vol/made", "--", "/bin/true")
        if canary.touched():
            return
    raise AssertionError("the swapping never hit the naive launcher")
