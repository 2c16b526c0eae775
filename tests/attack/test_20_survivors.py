# SPDX-License-Identifier: BSD-3-Clause
"""Class 20: something of the jail survives: the supervisor killed at any moment, a fork bomb, stale directories."""
import os
import random
import re
import shutil
import signal
import subprocess
import time

import pytest

import toast
from toast import kill_and_reap, processes_with, run, running, start, wait_for

ROUNDS = 400 if os.environ.get("TOASTAINER_TEST_SLOW") else 40


@pytest.fixture
def hide(compile_c):
    return compile_c("attack/hide.c")


# What the tests and the fuzzers make for themselves, maybe beside us.
TESTS_OWN = ("toastainer-test.", "toastainer-run.", "toastainer-fuzz.")


def of_others(group):
    """A group of a launcher that runs beside us."""
    m = re.search(r"\.(\d+)", group)
    return bool(m) and os.path.exists(f"/proc/{m[1]}")


def places():
    """Where a launcher could leave something: temporary directories and cgroups."""
    found = set()
    for top in ("/tmp", "/run", "/var/tmp", "/dev/shm", f"/run/user/{os.getuid()}"):
        if os.path.isdir(top):
            found |= {os.path.join(top, n) for n in os.listdir(top)
                      if ("toastainer" in n or "nsjail" in n) and not n.startswith(TESTS_OWN)}
    for top, dirs, _ in os.walk("/sys/fs/cgroup"):
        found |= {os.path.join(top, d) for d in dirs if ("toastainer" in d.lower() or "nsjail" in d.lower()) and not of_others(d)}
    return found


def survivors(token):
    """Pids of the jail's processes that are still there after two seconds."""
    wait_for(lambda: not processes_with(token), 2)
    return processes_with(token)


def token_of(n):
    return f"7{os.getpid()}9{n}"


FACES = [["run"], ["run", "--no_init"], ["-Q", "-Mo"], ["run", "--disable_clone_newuser"]]
if toast.MODE == "user":
    FACES.pop()


@pytest.mark.parametrize("opts", FACES)
def test_kill_of_the_supervisor(root, hide, opts):
    """Also when pid 1 of the jail cleared its parent-death signal, which defeats a jail that relies on that alone."""
    before = places()
    token = token_of(0)
    with running(*opts, "-c", root, "-T", "/mnt", "-R", f"{hide}:/mnt/hide", "--", "/mnt/hide", token, "5") as p:
        assert p.stdout.readline() == b"up\n"
        assert len(processes_with(token)) >= 6
        p.kill()
        p.wait()
        assert not survivors(token)
    assert places() == before


@pytest.mark.parametrize("opts", FACES)
def test_kill_of_the_supervisor_at_any_time(root, hide, opts):
    rng = random.Random(1)
    before = places()
    for i in range(ROUNDS):
        token = token_of(100 + i)
        p = start([*opts, "-c", root, "-T", "/mnt", "-R", f"{hide}:/mnt/hide", "--", "/mnt/hide", token, "3"])
        time.sleep(rng.random() * 0.012)
        kill_and_reap(p)
        wait_for(lambda: all(state == "Z" for _, state, _ in toast.children()), 2)
        left = [c for c in toast.children() if c[1] != "Z"]
        assert not left, f"round {i}: {left} survive"
    assert places() == before


@pytest.mark.parametrize("sig", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGALRM, signal.SIGPIPE])
def test_other_deaths_of_the_supervisor(root, hide, sig):
    token = token_of(1)
    with running("run", "-c", root, "-T", "/mnt", "-R", f"{hide}:/mnt/hide", "--", "/mnt/hide", token, "3") as p:
        p.stdout.readline()
        p.send_signal(sig)
        time.sleep(0.05)
        p.kill()
        p.wait()
        assert not survivors(token)


