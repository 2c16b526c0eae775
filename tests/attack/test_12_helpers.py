# SPDX-License-Identifier: BSD-3-Clause
"""Class 12: the launcher's own processes: what the program, or another process of the same user, can take from them."""
import os
import re
import subprocess

import pytest

import toast
from toast import run, start, state_of

USER = 31234


@pytest.fixture
def look(compile_c):
    return compile_c("attack/look_at_init.c")


OPTS = [["run"], ["run", "--user", "0"], ["run", "--user", "1000"], ["run", "--keep_caps", "--user", "0"],
        ["run", "--disable_no_new_privs"], ["run", "--tty", "off"], ["-Q", "-Mo", "--init"]]
if toast.MODE == "root":
    OPTS += [["run", "--disable_clone_newuser"], ["run", "--disable_clone_newuser", "--user", "1000", "--group", "1000"]]


@pytest.mark.parametrize("opts", OPTS)
def test_init_is_out_of_reach(root, look, opts):
    """Its memory, environment, executable, root, directory and descriptors."""
    r = toast.toast(*opts, "-c", root, "-T", "/mnt", "-R", f"{look}:/mnt/look", "--", "/mnt/look", "1",
                    env={**os.environ, "SECRET": "of the host"})
    assert r.ok().out == ".\n"


@pytest.mark.parametrize("opts", [["run"], ["run", "--user", "0"], ["-Q", "-Mo"]])
def test_supervisor_is_out_of_reach(root, look, opts):
    """Seen from a jail in the caller's pid namespace, where the supervisor is the program's ancestor."""
    r = toast.toast(*opts, "-c", root, "--disable_clone_newpid", "--disable_proc", "-R", "/proc", "-T", "/mnt", "-R",
                    f"{look}:/mnt/look", "--", "/bin/sh", "-c",
                    "p=$PPID; while [ $p -gt 1 ]; do /mnt/look $p; read -r s < /proc/$p/stat || break; s=${s##*) };"
                    "set -- $s; p=$2; done; true")
    assert set(r.ok().out.split()) == {"."}, r


def test_callers_environment_is_nowhere(sh):
    """Not in any process that the jail sees."""
    r = sh("cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c SECRET",
           env={**os.environ, "SECRET": "of the host"})
    assert r.out == "0\n", r


def test_init_shows_nothing_of_the_command_line(root):
    """Paths and settings of the host are not the jail's business."""
    r = run("-c", root, "-R", "/etc/hostname:/etc/passwd", "-E", "TOKEN=hidden-token", "--", "/bin/sh", "-c",
            "cat /proc/1/cmdline /proc/1/comm | tr '\\0' ' '")
    assert "hidden-token" not in r.ok().out and "/etc/hostname" not in r.out and str(root) not in r.out, r


def test_look_detects_broken(look):
    """A plain shell as the init of a jail is an open book."""
    r = subprocess.run(["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "sh", "-c",
                        f"{look} 1; true"], capture_output=True, text=True)
    assert {"environ", "maps", "exe", "root", "mem", "ptrace"} <= set(r.stdout.split()), r


# ---------------------------------------------------------------------- groups
@pytest.mark.modes("root")
@pytest.mark.parametrize("opts", [["--disable_clone_newuser"], []])
def test_no_group_is_kept(root, opts):
    s = state_of(run("-c", root, *opts, "--user", "1000", "--group", "1000", "--", "/bin/state", extra_groups=[0, 4, 27]))
    assert (s["uids"], s["gids"]) == ([1000] * 3, [1000] * 3) and set(s["groups"]) <= {1000}, s


@pytest.mark.modes("root")
def test_groups_detects_broken(root, naive):
    s = state_of(naive("-u", "1000", "--", root / "bin/state", extra_groups=[0, 4, 27]))
    assert {0, 4, 27} <= set(s["groups"])


# ---------------------------------------------------------------------- attaching from outside
@pytest.fixture
def attacker(compile_c):
    """attacker(EXE, MS): a process of the unprivileged user that attaches to whatever executes EXE."""
    program = compile_c("attack/attach.c")

    def go(exe, ms):
        p = subprocess.Popen([program, os.path.realpath(exe), str(ms)], stdout=subprocess.PIPE, text=True, user=USER,
                             group=USER, extra_groups=[])
        assert p.stdout.readline() == "looking\n"
        return p

    return go


@pytest.mark.modes("root")
@pytest.mark.parametrize("opts", [["run"], ["run", "--no_init"], ["-Q", "-Mo"], ["-Q", "-Me", "--disable_clone_newpid",
                                                                                "--disable_proc"]])
def test_cannot_attach_during_setup(root, attacker, opts):
    """Root starts a jail as a user: that user's other processes cannot trace it before the program runs."""
    with attacker(toast.BIN, 1200) as a:
        while a.poll() is None:
            ps = [start([*opts, "--disable_clone_newuser", "--user", str(USER), "--group", str(USER), "-c", root, "--",
                         "/bin/true"]) for _ in range(4)]
            for p in ps:
                assert toast.finish(p).rc == 0
        text = a.stdout.read()
    assert not re.search("ATTACHED|READ", text), text


@pytest.mark.modes("root")
def test_attach_detects_broken(attacker, compile_c, naive):
    with attacker(compile_c("attack/naive.c"), 1000) as a:
        naive("-u", str(USER), "-d", "300", "--", "/bin/true")
        text = a.stdout.read()
    assert "ATTACHED" in text
