# SPDX-License-Identifier: BSD-3-Clause
"""Jails with a name: ps, stats, kill, exec."""
import contextlib
import json
import os
import signal
import time

import pytest

import toast
from terminal import Terminal
from toast import read, running, toast as command, wait_for


@pytest.fixture(autouse=True)
def runtime(tmp, monkeypatch):
    """Where this user's named jails are: root's is /run/toastainer, where one can write there."""
    d = tmp / "runtime"
    d.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(d))


@pytest.fixture
def name(tmp):
    """A name that nobody else has."""
    return f"{tmp.name}-{os.getpid()}".replace(".", "")


def listed(name):
    return [j for j in map(json.loads, command("ps", "--json").ok().out.splitlines()) if j["name"] == name]


@contextlib.contextmanager
def named(name, *args, face="run"):
    """A jail with that name, once its program runs."""
    words = ("run",) if face == "run" else ("-Q", "-Mo")
    with running(*words, "--name", name, *args) as proc:
        assert wait_for(lambda: [j for j in listed(name) if j["state"] == "running"]), \
            (proc.poll(), proc.poll() is not None and proc.communicate())
        yield proc


def test_ps(root, name):
    with named(name, "-c", root, "--", "/bin/sleep", "1000") as proc:
        j, = listed(name)
        assert j["supervisor"] == proc.pid or toast.WRAP
        assert j["processes"] == 1 and j["command"] == "/bin/sleep 1000" and j["rss_kib"] > 0
        assert b"sleep" in read(f"/proc/{j['program']}/cmdline")
        table = command("ps").ok().out.splitlines()
        assert table[0].split() == ["NAME", "PID", "TIME", "PROCS", "COMMAND"]
        assert [line.split()[:2] for line in table if line.startswith(name)] == [[name, str(j["program"])]]
        stats = command("stats", "--json", name).ok().out
        assert json.loads(stats)["processes"] == 1
    assert not listed(name)


def test_the_name_is_free_afterwards(root, name):
    for _ in range(3):
        command("run", "--name", name, "-c", root, "--", "/bin/true").ok()
        assert not listed(name)


def test_a_name_is_given_once(root, name):
    with named(name, "-c", root, "--", "/bin/sleep", "1000"):
        r = command("run", "--name", name, "-c", root, "--", "/bin/true")
        assert r.rc == 125 and f"'{name}'" in r.errors()[0] and r.hints(), r
        assert len(listed(name)) == 1


@pytest.mark.parametrize("bad", ["", ".", "..", "a/b", "-x", "a b", "x" * 65, ".hidden", "a\nb"])
def test_what_is_no_name(root, bad):
    r = command("run", f"--name={bad}", "-c", root, "--", "/bin/true")
    assert r.rc == 125 and "not a name" in r.errors()[0], r


def test_a_killed_supervisor_leaves_nothing(root, name):
    """The entry stays behind, but counts for nobody and is gone with the next look."""
    with named(name, "-c", root, "--", "/bin/sleep", "1000") as proc:
        supervisor = listed(name)[0]["supervisor"]
        os.kill(supervisor, signal.SIGKILL)
        proc.wait()
        assert wait_for(lambda: not listed(name))
    command("run", "--name", name, "-c", root, "--", "/bin/true").ok()


def test_an_entry_of_a_dead_jail_is_reused(root, name):
    """Without a look in between."""
    with named(name, "-c", root, "--", "/bin/sleep", "1000") as proc:
        os.kill(listed(name)[0]["supervisor"], signal.SIGKILL)
        proc.wait()
        command("run", "--name", name, "-c", root, "--", "/bin/true").ok()


def test_kill(root, name):
    with named(name, "-c", root, "--", "/bin/sh", "-c", "trap '' TERM; sleep 1000 & sleep 1000") as proc:
        command("kill", name).ok()
        assert not listed(name)
        assert proc.wait() == 128 + signal.SIGTERM


def test_kill_of_a_stopped_jail(root, name):
    """Its supervisor may be stopped, by the terminal's ^Z say: it goes on to end."""
    with named(name, "-c", root, "--", "/bin/sleep", "1000") as proc:
        os.kill(listed(name)[0]["supervisor"], signal.SIGSTOP)
        command("kill", name, timeout=9).ok()
        assert not listed(name) and proc.wait() == 128 + signal.SIGTERM


def test_kill_with_a_signal(root, name):
    with named(name, "-c", root, "--", "/bin/sh", "-c", "trap 'exit 9' USR1; while :; do sleep 0.05; done") as proc:
        time.sleep(0.2)
        command("kill", "-s", "USR1", name).ok()
        assert proc.wait() == 9
    assert command("kill", "-s", "NOTHING", name).rc == 125


