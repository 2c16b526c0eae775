# SPDX-License-Identifier: BSD-3-Clause
"""Class 10: around the policy: other ways to make a call that it refuses, high bits, the policy's file changed."""
import errno
import os
import platform
import signal
import subprocess

import pytest

from toast import nsjail, run

X86 = platform.machine() == "x86_64"
ONLY_X86 = ["int80", "x32", "high-number"]
WAYS = ["mkdir", "io_uring", *(ONLY_X86 if X86 else [])]
FACES = {"run": run, "nsjail": nsjail}
MKDIR = "ERRNO(13) { mkdir, mkdirat }" if X86 else "ERRNO(13) { mkdirat }"
# What a policy with the built-in one answers: x32 and i386 calls die.
REFUSED = f"refused {errno.EACCES}\n"
ANSWER = {"mkdir": REFUSED, "high-number": REFUSED, "io_uring": f"refused {errno.EPERM}\n",
          "int80": -signal.SIGSYS, "x32": -signal.SIGSYS}


@pytest.fixture
def bypass(compile_c):
    return compile_c("attack/bypass.c")


def outcome(r):
    return -(r.rc - 128) if r.rc > 128 else r.out


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("extra", ["", "DEFAULT ALLOW"])
@pytest.mark.parametrize("way", WAYS)
def test_refused_by_every_way(bypass, face, extra, way):
    r = FACES[face]("-T", "/t", "-R", f"{bypass}:/bypass", "--seccomp_string", f"{MKDIR} USE toastainer_default {extra}",
                    "--", "/bypass", way, "/t/made")
    assert outcome(r) == ANSWER[way], r


@pytest.mark.skipif(not X86, reason="x86_64 only")
@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("policy", [f"{MKDIR} DEFAULT ALLOW", "ALLOW { mkdir } DEFAULT ALLOW"])
def test_foreign_calls_die_under_any_policy(bypass, face, policy):
    """A policy permits no i386 calls without ARCH, and in `run` not x32 calls unless it names one."""
    ways = ["int80", "x32"] if face == "run" else ["int80"]
    for way in ways:
        r = FACES[face]("-T", "/t", "-R", f"{bypass}:/bypass", "--seccomp_string", policy, "--", "/bypass", way, "/t/made")
        assert outcome(r) == -signal.SIGSYS, r


@pytest.mark.skipif(not X86, reason="x86_64 only")
@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("policy, answer", [
    ("ARCH i386 DEFAULT ALLOW", "MADE\n"),
    ("ARCH i386 ERRNO(13) { mkdir ON i386 } DEFAULT ALLOW", REFUSED),
    ("ARCH i386 ERRNO(13) { mkdir } DEFAULT ALLOW", REFUSED),
    ("ARCH i386 ERRNO(13) { mkdir } USE toastainer_default", REFUSED),
    ("ARCH i386 ERRNO(13) { mkdir ON x86_64 } DEFAULT ALLOW", "MADE\n"),
    ("ALLOW { mkdir ON i386 } DEFAULT ALLOW", -signal.SIGSYS),
])
def test_foreign_calls_that_a_policy_covers(bypass, face, policy, answer):
    """With ARCH, and with nothing else: then the policy's rules hold for them."""
    r = FACES[face]("-T", "/t", "-R", f"{bypass}:/bypass", "--seccomp_string", policy, "--", "/bypass", "int80", "/t/made")
    assert outcome(r) == answer, r


@pytest.mark.parametrize("way", WAYS)
def test_detects_broken(bypass, tmp, way):
    """A filter that looks at the number alone refuses mkdir, and is evaded by every other way that the kernel has."""
    made = tmp / "made"
    said = subprocess.run([bypass, "weak", way, made], capture_output=True, text=True).stdout
    if way in ("mkdir", "high-number"):  # the kernel itself drops the high bits, before the filter sees them
        assert said == REFUSED and not made.exists()
    elif said == f"refused {errno.ENOSYS}\n":
        # It got through the filter, and the kernel was built without: only the filter differs from the tests above.
        assert way in ("x32", "io_uring")
    elif way == "io_uring" and said == f"refused {errno.EPERM}\n":
        assert open("/proc/sys/kernel/io_uring_disabled").read().strip() != "0"
    else:
        assert said == "MADE\n" and made.exists()


def test_policy_that_forgets_io_uring(bypass, tmp):
    """A policy of one's own that forgets io_uring lets it through: what toastainer_default is for."""
    outside = subprocess.run([bypass, "io_uring", tmp / "made"], capture_output=True, text=True).stdout
    if outside in (f"refused {errno.ENOSYS}\n", f"refused {errno.EPERM}\n"):
        return  # the machine has none
    opts = ["-T", "/t", "-R", f"{bypass}:/bypass", "--seccomp_string"]
    cmd = ["--", "/bypass", "io_uring", "/t/made"]
    assert run(*opts, f"{MKDIR} DEFAULT ALLOW", *cmd).out == "MADE\n"
    assert run(*opts, f"{MKDIR} USE toastainer_default DEFAULT ALLOW", *cmd).out == ANSWER["io_uring"]


# ------------------------------------------------------------------ the policy's file, writable from inside
@pytest.fixture
def policy(tmp):
    d = tmp / "policy"
    d.mkdir()
    d.chmod(0o777)
    (d / "file").write_text(f"{MKDIR} DEFAULT ALLOW\n")
    (d / "file").chmod(0o666)
    return d / "file"


def jail(bypass, policy, *opts):
    return [*opts, "-T", "/t", "-R", f"{bypass}:/bypass", "-B", f"{policy.parent}:/p", "--proc_rw", "-P", policy,
            "--", "/bypass", "rewrite", "/t/made", "/p/file"]


@pytest.mark.parametrize("face", FACES)
def test_changed_policy_has_no_effect(bypass, policy, face):
    r = FACES[face](*jail(bypass, policy))
    assert policy.read_text() == "DEFAULT ALLOW\n", r
    assert r.out == REFUSED * 2, r


def test_changed_policy_has_no_effect_on_the_next_round(bypass, policy):
    """Nor on the jails that the same launcher starts later: the policy is read once."""
    r = run(*jail(bypass, policy, "-Mr", "--rerun_count", "3"))
    assert r.out == REFUSED * 6, r


def test_changed_policy_is_seen_by_the_next_launcher(bypass, policy):
    """That the attack's policy would permit it: who lets the jail write the file has no policy the next time."""
    run(*jail(bypass, policy))
    assert run(*jail(bypass, policy)).out == "MADE\n" * 2


@pytest.mark.parametrize("face", FACES)
def test_no_trace_of_the_policy_inside(root, policy, face):
    """Nothing in the jail names the policy's file, so that nothing in it could be replaced."""
    r = FACES[face]("-c", root, "-P", policy, "--", "/bin/sh", "-c",
                    "cat /proc/*/mountinfo /proc/*/cmdline; ls -lR /proc/self/fd /dev /tmp 2>&1")
    assert os.fspath(policy) not in r.out and os.fspath(policy.parent) not in r.out, r
