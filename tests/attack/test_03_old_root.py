# SPDX-License-Identifier: BSD-3-Clause
"""Class 3, its simplest form: the host's root must be gone, not merely covered. What lies on top of it while the
jail is set up (a tmpfs for files with content and for the layer of an overlay root) must go with it."""
import subprocess

import pytest

from toast import MODE, nsjail, run

WAYS = "/ /.. /../.. /proc/../.. /dev/../.. /etc/../../.. /proc/self/root/.. /proc/1/root/.. /proc/self/cwd/../.."


def look(tmp):
    """A script for inside: prints the mounts, and each way that leads to the host's root."""
    (tmp / "canary").write_text("")
    return f"cat /proc/self/mountinfo; for w in {WAYS}; do [ -e $w{tmp}/canary ] && echo ESCAPED $w; done; :"


def roots(text):
    """The mounts at /, and what they lie on or in."""
    table = [line.split() for line in text.splitlines() if line[0].isdigit()]
    top = [m for m in table if m[4] == "/"]
    return top, [m for m in table if m[0] in {t[1] for t in top}]


@pytest.mark.core
@pytest.mark.parametrize("face", ["run", "nsjail"])
@pytest.mark.parametrize("api", ["old", "new"])
@pytest.mark.parametrize("opts", [[], ["--rw"], ["--file", "/etc/f:text"], ["-R", "/etc/hosts:/missing/file"],
                                  ["--file", "/etc/f:text", "-T", "/missing/dir"], ["-T", "/mnt"]], ids=" ".join)
def test_old_root_is_gone(make_root, tmp, face, api, opts):
    d = make_root()
    (d / "etc/f").write_text("")
    f = run if face == "run" else nsjail
    r = f("-c", d, f"--experimental_mnt={api}", *opts, "--", "/bin/sh", "-c", look(tmp)).ok()
    assert "ESCAPED" not in r.out, r
    table = [line.split() for line in r.out.splitlines()]
    top, below = roots(r.out)
    assert len(top) == 1 and not below, r.out
    assert {m[4] for m in table} <= {"/", "/proc", "/tmp", "/mnt", "/etc/f", "/missing/file", "/missing/dir",
                                     *(m[4] for m in table if m[4].startswith("/dev"))}, r.out


@pytest.mark.core
def test_detects_broken(make_root, tmp):
    """A root that is only mounted over the host's, without going there: everything is where it was."""
    own = [] if MODE == "root" else ["-U", "-r"]
    p = subprocess.run(["unshare", *own, "--mount", "--propagation", "private", "/bin/sh", "-c",
                        f"mount --bind {make_root()} / || exit 99; {look(tmp)}"], capture_output=True, text=True)
    assert p.returncode == 0 and "ESCAPED /\n" in p.stdout, p
    top, below = roots(p.stdout)
    assert len(top) > 1 and below, p.stdout
