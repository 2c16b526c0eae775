# SPDX-License-Identifier: BSD-3-Clause
"""Class 3, its simplest form: the host's root must be gone, not merely covered. What lies on top of it while the
jail is set up (a tmpfs for files with content and for the layer of an overlay root) must go with it."""
import pytest

from toast import nsjail, run

WAYS = "/ /.. /../.. /proc/../.. /dev/../.. /etc/../../.. /proc/self/root/.. /proc/1/root/.. /proc/self/cwd/../.."


@pytest.mark.core
@pytest.mark.parametrize("face", ["run", "nsjail"])
@pytest.mark.parametrize("api", ["old", "new"])
@pytest.mark.parametrize("opts", [[], ["--rw"], ["--file", "/etc/f:text"], ["-R", "/etc/hosts:/missing/file"],
                                  ["--file", "/etc/f:text", "-T", "/missing/dir"], ["-T", "/mnt"]], ids=" ".join)
def test_old_root_is_gone(make_root, tmp, face, api, opts):
    d = make_root()
    (d / "etc/f").write_text("")
    (tmp / "canary").write_text("")
    look = f"cat /proc/self/mountinfo; for w in {WAYS}; do [ -e $w{tmp}/canary ] && echo ESCAPED $w; done; :"
    f = run if face == "run" else nsjail
    r = f("-c", d, f"--experimental_mnt={api}", *opts, "--", "/bin/sh", "-c", look).ok()
    assert "ESCAPED" not in r.out, r
    table = [line.split() for line in r.out.splitlines()]
    roots = [m for m in table if m[4] == "/"]
    assert len(roots) == 1 and not [m for m in table if m[0] == roots[0][1]], r.out
    assert {m[4] for m in table} <= {"/", "/proc", "/tmp", "/mnt", "/etc/f", "/missing/file", "/missing/dir",
                                     *(m[4] for m in table if m[4].startswith("/dev"))}, r.out
