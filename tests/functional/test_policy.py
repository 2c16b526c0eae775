# SPDX-License-Identifier: BSD-3-Clause
"""`toastainer policy`: what it says of policies, calls and filters, and its exit statuses."""
import struct

import pytest

from toast import run, toast

POLICY = "ALLOW {\n  read,\n  write { fd == 1 }\n}\nDEFAULT ERRNO(13)\n"


def policy(*args, text=POLICY):
    return toast("policy", *args, stdin=text.encode())


def test_check():
    r = policy("check", "--arch", "x86_64", "-").ok()
    assert "valid" in r.out and "ERRNO(13)" in r.out and "x32" not in r.out
    r = policy("check", "--arch", "x86_64", "-", text="KILL { read } DEFAULT ALLOW").ok()
    assert "x32" in r.out
    r = policy("check", "--arch", "x86_64", "--refuse_x32", "-", text="KILL { read } DEFAULT ALLOW").ok()
    assert "x32" not in r.out
    assert "valid" in policy("check", "--arch", "arm", "-", text="ALLOW { cacheflush }").ok().out


def test_refused(tmp_path):
    bad, good = tmp_path / "bad", tmp_path / "good"
    bad.write_text("ALLOW {\n  raed }\n")
    good.write_text(POLICY)
    r = toast("policy", "check", good, bad)
    assert r.rc == 1 and f"{bad}:2:3: unknown system call 'raed', did you mean 'read'?" in r.err
    assert f"{good}: valid" in r.out
    for verb in (["dump", bad], ["explain", bad, "read"]):
        r = toast("policy", *verb)
        assert r.rc == 1 and "raed" in r.err and not r.out


def test_include(tmp_path):
    (tmp_path / "part").write_text("POLICY part { ALLOW { read } }\n")
    text = '#include "part"\nUSE part\n'
    assert policy("check", "-", text=text).rc == 1
    policy("check", "-I", tmp_path, "-", text=text).ok()


def test_explain():
    x86 = ("--arch", "x86_64", "-")
    r = policy("explain", *x86, "write", "1").ok()
    assert r.out.splitlines()[:2] == ["write(fd = 0x1, buf = 0x0, count = 0x0): ALLOW", "  by stdin:3:3: write"]
    r = policy("explain", *x86, "write", "2").ok()
    assert "ERRNO(13)" in r.out and "stdin:5:1: DEFAULT" in r.out
    r = policy("explain", *x86, "999").ok()
    assert r.out.startswith("call 999(): ERRNO(13)")
    r = policy("explain", *x86, "-1", text="KILL { SYSCALL[-1] } DEFAULT ALLOW").ok()
    assert r.out.startswith("call -1(): KILL") and "stdin:1:8" in r.out, r
    r = policy("explain", *x86, "openat", "AT_FDCWD", "0", "O_RDWR|O_CREAT",
               text="KILL { openat { flags & O_ACCMODE != O_RDONLY } } DEFAULT LOG").ok()
    assert "flags = 0x42" in r.out and ": KILL" in r.out


def test_dump():
    r = policy("dump", "--arch", "x86_64", "-").ok()
    assert "ld   [4] ; arch" in r.out and "ret  ERRNO(13)" in r.out
    raw = policy("dump", "--arch", "x86_64", "--raw", "-").ok().raw
    insns = list(struct.iter_unpack("=HBBI", raw))
    assert len(insns) == len(r.out.splitlines())
    assert insns[0] == (0x20, 0, 0, 4) and insns[-1][0] == 6


@pytest.mark.parametrize("args", [[], ["chek", "f"], ["check"], ["explain", "f"], ["explain", "-", "raed"],
                                  ["explain", "-", "-0"], ["explain", "-", "-2147483649"],
                                  ["explain", "-", "read", "x"], ["explain", "-", "read", *"1234567"],
                                  ["dump", "a", "b"], ["check", "--arch", "mips", "-"], ["check", "--nothing", "-"]])
def test_wrong_use(args):
    r = policy(*args)
    assert r.rc == 125 and "policy" in r.err and not r.out, r


def test_no_file(tmp_path):
    r = toast("policy", "check", tmp_path / "none")
    assert r.rc == 125 and "none" in r.err


def test_help():
    assert "explain" in toast("policy", "--help").ok().out
    assert "--arch" in toast("policy", "check", "--help").ok().out


def test_no_name_of_a_file(root):
    """As from a script's variable that is not set: never a jail without the policy and without a word."""
    r = run("-c", root, "-P", "", "--", "/bin/echo", "ran")
    assert r.rc == 125 and r.out == "" and "seccomp_policy" in r.errors()[0], r
    r = toast("-q", "-Mo", "-c", root, "-P", "", "--", "/bin/echo", "ran")
    assert r.rc == 0 and r.out == "ran\n" and "no policy" in r.err, r
