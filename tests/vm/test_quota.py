# SPDX-License-Identifier: BSD-3-Clause
"""Project quotas of ext4 and xfs, which not every kernel has: the layer of a jail's root cannot grow beyond its limits."""
import json
import os
import subprocess

import pytest

from toast import run

pytestmark = [pytest.mark.vm, pytest.mark.modes("root")]
MAKE = {"ext4": ["mkfs.ext4", "-q", "-O", "quota,project", "-E", "quotatype=prjquota"], "xfs": ["mkfs.xfs", "-q"]}


@pytest.fixture(params=MAKE)
def volume(request, tmp):
    image, vol = tmp / "img", tmp / "vol"
    vol.mkdir()
    with open(image, "wb") as f:
        f.truncate(400 << 20)
    subprocess.run([*MAKE[request.param], image], check=True)
    subprocess.run(["mount", "-o", "loop,prjquota", image, vol], check=True)
    (vol / "up").mkdir()
    yield vol
    subprocess.run(["umount", vol], check=True)


@pytest.mark.parametrize("kind", ["quota", "auto"])
def test_quota(root, volume, tmp, kind):
    def jail(script, *opts):
        r = run("-c", root, "--discard", "--upper", f"{kind}:{volume}/up", "--result_json", tmp / "r", *opts, "--", "/bin/sh", "-c", script)
        assert os.listdir(volume / "up") == [], r
        return r, json.loads((tmp / "r").read_text())

    r, j = jail("dd if=/dev/zero of=/big bs=64k count=300; ls -l /big | tr -s ' ' | cut -d' ' -f5", "--disk_limit", "8M")
    assert j["root"]["upper"] == "quota" and j["limits_hit"] == ["disk"], (r, j)
    assert 7 << 20 < int(r.out) <= 8 << 20 and 7 << 20 < j["disk_used_bytes"] <= 9 << 20, (r, j)
    assert [p["state"] for p in j["receipt"] if p["protection"] == "disk_limit"] == ["enforced"]
    r, j = jail("i=0; while echo > /f$i; do i=$((i+1)); done; echo $i", "--inode_limit", "50")
    assert j["limits_hit"] == ["inodes"] and 40 <= int(r.out) <= 50, (r, j)
    r, j = jail("head -c 1000000 /dev/zero > /f", "--disk_limit", "8M")  # neighbours' numbers are not counted
    assert j["limits_hit"] == [] and r.rc == 0, (r, j)


def test_kept(root, volume, tmp):
    args = ["-c", root, "--keep", volume / "k", "--upper", "quota", "--disk_limit", "4M", "--result_json", tmp / "r", "--", "/bin/sh", "-c"]
    r = run(*args, "head -c 3000000 /dev/zero > /a")
    assert r.rc == 0, r
    r = run(*args, "head -c 3000000 /dev/zero > /b")
    assert r.rc != 0 and json.loads((tmp / "r").read_text())["limits_hit"] == ["disk"], r


def test_without(root, tmp):
    (tmp / "up").mkdir()
    r = run("-c", root, "--discard", "--upper", f"quota:{tmp}/up", "--disk_limit", "1M", "--", "/bin/true")
    assert r.rc == 125 and "prjquota" in r.hints()[0] and os.listdir(tmp / "up") == [], r
