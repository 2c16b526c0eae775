# SPDX-License-Identifier: BSD-3-Clause
"""Class 9: the jail types into its caller's terminal, also with high bits of the ioctl number set."""
import errno

import pytest

from toast import read

# Without what protects by itself: a session, or a terminal, of the jail's own.
CRIPPLED = ["-Q", "-Mo", "--skip_setsid"]
WITHOUT_SESSION = {"inherited": CRIPPLED, "capable": [*CRIPPLED, "--keep_caps", "--disable_clone_newuser"]}
HOW = ["tiocsti", "tioclinux", "tiocsetd"]
HIGH = [[], ["high-bits"]]
# Compares 64 bits, as a filter does that was written with numbers only.
NAIVE = "ERRNO(1) { ioctl(fd, number) { number == 0x5412 || number == 0x541c || number == 0x5423 } } DEFAULT ALLOW"
LOW = "ERRNO(1) { ioctl { cmd == TIOCSTI || cmd == TIOCLINUX || cmd == 0x5423 } } DEFAULT ALLOW"


@pytest.fixture
def attack(terminal, compile_c):
    """attack(OPTIONS, HOW...): what the attack printed, and how many bytes wait in the caller's terminal."""
    push = compile_c("attack/push_input.c")

    def go(opts, *how):
        t = terminal(*opts, "-R", f"{push}:/push", "--", "/push", *how)
        t.wait()
        return t.text.decode().replace("\r", "").splitlines()[-1], t.queued_input()

    return go


@pytest.mark.parametrize("high", HIGH, ids=["plain", "high"])
@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("opts", [["run"], ["run", "--tty", "off"], ["run", "--tty", "off", "--keep_caps"], ["-Q", "-Mo"]],
                         ids=" ".join)
def test_input_stays_empty(attack, opts, how, high):
    said, queued = attack(opts, how, *high)
    assert queued == 0, said
    if opts != ["run"] and how == "tiocsti":  # which has a terminal of its own, where this harms nobody
        assert said.startswith("refused"), said


@pytest.mark.parametrize("high", HIGH, ids=["plain", "high"])
@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("policy", ["USE toastainer_default", "USE toastainer_default DEFAULT ALLOW", LOW],
                         ids=["default", "allow", "own"])
def test_policy_refuses(attack, policy, how, high):
    """With nothing but the policy between the jail and the terminal."""
    said, queued = attack([*CRIPPLED, "--seccomp_string", policy], how, *high)
    assert said == f"refused {errno.EPERM}" and queued == 0


@pytest.mark.parametrize("high", HIGH, ids=["plain", "high"])
def test_strict_policy_refuses(attack, high):
    said, queued = attack([*CRIPPLED, "--seccomp_string", "USE strict_compute"], "tiocsti", *high)
    assert said == f"refused {errno.ENOTTY}" and queued == 0


@pytest.mark.modes("root")
@pytest.mark.parametrize("jail", WITHOUT_SESSION)
@pytest.mark.parametrize("high", HIGH, ids=["plain", "high"])
def test_detects_broken(attack, jail, high):
    """Without the jail's own session the input arrives; a kernel that forbids it still lets CAP_SYS_ADMIN do it."""
    legacy = read("/proc/sys/dev/tty/legacy_tiocsti", b"1").strip() == b"1"
    said, queued = attack(WITHOUT_SESSION[jail], "tiocsti", *high)
    assert (said == "PUSHED" and queued > 0) or (jail == "inherited" and not legacy), said


@pytest.mark.modes("root")
def test_detects_broken_filter(attack):
    """A filter that looks at all 64 bits is evaded; the plain number it does refuse."""
    opts = [*WITHOUT_SESSION["capable"], "--seccomp_string", NAIVE]
    assert attack(opts, "tiocsti") == (f"refused {errno.EPERM}", 0)
    said, queued = attack(opts, "tiocsti", "high-bits")
    assert said == "PUSHED" and queued > 0