@pytest.mark.parametrize("mode", [["-p", "0"], ["-Me"]])
def test_a_name_for_many_jails(root, name, mode):
    r = command("run", "--name", name, *mode, "-c", root, "--", "/bin/true")
    assert r.rc == 125 and "--name" in r.errors()[0], r


@pytest.mark.parametrize("words", [["kill"], ["stats"], ["ps"], ["exec"]])
def test_nobody_has_the_name(words, name):
    extra = ["/bin/true"] if words == ["exec"] else []
    r = command(*words, name, *extra)
    assert r.rc == 125 and f"no jail with the name '{name}'" in r.errors()[0], r


def inside(name, *cmd, **kw):
    return command("exec", name, *cmd, **kw)


# The new process' own: its number, its parent, its session, the signal when its parent dies.
OWN = {"pid", "ppid", "sid", "pgid", "pdeathsig"}

JAILS = {
    "run": ("run", []),
    "limits": ("run", ["--rlimit_nofile", "77", "--rlimit_core", "0", "-E", "SECRET=1", "--umask", "027", "--cwd",
                       "/opt", "--hostname", "inner"]),
    "caps": ("run", ["--cap", "CAP_NET_RAW", "--cap", "CAP_CHOWN"]),
    "all caps": ("run", ["--keep_caps"]),
    "privileged": ("run", ["--disable_no_new_privs"]),
    "user": ("run", ["-u", "4321", "-g", "8765"]),
    "policy": ("run", ["--seccomp_string", "ERRNO(33) { mkdir, mkdirat } DEFAULT ALLOW"]),
    "no init": ("run", ["--no_init"]),
    "host pids": ("run", ["--disable_clone_newpid", "--disable_proc"]),
    "host network": ("run", ["--net", "host"]),
    "no user namespace": ("run", ["--disable_clone_newuser", "--cap", "CAP_CHOWN"]),
    "chroot": ("run", ["--no_pivotroot"]),
    "nsjail": ("nsjail", ["--skip_setsid"]),
    "own settings": ("nsjail", ["--umask", "077", "--dev"]),
}


ROOTS_ALONE = {"no user namespace"}


@pytest.mark.parametrize("kind", [pytest.param(k, marks=[pytest.mark.modes("root")] if k in ROOTS_ALONE else [])
                                  for k in JAILS])
def test_exec_is_confined_as_the_program(root, name, tmp, kind):
    face, opts = JAILS[kind]
    out = tmp / "state"
    with open(out, "wb") as f:
        words = ("run",) if face == "run" else ("-Q", "-Mo")
        with running(*words, "--name", name, "-c", root, *opts, "--", "/bin/sh", "-c", "/bin/state; exec sleep 1000",
                     stdout=f):
            assert wait_for(lambda: out.read_bytes().endswith(b"}\n")), out.read_bytes()
            first = json.loads(out.read_bytes())
            r = inside(name, "/bin/state")
            second = toast.state_of(r)
            differing = {k: (first[k], second[k]) for k in first
                         if first[k] != second[k] and k not in OWN}
            differing.pop("env", None)  # the shell adds to it
            assert not differing
            own = [line.split("=")[0] for line in second["env"]]
            assert set(own) <= {line.split("=")[0] for line in first["env"]}
            pid = listed(name)[0]["program"]
            with_ns = [n for n in os.listdir("/proc/self/ns")]
            theirs = {n: os.readlink(f"/proc/{pid}/ns/{n}") for n in with_ns}
            if "proc" not in kind and kind not in ("host pids", "nsjail"):
                r = inside(name, "/bin/sh", "-c", "for n; do readlink /proc/self/ns/$n; done", "", *with_ns).ok()
                assert dict(zip(with_ns, r.out.split())) == theirs


def test_exec_obeys_the_policy(root, name):
    with named(name, "-c", root, "--seccomp_string", "ERRNO(33) { mkdir, mkdirat } DEFAULT ALLOW", "--",
               "/bin/sleep", "1000"):
        r = inside(name, "/bin/mkdir", "/tmp/x")
        assert r.rc != 0 and os.strerror(33) in r.err or "argument out of domain" in r.err, r


def test_exec_status(root, name):
    with named(name, "-c", root, "--", "/bin/sleep", "1000"):
        assert inside(name, "/bin/sh", "-c", "exit 7").rc == 7
        assert inside(name, "/bin/sh", "-c", "kill -9 $$").rc == 137
        assert inside(name, "/nothing").rc == 127
        assert inside(name, "--", "/bin/plain").rc == 126
        r = command("exec", "--cwd", "/opt", "-E", "A=5", name, "/bin/sh", "-c", "pwd; echo $A")
        assert r.ok().out == "/opt\n5\n"
        r = command("exec", "--keep_caps", name, "/bin/true")
        assert r.rc == 125 and "--keep_caps" in r.errors()[0]
        assert command("exec", name).rc == 125
        assert inside(name, "/bin/cat", stdin=b"through").ok().out == "through"


