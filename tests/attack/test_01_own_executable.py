# SPDX-License-Identifier: BSD-3-Clause
"""Class 1: the launcher's own executable overwritten through /proc/*/exe (CVE-2019-5736)."""
import hashlib
import os
import shutil
import subprocess

import pytest

import toast
from toast import nsjail, run


def identity(path):
    """What overwrite_exe takes for its victim."""
    st = os.stat(path)
    return f"{st.st_dev}:{st.st_ino}"


def digest(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest()


@pytest.fixture
def own_binary(tmp):
    """A writable copy of the program under test, so that a success spoils nothing else."""
    copy = tmp / "toastainer"
    shutil.copy(toast.BIN, copy)
    old, toast.BIN = toast.BIN, str(copy)
    yield copy
    toast.BIN = old


OPTS = [["run"], ["run", "--no_init"], ["run", "--keep_caps"], ["run", "--user", "0"], ["-Q", "-Mo"]]
if toast.MODE == "root":
    OPTS += [["run", "--disable_clone_newuser", "--keep_caps"], ["-Q", "-Mo", "--disable_clone_newuser", "--keep_caps"]]


@pytest.mark.parametrize("opts", OPTS)
def test_not_through_proc(root, compile_c, own_binary, opts):
    program = compile_c("attack/overwrite_exe.c")
    before = digest(own_binary)
    r = toast.toast(*opts, "-c", root, "-T", "/mnt", "-R", f"{program}:/mnt/x", "--", "/mnt/x",
                    identity(own_binary), "100")
    assert "refused" in r.out, r
    assert digest(own_binary) == before


@pytest.mark.parametrize("opts", OPTS)
def test_not_as_the_program(root, own_binary, opts):
    """/proc/self/exe as the command: our own binary may run again, but it cannot be changed by that."""
    before = digest(own_binary)
    r = toast.toast(*opts, "-c", root, "--", "/proc/self/exe", "--help")
    assert r.rc in (0, 125, 126, 127, 255), r
    assert digest(own_binary) == before


def test_not_as_an_interpreter(own_root, own_binary):
    script = own_root / "bin" / "script"
    script.write_text("#!/proc/self/exe\n")
    script.chmod(0o755)
    before = digest(own_binary)
    run("-c", own_root, "--", "/bin/script")
    nsjail("-c", own_root, "--", "/bin/script")
    assert digest(own_binary) == before


def test_detects_broken(compile_c, tmp):
    """Without a jail around it the same program overwrites the executable of a launcher that ended."""
    victim = tmp / "victim"
    shutil.copy("/bin/busybox", victim)
    before = digest(victim)
    launcher = subprocess.Popen(["busybox", "sleep", "0.3"], executable=victim)
    out = subprocess.Popen([compile_c("attack/overwrite_exe.c"), identity(victim), "2000"], stdout=subprocess.PIPE, text=True)
    launcher.wait()
    text = out.communicate(timeout=10)[0]
    assert "WROTE" in text and digest(victim) != before, text
    os.remove(victim)
