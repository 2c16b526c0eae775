# SPDX-License-Identifier: BSD-3-Clause
"""Class 21: limits evaded: by other processes, other sessions, other file systems, other descriptors.

What is held by control groups is elsewhere; these hold without.
"""
import json
import os
import subprocess
import time

import pytest

import cgroups
import toast
from toast import processes_with, run, wait_for


@pytest.fixture
def evade(compile_c):
    return compile_c("attack/evade.c")


@pytest.fixture
def attack(root, evade, tmp):
    """attack(WAY, ARGUMENT, OPTIONS...): (Result, the result's JSON); what it started is gone afterwards."""
    token = f"7{os.getpid()}21"

    def go(way, argument, *opts, face="run", cmd=None, **kw):
        tmp.chmod(0o777)
        words = ["run"] if face == "run" else ["-Q", "-Mo", "--disable_rlimits"]
        r = toast.toast(*words, "--result_json", tmp / "r", "-c", root, "-T", "/mnt", "-R", f"{evade}:/mnt/evade", *opts, "--",
                        *(cmd or ["/mnt/evade", way, str(argument), token]), timeout=60, **kw)
        wait_for(lambda: not processes_with(token), 2)
        assert not processes_with(token)
        return r, json.loads((tmp / "r").read_text())

    return go


FACES = ["run", "nsjail"]


# ---------------------------------------------------------------------- CPU time
@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("way, n", [("burners", 100), ("daemons", 20), ("relay", 30)])
def test_cpu_limit_holds_for_all_together(attack, face, way, n):
    """Each of them uses little: RLIMIT_CPU would never see it."""
    r, j = attack(way, n, "--cpu_limit", "1", "-t", "20", face=face)
    assert r.rc == 137 and j["reason"] == "cpu_limit" and j["limit"]["used"] >= 1_000_000, j


def test_cpu_limit_without_a_pid_namespace(attack):
    r, j = attack("daemons", 10, "--cpu_limit", "0.5", "-t", "20", "--disable_clone_newpid", "--disable_proc")
    assert r.rc == 137 and j["reason"] == "cpu_limit", j


def test_children_that_nobody_waits_for_are_counted(attack):
    """By a v2 group that is made for this alone, where one can be made; else the receipt admits it, and --require refuses."""
    top = cgroups.home("")
    counted = top and os.access(top, os.W_OK)
    r, j = attack("unreaped", 20, "--cpu_limit", "0.3", "-t", "20" if counted else "2")
    states = {p["protection"]: p["state"] for p in j["receipt"]}
    required = run("--cpu_limit", "0.3", "--require", "cpu_limit", "-c", "/", "--", "/bin/true")
    assert r.rc == 137 and "cgroup_limits" not in states
    if counted:
        assert (j["reason"], states["cpu_limit"], j["sources"]["cpu_us"]) == ("cpu_limit", "enforced", "cgroup"), j
        assert required.rc == 0
    else:
        assert j["reason"] in ("cpu_limit", "time_limit") and states["cpu_limit"] == "degraded", j
        assert required.rc == 125


@pytest.mark.modes("root")
def test_children_that_nobody_waits_for_detects_broken(attack):
    """The counterpart: by their clocks alone they are missed."""
    r, j = attack("unreaped", 20, "--cpu_limit", "0.3", "-t", "2", "--cgroup_version", "v1")
    states = {p["protection"]: p["state"] for p in j["receipt"]}
    assert j["reason"] == "time_limit" and states["cpu_limit"] == "degraded", j


def test_rlimit_cpu_detects_broken(evade):
    """The counterpart: a limit of each process lets them all go on."""
    p = subprocess.Popen(["prlimit", "--cpu=1", str(evade), "relay", "30"], stdout=subprocess.PIPE)
    try:
        assert p.stdout.readline() == b"up\n"
        used = wait_for(lambda: cpu_of_children(p.pid) > 1.5, 20)
        assert used and p.poll() is None
    finally:
        p.kill()
        p.communicate()


def cpu_of_children(pid):
    fields = toast.read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK") if fields else 0


# ---------------------------------------------------------------------- not ending
@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("opts", [["-t", "1"], ["--idle_limit", "0.5", "-t", "30"], ["-t", "1", "--kill_grace", "0.3"]])
@pytest.mark.parametrize("way, n", [("deaf", 0), ("stopped", 0), ("zombies", 200)])
def test_who_does_not_want_to_end(attack, face, way, n, opts):
    r, j = attack(way, n, *opts, face=face)
    want = "idle_limit" if "--idle_limit" in opts else "time_limit"
    assert r.rc == 137 and j["reason"] == want, j
    assert r.out.startswith("up\n")


def test_sleeping_forever(attack):
    _, j = attack(None, None, "--idle_limit", "0.3", "-t", "30", cmd=["/bin/sleep", "1000000"])
    assert j["reason"] == "idle_limit" and j["limit"]["used"] >= 300_000