def test_exec_tells_what_it_is_protected_by(root, name, tmp):
    """The same as the jail's own program, but for what the launcher does for that alone."""
    def receipt(f):
        return {p["protection"]: p["state"] for p in json.loads(f.read_text())["receipt"]}

    command("run", "--result_json", tmp / "run", "-c", root, "--disk_limit", "1M", "--", "/bin/true").ok()
    with named(name, "-c", root, "--disk_limit", "1M", "--", "/bin/sleep", "1000"):
        command("exec", "--result_json", tmp / "exec", name, "/bin/true").ok()
    assert receipt(tmp / "exec") == receipt(tmp / "run")
    with named(name, "-c", root, "--net", "host", "--disable_clone_newpid", "--disable_proc", "--", "/bin/sleep", "1000"):
        command("exec", "--result_json", tmp / "exec", name, "/bin/true").ok()
    got = receipt(tmp / "exec")
    assert not {"net_namespace", "pid_namespace"} & set(got) and got["no_survivors"] == "degraded"


def test_exec_between_two_runs(root, name):
    """It says so, and not that the jail has ended."""
    with running("run", "--name", name, "-M", "r", "--rerun_delay", "60000", "-c", root, "--", "/bin/true"):
        assert wait_for(lambda: listed(name))
        assert wait_for(lambda: inside(name, "/bin/true").rc == 125)
        r = inside(name, "/bin/true")
        assert "nothing runs in the jail" in r.errors()[0] and "rerun" in r.hints()[0], r


def test_exec_leaves_the_jail_alone(root, name):
    """Processes that it leaves are the jail's; when it is killed its program dies, the jail does not."""
    with named(name, "-c", root, "--", "/bin/sleep", "1000") as proc:
        with running("exec", name, "/bin/sleep", "998") as child:
            assert wait_for(lambda: listed(name)[0]["processes"] == 2)
            child.kill()
            assert wait_for(lambda: listed(name)[0]["processes"] == 1)
        assert proc.poll() is None


def test_exec_ends_with_the_jail(root, name):
    with named(name, "-c", root, "--", "/bin/sleep", "1000"):
        with running("exec", name, "/bin/sleep", "998") as child:
            assert wait_for(lambda: listed(name)[0]["processes"] == 2)
            command("kill", name).ok()
            assert child.wait(5) == 137


def test_exec_with_a_terminal(root, name):
    with named(name, "-c", root, "--", "/bin/sleep", "1000"):
        t = Terminal("exec", name, "/bin/sh", "-c", "test -t 0 && test -t 1 && stty size; read x; echo got $x")
        try:
            t.expect("37 91")
            t.send("word\n")
            t.expect("got word")
            assert t.wait() == 0
        finally:
            t.close()


def test_exec_shows_nothing_of_ours(root, name):
    """The jail sees neither our command line nor our executable."""
    script = "for i in $(seq 400); do cat /proc/*/cmdline /proc/*/environ 2>/dev/null; done | tr '\\0' ' '"
    with named(name, "-c", root, "--", "/bin/sleep", "1000"):
        with running("exec", name, "/bin/sh", "-c", script) as watcher:
            for _ in range(60):
                inside(name, "/bin/true", env={**os.environ, "HOSTS_OWN": "1"}).ok()
            watcher.kill()
            seen = watcher.communicate()[0].decode()
    leaks = [word for word in seen.split() if "toastainer" in word or name in word or "HOSTS_OWN" in word]
    assert not leaks, leaks[:10]


@pytest.mark.modes("root")
def test_exec_is_in_the_jails_groups(root, name):
    """Seen from the host: the jail's cgroup namespace shows the same path for every group of its own."""
    groups = {}
    with named(name, "-c", root, "--cgroup_pids_max", "6", "--", "/bin/sleep", "1000"):
        groups["jail"] = read(f"/proc/{listed(name)[0]['program']}/cgroup")
        with running("exec", name, "/bin/sleep", "987.25"):
            program, = wait_for(lambda: [p for p in toast.processes_with("987.25")
                                         if b"exec" not in read(f"/proc/{p}/cmdline")])
            assert wait_for(lambda: listed(name)[0]["processes"] == 2)
            groups["exec"] = read(f"/proc/{program}/cgroup")
        r = command("exec", name, "/bin/sh", "-c", "for i in 1 2 3 4 5 6 7; do sleep 1 & done; wait")
        assert "fork" in r.err, "the limit counts for it"
    assert b"pids" in groups["jail"] and groups["exec"] == groups["jail"]
    assert groups["jail"] != read("/proc/self/cgroup")
