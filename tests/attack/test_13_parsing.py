# SPDX-License-Identifier: BSD-3-Clause
"""Class 13: a malformed user, group or capability becomes another one (CVE-2026-30892: `-u 1` became 0); inheritable
capabilities of the caller stay (CVE-2022-27650)."""
import random
import re
import subprocess

import pytest

import toast
from toast import GID, UID, nsjail, run, state_of

BAD_IDS = ["", " ", "-1", "-0", "+1", " 1", "1 ", "1\t", "\n1", "1\n", "1x", "x1x", "0x", "0xg", "1e3", "1.5", "1,2", "1-2", "4294967295",
           "4294967296", "4294967297", "18446744073709551615", "18446744073709551616", "18446744073709551617",
           "99999999999999999999999", "0x100000000", "0xffffffffffffffffff", "٣", "¹", "%d", "$(id -u)", "`id`", "root ",
           "no_such_user_x", "nobody ", "NOBODY", "--", "-", ".", "/", "0/0", "1;2", "NaN", "inf", "true", "nil"]
BAD_MAPS = ["-1:0:1", "0:-1:1", "0:0:-1", "0:0:0", "0:0:4294967296", "0:0:x", "0:0: 1", "0:0:1:2", "0:0:1:", "x:0:1", "0:x y:1",
            "4294967295:0:1", "0:4294967295:1", "0:0:18446744073709551617", "4294967290:0:10", "0:4294967290:10"]


def refused(r, value):
    assert r.rc in (125, 255) and r.out == "" and len(r.errors()) == 1, (value, r)


@pytest.mark.parametrize("option", ["--user", "--group"])
@pytest.mark.parametrize("value", BAD_IDS + BAD_MAPS)
def test_malformed_is_refused(root, option, value):
    for go in (run, nsjail):
        refused(go("-c", root, f"{option}={value}", "--", "/bin/state"), value)


@pytest.mark.parametrize("option", ["--user", "--group"])
@pytest.mark.parametrize("value", ["010", "00", "007", "08", "1:010:1", "010:1", "1:1:010"])
def test_octal_is_refused(root, option, value):
    """Ten or eight? An id is not guessed."""
    for go in (run, nsjail):
        refused(go("-c", root, f"{option}={value}", "--", "/bin/state"), value)


@pytest.mark.parametrize("option", ["--uid_mapping", "--gid_mapping"])
@pytest.mark.parametrize("value", ["", "x:1:1", "1:x:1", "1:1:x", "-1:1:1", "1:1:0", "1:1:1:1", "1:1:4294967296"])
def test_malformed_mapping_is_refused(root, option, value):
    for go in (run, nsjail):
        refused(go("-c", root, f"{option}={value}", "--", "/bin/state"), value)


def meaning(text):
    """The one id that a well-formed number stands for, or None. Decimal or hexadecimal, below 2^32-1."""
    if re.fullmatch(r"0|[1-9][0-9]*", text):
        n = int(text)
    elif re.fullmatch(r"0[xX][0-9a-fA-F]+", text):
        n = int(text, 16)
    else:
        return None
    return {n} if n < 2**32 - 1 else None


def numbers(count):
    rng = random.Random(20260130)
    for _ in range(count):
        kind = rng.randrange(4)
        if kind == 0:
            yield str(rng.randrange(2**32))
        elif kind == 1:
            yield hex(rng.randrange(2**34))
        elif kind == 2:
            yield str(rng.randrange(2**70))
        else:
            yield "".join(rng.choice("0123456789xX-+ abcf.") for _ in range(rng.randrange(1, 12)))


@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_accepted_means_exactly_that(root, face):
    """For many strings: either refused, or the program has the id that the string says."""
    go = run if face == "run" else nsjail
    accepted = 0
    for text in numbers(120):
        r = go("-c", root, f"--user={text}", f"--group={text}", "--", "/bin/state")
        want = meaning(text)
        if want is None:
            refused(r, text)
            continue
        s = state_of(r)
        assert s["uids"][0] in want and s["gids"][0] in want, (text, s["uids"])
        accepted += 1
    assert accepted > 20


def test_detects_broken(root, naive):
    """atoi(3) turns every malformed id into a number."""
    r = naive("-u", "x1x", "--", root / "bin/state")
    assert (r.rc == 98 and toast.MODE != "root") or state_of(r)["uids"] == [0] * 3, r


# ---------------------------------------------------------------------- capabilities
@pytest.mark.parametrize("name", ["CAP_ALL", "all", "ALL", "0", "-1", "21", "CAP_SYS_ADMIN\n", "CAP_SYS_ADMIN CAP_CHOWN", "CAP_SYS_ADMI",
                                  "CAP_SYS_ADMINX", "*", ""])
def test_malformed_capability_is_refused(root, name):
    for go in (run, nsjail):
        refused(go("-c", root, f"--cap={name}", "--", "/bin/state"), name)


def test_each_capability_is_itself(state):
    """No name gives another capability: the number is its place in the kernel's list."""
    names = ("CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE "
             "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN "
             "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE "
             "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE").split()
    last = int(open("/proc/sys/kernel/cap_last_cap").read())
    for i, name in enumerate(names):
        if i <= last:
            s = state("--cap", f"CAP_{name}", "--user", "1000")
            assert s["cap_eff"] == s["cap_bnd"] == s["cap_amb"] == 1 << i, name


with_inheritable = ["setpriv", "--inh-caps=+chown,+net_raw,+sys_admin", "--ambient-caps=+chown,+net_raw,+sys_admin"]


@pytest.mark.modes("root", "nested")
@pytest.mark.parametrize("opts", [["run"], ["run", "--no_init"], ["-Q", "-Mo"], ["run", "--disable_clone_newuser"]])
def test_callers_inheritable_and_ambient_are_dropped(root, opts):
    argv = [*with_inheritable, *toast.WRAP, toast.BIN, *opts, "-c", str(root), "--", "/bin/state"]
    p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    s = state_of(toast.finish(p))
    assert [s[f"cap_{x}"] for x in ("inh", "prm", "eff", "bnd", "amb")] == [0] * 5


@pytest.mark.modes("root", "nested")
def test_inheritable_detects_broken(root):
    s = state_of(toast.finish(subprocess.Popen([*with_inheritable, root / "bin/state"], stdout=subprocess.PIPE,
                                               stderr=subprocess.PIPE)))
    assert s["cap_inh"] and s["cap_amb"]


def test_own_id_for_comparison(state):
    s = state()
    assert (s["uids"][0], s["gids"][0]) == (UID, GID)
