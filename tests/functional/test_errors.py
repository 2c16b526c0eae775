# SPDX-License-Identifier: BSD-3-Clause
"""What fails fails properly: one line that names the step, the object and the cause; a hint where it is known."""
import os
import resource
import subprocess

import pytest

from toast import BIN, SANITIZED, WRAP, finish, nsjail, run, toast


TOO_LONG = ("File name too long", "Filename too long")  # glibc's and musl's words
NO_DESCRIPTORS = ("Too many open files", "No file descriptors available")


def fails(r, *needles, rc=125):
    """One error line with all the needles in it; the program did not run."""
    assert r.rc == rc, r
    assert r.out == "", r
    assert len(r.errors()) == 1, r
    for n in needles:
        any_of = n if isinstance(n, tuple) else (n,)
        assert any(str(x) in r.errors()[0] for x in any_of), (n, r)
    return r


@pytest.mark.core
def test_root_missing(root):
    fails(run("-c", "/no/such/root", "--", "/bin/true"), "/no/such/root", "No such file or directory")


def test_root_is_a_file(root):
    fails(run("-c", root / "etc/passwd", "--", "/bin/true"), root / "etc/passwd", "Not a directory")


def test_root_is_a_dangling_link(tmp):
    (tmp / "l").symlink_to("/no/such")
    fails(run("-c", tmp / "l", "--", "/bin/true"), tmp / "l")


def test_root_is_empty(root):
    fails(run("-c", "", "--", "/bin/true"))


@pytest.mark.modes("user")
def test_root_that_may_not_be_searched(tmp):
    d = tmp / "closed"
    d.mkdir(mode=0)
    fails(run("-c", d / "x", "--", "/bin/true"), d, "Permission denied")


@pytest.mark.modes("root", "nested")
def test_root_holds_mounts(own_root, in_mount_namespace):
    r = in_mount_namespace(f"mount -t tmpfs none {own_root}/mnt && touch {own_root}/mnt/there", "run", "-c", own_root,
                           "--", "/bin/ls", "/mnt")
    assert r.ok().out == "there\n"


@pytest.mark.parametrize("opts", [["-c", "x" * 5000], ["-c", "/" + "y" * 300], ["-R", "/" + "z/" * 3000]])
def test_long_names(root, opts):
    base = [] if "-c" in opts else ["-c", root]
    fails(run(*base, *opts, "--", "/bin/true"), TOO_LONG)


def test_names_with_newlines_stay_on_one_line(root):
    fails(run("-c", "/no/such\n[F][x] forged", "--", "/bin/true"))


def test_unknown_option(root):
    fails(run("-c", root, "--no_such_option", "--", "/bin/true"), "no_such_option")
    fails(toast("--no_such_option", "-c", root, "--", "/bin/true"), "no_such_option", rc=255)


def test_unknown_short_option(root):
    fails(run("-c", root, "-Z", "--", "/bin/true"), "Z")


def test_option_without_its_argument(root):
    fails(run("-c", root, "--hostname"), "hostname")


def test_argument_for_an_option_without_one(root):
    fails(run("-c", root, "--keep_env=yes", "--", "/bin/true"), "keep_env")


def test_ambiguous_option(root):
    fails(run("-c", root, "--bindm", "/x", "--", "/bin/true"), "bindm")


@pytest.mark.parametrize("opt", ["--max_cpus", "--port", "--max_conns", "--nice_level", "--log_fd"])
@pytest.mark.parametrize("value", ["x", "", "1x", "99999999999999999999999"])
def test_value_out_of_range(root, opt, value):
    fails(run("-c", root, f"{opt}={value}", "--", "/bin/true"), opt[2:])


@pytest.mark.parametrize("opt", ["--tty", "--log_format", "--experimental_mnt", "--mode"])
def test_unknown_word(root, opt):
    fails(run("-c", root, opt, "nonsense", "--", "/bin/true"), "nonsense")


def test_no_command(root):
    fails(run("-c", root))
    fails(run("-c", root, "--"))


@pytest.mark.core
def test_mount_over_a_file(root):
    fails(run("-c", root, "-T", "/etc/passwd", "--", "/bin/true"), "/etc/passwd")


def test_missing_working_directory_names_the_step(root):
    fails(run("-c", root, "-D", "/no/such", "--", "/bin/true"), "/no/such", "No such file or directory")


def limited_namespaces(*args, sysctl="max_user_namespaces"):
    """Run where no further namespace may be made: in a user namespace whose limit is 0."""
    argv = ["unshare", "--user", "--map-root-user", "sh", "-c", f'echo 0 > /proc/sys/user/{sysctl} && exec "$@"', "sh",
            *WRAP, BIN, *map(os.fspath, args)]
    p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return finish(p)


def test_no_user_namespaces_allowed(root):
    r = fails(limited_namespaces("run", "-c", root, "--", "/bin/true"), "namespace")
    assert any("max_user_namespaces" in h for h in r.hints()), r


@pytest.mark.parametrize("name", ["net", "pid", "mnt"])
def test_no_more_namespaces_of_a_kind(root, name):
    fails(limited_namespaces("run", "-c", root, "--", "/bin/true", sysctl=f"max_{name}_namespaces"))


@pytest.mark.modes("user")
def test_no_more_processes(root):
    """RLIMIT_NPROC of the caller is used up: clone fails. (Root is not bound by it.)"""
    r = run("-c", root, "--", "/bin/true", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NPROC, (1, 1)))
    fails(r)


