# SPDX-License-Identifier: BSD-3-Clause
"""Class 21 for the layer of a root of the jail's own: ways to write more than --disk_limit and --inode_limit allow."""
import json

import pytest

from toast import run

# Each prints how many KiB it could write: new files, what the layers below have, deleted ones that are still open.
BYTES = {
    "new file": "head -c 9000000 /dev/zero > /a; wc -c < /a",
    "many files": "i=0; while [ $i -lt 90 ]; do head -c 100000 /dev/zero > /f$i || break; i=$((i+1)); done; cat /f* | wc -c",
    "copied up": "i=0; while [ $i -lt 9 ]; do echo x >> /opt/big$i || break; i=$((i+1)); done; echo $((i * 1000000))",
    "deleted and open": "exec 3> /a; rm /a; head -c 9000000 /dev/zero >&3; wc -c < /proc/self/fd/3",
    "below other directories": "mkdir -p /x/y/z; head -c 9000000 /dev/zero > /x/y/z/a; wc -c < /x/y/z/a",
}
FILES = {
    "files": "i=0; while echo > /f$i; do i=$((i+1)); [ $i -lt 500 ] || break; done; echo $i",
    "directories": "i=0; while mkdir /f$i; do i=$((i+1)); [ $i -lt 500 ] || break; done; echo $i",
    "links": "i=0; while ln -s x /f$i; do i=$((i+1)); [ $i -lt 500 ] || break; done; echo $i",
    "pipes": "i=0; while busybox mkfifo /f$i; do i=$((i+1)); [ $i -lt 500 ] || break; done; echo $i",
    "deleted ones of the layers": "i=0; for f in /opt/n*; do rm $f || break; i=$((i+1)); done; echo $i",
}


@pytest.fixture(scope="module")
def full_root(make_root):
    d = make_root()
    for i in range(9):
        (d / "opt" / f"big{i}").write_bytes(bytes(1000000))
    for i in range(300):
        (d / "opt" / f"n{i}").touch()
    return d


def attack(root, tmp, script, *opts):
    r = run("-c", root, "--discard", *opts, "--result_json", tmp / "r", "--", "/bin/sh", "-c", script)
    return int(r.out.split()[-1]), json.loads((tmp / "r").read_text()), r


@pytest.mark.parametrize("api", ["new", "old"])
@pytest.mark.parametrize("way", BYTES)
def test_bytes(full_root, tmp, way, api):
    n, j, r = attack(full_root, tmp, BYTES[way], f"--experimental_mnt={api}", "--disk_limit", "3M")
    assert 1_000_000 < n <= 3 << 20, r
    assert j["disk_used_bytes"] <= (3 << 20) + (1 << 17), j  # with what /dev and /tmp have


@pytest.mark.parametrize("way", FILES)
def test_files(full_root, tmp, way):
    n, _, r = attack(full_root, tmp, FILES[way], "--inode_limit", "100")
    # What is deleted in a layer is noted by links to one file: those cost no further one.
    assert n <= (300 if way.startswith("deleted") else 100) and (n >= 90 or way.startswith("deleted")), r


@pytest.mark.parametrize("way", BYTES)
def test_bytes_detects_broken(full_root, tmp, way):
    n, _, r = attack(full_root, tmp, BYTES[way])
    assert n > 3 << 20, r


@pytest.mark.parametrize("way", [w for w in FILES if w != "deleted ones of the layers"])
def test_files_detects_broken(full_root, tmp, way):
    n, _, r = attack(full_root, tmp, FILES[way])
    assert n > 100, r