def test_who_works_is_not_idle(attack):
    """Short of the limit between two bits of work, four times over."""
    _, j = attack(None, None, "--idle_limit", "1", "-t", "30",
                  cmd=["/bin/sh", "-c", "for i in 1 2 3 4 5 6; do sleep 0.4; done; exit 3"])
    assert (j["reason"], j["exit_code"]) == ("exited", 3)


# ---------------------------------------------------------------------- output
@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("to", ["1", "2", "/proc/self/fd/1", "/dev/stderr"])
def test_output_flood(attack, face, to):
    """Also from many processes, and by opening the descriptor anew."""
    target = f">&{to}" if len(to) == 1 else f"> {to}"
    dev = ["--dev"] if face == "nsjail" else []  # a shell wants /dev/null for what it starts in the background
    r, j = attack(None, None, "--output_limit", "100k", "-t", "20", *dev, face=face,
                  cmd=["/bin/sh", "-c", f"for i in 1 2 3 4 5; do /bin/yes {target} & done; wait"])
    assert j["reason"] == "output_limit" and len(r.raw) + len(r.err) <= 102_400 + 400, j
    assert j["output_bytes"] == 102_400


# ---------------------------------------------------------------------- disk
@pytest.mark.parametrize("api", ["new", "old"])
@pytest.mark.parametrize("where", ["/tmp", "/dev/shm", "/mnt", "/dev"])
def test_disk_filler(attack, where, api):
    r, j = attack("fill", where, "--experimental_mnt", api, "--disk_limit", "2M", "--inode_limit", "100", "-t", "30")
    bytes_, files = map(int, r.ok().out.split())
    assert bytes_ <= 2 << 20 and files <= 200, r
    assert {"disk", "inodes"} & set(j["limits_hit"])
    assert j["disk_used_bytes"] <= 4 * (2 << 20)


def test_no_limit_on_disk_detects_broken(attack):
    """The counterpart: without the limit the filler gets more."""
    r, _ = attack("fill", "/tmp", "-m", "none:/tmp:tmpfs:size=32M,nr_inodes=2000,mode=777", "-t", "30")
    bytes_, files = map(int, r.ok().out.split())
    assert bytes_ > 2 << 20 and files > 200, r


def test_memory_files_have_the_limit_of_files(attack):
    """A memfd is on no mount of ours, but RLIMIT_FSIZE holds for it."""
    r, _ = attack("memfd", 0, "--rlimit_fsize", "1")
    assert r.ok().out.split() == [str(1 << 20), "-1"], r


# ---------------------------------------------------------------------- descriptors
def test_descriptor_bomb(attack):
    r, _ = attack("descriptors", 0, "--rlimit_nofile", "32")
    got, flying = map(int, r.ok().out.split())
    assert got <= 29, r
    if toast.MODE != "root":  # who has CAP_SYS_RESOURCE outside may have more in flight
        assert flying <= 2 * 32, r


def test_descriptor_bomb_of_many_ends(attack):
    """A hundred processes with all they can open: nothing is left when the limit ends them."""
    r, j = attack(None, None, "--rlimit_nofile", "64", "-t", "1",
                  cmd=["/bin/sh", "-c", "i=0; while [ $i -lt 100 ]; do (exec 3</dev/null 4<&3 5<&3 6<&3 7<&3 8<&3 9<&3; sleep 60) & i=$((i+1)); done;"
                       " wait"])
    assert j["reason"] == "time_limit" and r.rc == 137


# ---------------------------------------------------------------------- many at once
def test_each_of_many_gets_its_own_numbers(root, tmp):
    """Jails that run at the same time do not count for each other."""
    tmp.chmod(0o777)
    ps = []
    for i in range(12):
        script = "while :; do :; done" if i % 3 == 0 else f"head -c {i}000 /dev/zero; sleep 0.5; exit {i}"
        ps.append(toast.start(["run", "--result_json", tmp / str(i), "--cpu_limit", "0.3", "--output_limit", "50k", "-c", root, "--",
                               "/bin/sh", "-c", script]))
    for i, p in enumerate(ps):
        toast.finish(p, timeout=60)
        j = json.loads((tmp / str(i)).read_text())
        if i % 3 == 0:
            assert j["reason"] == "cpu_limit", (i, j)
        else:
            assert (j["reason"], j["exit_code"], j["output_bytes"]) == ("exited", i, i * 1000), (i, j)


def test_time_goes_on_while_a_jail_is_stopped(root):
    """The supervisor itself was stopped for longer than the limit: it ends the jail when it goes on."""
    with toast.running("run", "-t", "1", "-c", root, "--", "/bin/sleep", "60") as p:
        time.sleep(0.3)
        os.kill(p.pid, 19)
        time.sleep(1.2)
        os.kill(p.pid, 18)
        assert p.wait(timeout=10) == 137