def test_no_more_descriptors(root):
    """Few descriptors for the launcher: works, or an error that says so."""
    for n in (3, 4, 5, 6, 8, 12, 16, 24)[SANITIZED:]:  # the sanitizers' libraries need one to be loaded
        r = run("-c", root, "-R", f"{root}/etc:/mnt", "--", "/bin/true",
                preexec_fn=lambda n=n: resource.setrlimit(resource.RLIMIT_NOFILE, (n, n)))
        if r.rc:
            fails(r, NO_DESCRIPTORS)


@pytest.mark.modes("root", "nested")
def test_full_disk(own_root, in_mount_namespace):
    """A writable root on a full file system: what has to be supplied is supplied, or an error says ENOSPC."""
    d = own_root / "mnt"
    r = in_mount_namespace(f"mount -t tmpfs -o size=4m,nr_inodes=64 none {d} && mkdir {d}/bin && "
                           f"cp {own_root}/bin/busybox {d}/bin/busybox && cat /dev/zero > {d}/fill 2>/dev/null; "
                           f"while touch {d}/$((i=i+1)) 2>/dev/null; do :; done; true",
                           "-Q", "-Mo", "--rw", "-c", d, "-T", "/new", "--", "/bin/busybox", "true")
    assert r.rc == 255 and len(r.errors()) == 1 and "No space left on device" in r.errors()[0], r


def test_standard_input_closed(root):
    r = run("-c", root, "--", "/bin/echo", "x", stdin=b"", preexec_fn=lambda: os.close(0))
    assert r.ok().out == "x\n"


def test_standard_output_is_a_closed_pipe(root):
    r, w = os.pipe()
    os.close(r)
    got = run("-c", root, "--", "/bin/busybox", "yes", stdout=w)
    os.close(w)
    assert got.rc == 141, got  # SIGPIPE is the program's


@pytest.mark.modes("root", "nested")
def test_ten_thousand_mounts_on_the_host(root, tmp, compile_c, in_mount_namespace):
    many = compile_c("programs/many_mounts.c")
    r = in_mount_namespace(f"mount -t tmpfs none {tmp}", "run", "-c", root, "-R", "/etc:/mnt", "--", "/bin/sh", "-c",
                           "cat /proc/self/mountinfo | wc -l", before=[many, "10000", tmp])
    assert int(r.ok().out) < 40 and r.seconds < 30, r


@pytest.mark.modes("root", "nested")
def test_whole_host_with_many_mounts(tmp, compile_c, in_mount_namespace):
    """-c / takes them all along, read-only."""
    many = compile_c("programs/many_mounts.c")
    r = in_mount_namespace(f"mount -t tmpfs none {tmp}", "run", "-c", "/", "--", "/bin/sh", "-c",
                           f"grep -c {tmp}/ /proc/self/mountinfo; touch {tmp}/0/x", before=[many, "1000", tmp])
    assert r.out == "1000\n" and r.rc == 1, r


def test_log_file_that_cannot_be_opened(root):
    """Not fatal in the nsjail face, as recorded; an error for `run`."""
    assert toast("-Mo", "-l", "/no/such/dir/log", "-c", root, "--", "/bin/echo", "x").ok().out == "x\n"


def test_config_missing(root):
    fails(nsjail("--config", "/no/such.cfg", "--", "/bin/true"), "/no/such.cfg", rc=255)


def test_nothing_is_left_open_by_failures(root):
    """A hundred failures in a row cost nothing that lasts."""
    for _ in range(30):
        assert run("-c", root, "-R", "/no/such:/mnt", "--", "/bin/true").rc == 125
    run("-c", root, "--", "/bin/true").ok()


@pytest.mark.parametrize("opts, hint", [
    (["-R", "/etc:/mnt:ro"], "SRC:DST"),
    (["-T", "/mnt:size=1m"], "--mount none:DIR:tmpfs:OPTIONS"),
    (["-s", "a:/b:c"], "SRC:DST"),
])
def test_colon_too_many(root, opts, hint):
    """Nobody means a directory `/mnt:ro`. nsjail's face does what nsjail does, and says so."""
    r = run("-c", root, *opts, "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and opts[1] in r.errors()[0] and hint in r.hints()[0], r
    r = toast("-q", "-Mo", "-R", f"{root}/bin:/bin", *opts, "--", "/bin/ls", "/")
    assert r.ok().out.split() == {"-R": ["bin", "mnt", "proc"], "-T": ["bin", "mnt:size=1m", "proc"],
                                  "-s": ["b", "bin", "proc"]}[opts[0]], r
    assert r.err.startswith("[W]") and r.err.count("\n") == 1 and opts[1] in r.err, r


def test_program_in_an_empty_root(root):
    for r in (run("--", "/bin/ls", "/"), nsjail("--", "/bin/ls", "/")):
        assert "such as -R /bin" in r.hints()[0], r
    r = run("-R", f"{root}/etc:/bin", "--", "/bin/ls", "/")
    assert "such as -R /bin" not in r.hints()[0], r


def test_target_in_proc(root):
    r = run("-c", root, "-R", "/etc:/proc/no_such", "--", "/bin/true")
    assert r.rc == 125 and "choose a target outside of /proc" in r.hints()[0], r


def test_execve_mode_says_why_it_has_no_proc(root):
    r = nsjail("-Me", "-c", root, "--", "/bin/true")
    assert r.rc == 255 and "--disable_proc" in r.hints()[0], r


@pytest.mark.modes("root")
@pytest.mark.parametrize("name, said", [("", "empty"), ("/proc", "the kernel's own"), ("/sys", "the kernel's own")])
def test_image_directory_that_cannot_be_one(name, said):
    r = toast(f"--create_image={name}", "--", "true")
    assert r.rc != 0 and len(r.errors()) == 1 and said in r.errors()[0] and r.hints(), r