def system_calls(argv):
    """[(name, which one of that name, seconds it took)] of the supervisor, in order; the jail is not traced."""
    r = subprocess.run(["strace", "-qq", "-T", "-o", "/dev/stdout", *argv], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    seen = {}
    for m in re.finditer(r"^(\w+)\(.*?(?:<([0-9.]+)>)?$", r.stdout, re.M):
        seen[m[1]] = seen.get(m[1], 0) + 1
        if m[1] not in ("execve", "exit_group"):
            yield m[1], seen[m[1]], float(m[2] or 0)


@pytest.mark.skipif(not shutil.which("strace"), reason="no strace")
@pytest.mark.parametrize("opts", [["run"], ["-Q", "-Mo", "-R", "/etc:/opt"]])
def test_kill_of_the_supervisor_at_each_step(root, opts):
    """Killed at each of its system calls in turn, from the first to the last."""
    before = places()
    argv = [toast.BIN, *opts, "-c", str(root), "--", "/bin/sleep"]
    calls = list(system_calls([*argv, "0.2"]))
    assert len(calls) > 20, calls
    waiting = [i for i, c in enumerate(calls) if c[2] > 0.15][0]
    survived = []
    for i, (name, n, _) in enumerate(calls):
        # up to where it waits for the program, that must not end by itself
        p = subprocess.Popen(["strace", "-qq", "-o", "/dev/null", "-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={n}",
                              *argv, token_of(6) if i <= waiting else "0.02"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        p.wait(timeout=20)
        wait_for(lambda: all(state == "Z" for _, state, _ in toast.children()), 1)
        left = [c for c in toast.children() if c[1] != "Z"]
        if left:
            survived.append(f"killed at {name} number {n}: {left}")
            for pid, _, _ in left:
                os.kill(pid, signal.SIGKILL)
    assert not survived, "\n".join(survived)
    assert places() == before


def test_kill_of_the_init(root, hide):
    """The other way round: pid 1 of the jail dies, the supervisor ends and says so."""
    token = token_of(2)
    with running("run", "-c", root, "-T", "/mnt", "-R", f"{hide}:/mnt/hide", "--", "/mnt/hide", token, "3") as p:
        p.stdout.readline()
        init = [pid for pid, _, _ in descendants(p.pid)][0]
        os.kill(init, signal.SIGKILL)
        assert p.wait(timeout=5) in (125, 137)
        assert not survivors(token)


def descendants(pid):
    """(pid, state, name) of all processes below one, parents first."""
    table = {}
    for d in os.listdir("/proc"):
        if d.isdigit():
            name, _, rest = toast.read(f"/proc/{d}/stat").decode(errors="replace").rpartition(")")
            if rest:
                table.setdefault(int(rest.split()[1]), []).append((int(d), rest.split()[0], name.partition("(")[2]))
    found, queue = [], [pid]
    while queue:
        for child in sorted(table.get(queue.pop(0), [])):
            found.append(child)
            queue.append(child[0])
    return found


def test_fork_bomb_ends_with_the_time_limit(root):
    r = run("-c", root, "-t", "1", "--", "/bin/sh", "-c",
            f"i=0; while [ $i -lt 300 ]; do sleep {token_of(3)} & i=$((i+1)); done; trap '' TERM; wait")
    assert r.rc == 137 and not survivors(token_of(3))


def test_fork_bomb_ends_with_the_supervisor(root):
    token = token_of(4)
    with running("run", "-c", root, "--", "/bin/sh", "-c",
                 f"f() {{ sleep {token} & f2; }}; f2() {{ i=0; while [ $i -lt 200 ]; do sleep {token} & i=$((i+1)); done; }};"
                 f"f & f & f & f; echo up; wait") as p:
        p.stdout.readline()
        p.kill()
        p.wait()
        assert not survivors(token)


def test_nothing_lies_about_after_normal_ends(root):
    before = places()
    for script in ("exit 0", "exit 3", "kill -9 $$", "sleep 9 & exit 1"):
        run("-c", root, "--", "/bin/sh", "-c", script)
    run("-c", root, "-R", "/no/such:/mnt", "--", "/bin/true")
    assert places() == before


def test_detects_broken(hide):
    """A launcher that trusts the parent-death signal, or nothing: the jail lives on."""
    token = token_of(5)
    p = subprocess.Popen(["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", str(hide), token, "3"],
                         stdout=subprocess.PIPE)
    assert p.stdout.readline() == b"up\n"
    p.kill()
    p.wait()
    p.stdout.close()
    left = survivors(token)
    assert left
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    assert wait_for(lambda: not processes_with(token), 3)
