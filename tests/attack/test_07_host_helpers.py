# SPDX-License-Identifier: BSD-3-Clause
"""Class 7: programs that the kernel starts on the host for us: core_pattern, and v1's release_agent (CVE-2022-0492)."""
import os
import subprocess

import pytest

import cgroups
import toast

# With /proc writable or mounted anew, host's root may write there as the owner: not a jail of his own id (SECURITY.md).
OTHER = ["-u", "0:31234:1", "-g", "0:31234:1"]
FACES = [["run"], ["-Q", "-Mo"], ["run", "--keep_caps"]]
if toast.MODE == "root":
    FACES += [["run", "--disable_clone_newuser"], ["run", "--proc_rw", *OTHER],
              ["run", "--keep_caps", "--proc_rw", *OTHER]]


@pytest.fixture
def escape(compile_c):
    return compile_c("attack/cgroup_escape.c")


@pytest.mark.parametrize("opts", FACES, ids=" ".join)
@pytest.mark.parametrize("limited", [False, True][:1 + (toast.MODE == "root")], ids=lambda v: "limited" if v else "")
def test_neither_can_be_written(root, escape, opts, limited):
    """Also from a nested user namespace, with mounts of its own."""
    if limited:
        if not cgroups.home("pids") or not os.access(cgroups.home("pids"), os.W_OK):
            pytest.skip("no control group for pids")
        opts = [*opts, "--cgroup_pids_max", "20"]
    r = toast.toast(*opts, "-c", root, "-T", "/tmp", "-T", "/mnt", "-R", f"{escape}:/mnt/x", "--", "/mnt/x", "9").ok()
    assert "tried" in r.out
    assert "core_pattern" not in r.out and "release_agent" not in r.out, r


@pytest.mark.modes("root")
def test_detects_broken_core_pattern(escape):
    """Outside of any jail root can open it: nothing is written."""
    out = subprocess.run(["unshare", "-m", escape, "9"], capture_output=True, text=True).stdout
    assert "opened core_pattern in /proc" in out, out


@pytest.mark.modes("root")
def test_detects_broken_release_agent(escape, tmp):
    """Root outside of any jail, in a hierarchy that is made for this and ends with it."""
    script = (f"mount -t cgroup -o none,name=toastainer{os.getpid()} none {tmp} || exit 77; {escape} /no/agent {tmp}; "
              f"umount {tmp}")
    p = subprocess.run(["unshare", "-m", "--propagation", "private", "sh", "-c", script], capture_output=True, text=True)
    if p.returncode == 77:
        pytest.skip("no hierarchy can be mounted here")
    assert f"wrote {tmp} release_agent" in p.stdout, p
