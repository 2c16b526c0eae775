# SPDX-License-Identifier: BSD-3-Clause
"""Exit codes of both faces, and how the program is found."""
import os

import pytest

from toast import BIN, nsjail, run, toast


@pytest.mark.core
@pytest.mark.parametrize("code", [0, 1, 42, 125, 126, 127, 255])
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_programs_own_status(sh, face, code):
    assert sh(f"exit {code}", face=face).rc == code


@pytest.mark.core
@pytest.mark.parametrize("signal", [1, 2, 6, 9, 11, 15])
def test_signal_is_128_plus_n(sh, signal):
    assert sh(f"kill -{signal} $$").rc == 128 + signal


def test_signal_without_init(root):
    """The program is pid 1, which its own signals do not kill."""
    r = run("-c", root, "--no_init", "--", "/bin/sh", "-c", "kill -9 $$; exit 3")
    assert r.rc == 3


@pytest.mark.parametrize("opts, cmd", [
    (["--no_such_option"], ["/bin/true"]),
    (["-c", "/no/such/root"], ["/bin/true"]),
    (["-c", "/etc/passwd"], ["/bin/true"]),
    (["--rlimit_nofile", "many"], ["/bin/true"]),
    (["-D", "/no/such/dir"], ["/bin/true"]),
    ([], []),
])
def test_our_failure(root, opts, cmd):
    base = [] if "-c" in opts else ["-c", root]
    r = run(*base, *opts, "--", *cmd)
    assert r.rc == 125 and r.out == "", r
    r = nsjail(*base, *opts, "--", *cmd)
    assert r.rc == 255 and r.out == "", r


@pytest.mark.core
@pytest.mark.parametrize("cmd, code", [
    ("/bin/plain", 126),  # no permission
    ("/etc", 126),  # a directory
    ("/bin/foreign", 126),  # another machine
    ("/bin/nothing", 127),
    ("nothing-in-path", 127),
    ("/bin/plain/x", 126),  # not a directory
])
def test_cannot_execute(root, cmd, code):
    r = run("-c", root, "--", cmd)
    assert r.rc == code, r
    assert len(r.errors()) == 1 and cmd in r.errors()[0], r
    assert nsjail("-c", root, "--", cmd).rc == 255


def test_interpreter_missing(own_root):
    script = own_root / "bin" / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    r = run("-c", own_root, "--", "/bin/script")
    assert r.rc == 127 and len(r.errors()) == 1, r
    assert "interpreter" in r.err, "the cause is the interpreter, not the script"


def test_interpreter_with_crlf(own_root):
    script = own_root / "bin" / "script"
    script.write_text("#!/bin/sh\r\necho x\r\n")
    script.chmod(0o755)
    r = run("-c", own_root, "--", "/bin/script")
    assert r.rc == 127 and len(r.errors()) == 1, r


def test_noexec_root(root):
    """A program on a file system mounted noexec."""
    r = run("-c", root, "-m", "none:/mnt:tmpfs:noexec,mode=777", "--", "/bin/sh", "-c",
            "cp /bin/busybox /mnt/true && /mnt/true; echo $?")
    assert r.out == "126\n", r


@pytest.mark.core
def test_path_search(root):
    assert run("-c", root, "--", "echo", "hi").ok().out == "hi\n"


def test_path_search_uses_the_jails_path(own_root):
    (own_root / "opt" / "mine").symlink_to("/bin/busybox")
    (own_root / "opt" / "echo").write_text("shadow, not executable\n")
    assert run("-c", own_root, "-E", "PATH=/opt:/bin", "--", "echo", "hi").ok().out == "hi\n"
    assert run("-c", own_root, "-E", "PATH=/opt", "--", "true").rc == 127
    assert run("-c", own_root, "-E", "PATH=/opt", "--", "echo").rc == 126


def test_nsjail_face_does_not_search(root):
    assert nsjail("-c", root, "--", "true").rc == 255
    assert nsjail("-c", root, "-D", "/bin", "--", "./echo", "hi").ok().out == "hi\n"


def test_argv_is_verbatim(root):
    args = ["a b", "", "$HOME", "*", "q'\"", "--", "-x", "é", "\n"]
    r = run("-c", root, "--", "/bin/printf", "[%s]", *args)
    assert r.ok().out == "".join(f"[{a}]" for a in args)


def test_options_end_at_double_dash(root):
    assert run("-c", root, "--", "/bin/echo", "-t", "--chroot", "x").ok().out == "-t --chroot x\n"


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["run", "--help"]])
def test_help(args):
    r = toast(*args)
    assert r.rc == 0 and "--chroot" in r.out and r.err == "", r


def test_help_to_a_full_disk_fails():
    with open("/dev/full", "w") as full:
        r = toast("--help", stdout=full)
    assert r.rc not in (0, 99), r


def test_unknown_command():
    r = toast("no-such-command")
    assert r.rc not in (0, 99) and "no-such-command" in r.err, r


@pytest.mark.core
def test_name_nsjail_is_the_nsjail_face(tmp, root):
    """Started under the name nsjail, every word is nsjail's."""
    link = tmp / "nsjail"
    link.symlink_to(BIN)
    import toast as t
    old, t.BIN = t.BIN, str(link)
    try:
        r = toast("-Q", "-Mo", "-c", root, "--", "/bin/hostname")
    finally:
        t.BIN = old
    assert r.ok().out == "NSJAIL\n"


def test_long_options_may_be_shortened(root):
    r = toast("-Q", "--mod", "o", "--chr", root, "--hostn", "abbr", "--", "/bin/hostname")
    assert r.ok().out == "abbr\n"


def test_ten_thousand_options(root):
    opts = [x for i in range(10000) for x in ("-E", f"V{i}=x")]
    r = run("-c", root, *opts, "--", "/bin/sh", "-c", "env | grep -c ^V")
    assert r.ok().out == "10000\n"


def test_result_is_the_last_of_many_children(root):
    r = run("-c", root, "--", "/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8; do (exit $i) & done; wait; exit 9")
    assert r.rc == 9


@pytest.mark.parametrize("closed", range(8))
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_standard_descriptors_closed(root, tmp, face, closed):
    """Whatever of 0, 1, 2 the caller closed: the jail starts, and none of our own files lands there."""
    tmp.chmod(0o777)

    def close():
        for fd in range(3):
            if closed & 1 << fd:
                os.close(fd)

    f = run if face == "run" else nsjail
    script = "for i in 0 1 2; do readlink /proc/self/fd/$i >> /mnt/links || echo none >> /mnt/links; done"
    r = f("-c", root, "-B", f"{tmp}:/mnt", "--", "/bin/sh", "-c", f"{script}; exit 7",
          preexec_fn=close, stdin=b"")
    assert r.rc == 7, r
    # sh's own redirections apply to 2 (and 1 inside readlink); look at what the caller had closed
    links = (tmp / "links").read_text().split("\n")
    if closed & 1:
        assert links[0] in ("none", "/dev/null"), links
