# SPDX-License-Identifier: BSD-3-Clause
"""Resource limits, nice value, CPUs, personality and what else the kernel keeps for a process."""
import os
import resource

import pytest

from toast import MODE, host_caps, run

MIB, KIB = 1 << 20, 1 << 10
INF = -1
UNITS = {"as": MIB, "core": MIB, "cpu": 1, "fsize": MIB, "nofile": 1, "nproc": 1, "stack": MIB, "memlock": KIB,
         "rtprio": 1, "msgqueue": 1}
NUMBERS = {n: getattr(resource, "RLIMIT_" + n.upper(), None) for n in UNITS} | {"rtprio": 14, "msgqueue": 12}


def host(name):
    return list(resource.getrlimit(NUMBERS[name]))


@pytest.mark.core
def test_inherited_by_default(state):
    assert state()["rlimits"] == {n: host(n) for n in UNITS}


@pytest.mark.core
def test_nsjail_defaults(state):
    got = state(face="nsjail")["rlimits"]
    want = {"as": 4096 * MIB, "core": 0, "cpu": 600, "fsize": MIB, "nofile": 32}
    want = {n: [v, v] for n, v in want.items()}
    want |= {n: [host(n)[0]] * 2 for n in UNITS if n not in want}
    assert got == want


SMALL = {"as": 512, "core": 0, "cpu": 7, "fsize": 3, "nofile": 55, "nproc": 777, "stack": 4, "memlock": 32,
         "rtprio": 0, "msgqueue": 4096}


@pytest.mark.parametrize("name", UNITS)
def test_value(state, name):
    v = SMALL[name] * UNITS[name]
    hard = v + 1 if name == "cpu" else v  # it is asked first: --kill_grace
    assert state(f"--rlimit_{name}", str(SMALL[name]))["rlimits"][name] == [v, hard]


@pytest.mark.parametrize("grace, more", [("0", 0), ("0.1", 1), ("3", 3), ("2500ms", 3)])
def test_grace_of_the_cpu_limit(state, grace, more):
    assert state("--rlimit_cpu", "7", "--kill_grace", grace)["rlimits"]["cpu"] == [7, 7 + more]
    assert state("--rlimit_cpu", "7", "--kill_grace", grace, face="nsjail")["rlimits"]["cpu"] == [7, 7 + more]


def test_grace_of_the_cpu_limit_ends_at_the_callers(state):
    def lower():
        resource.setrlimit(resource.RLIMIT_CPU, (8, 8))

    assert state("--rlimit_cpu", "7", "--kill_grace", "5", preexec_fn=lower)["rlimits"]["cpu"] == [7, 8]


@pytest.mark.parametrize("name", UNITS)
@pytest.mark.parametrize("word, index", [("soft", 0), ("def", 0), ("hard", 1), ("max", 1), ("SOFT", 0)])
def test_words(state, name, word, index):
    assert state(f"--rlimit_{name}", word)["rlimits"][name] == [host(name)[index]] * 2


@pytest.mark.parametrize("name", ["as", "fsize", "cpu"])
@pytest.mark.parametrize("word", ["inf", "INF"])
def test_infinite(state, name, word):
    assert state(f"--rlimit_{name}", word, face="nsjail")["rlimits"][name] == [INF, INF]


def test_hexadecimal(state):
    assert state("--rlimit_nofile", "0x21")["rlimits"]["nofile"] == [33, 33]


def test_all_left_alone(state):
    assert state("--disable_rlimits", face="nsjail")["rlimits"] == {n: host(n) for n in UNITS}


@pytest.mark.parametrize("value", ["lots", "-1", "", "1x", "18446744073709551616", "1.5"])
@pytest.mark.parametrize("name", ["as", "nofile"])
def test_bad_value(root, name, value):
    r = run("-c", root, f"--rlimit_{name}={value}", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and f"rlimit_{name}" in r.errors()[0], r


def test_above_the_hard_limit(root):
    """An error for a caller without CAP_SYS_RESOURCE, who may not raise it."""
    if MODE == "root" and host_caps() >> 24 & 1:
        pytest.skip("this caller may raise limits")

    def lower():
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))

    r = run("-c", root, "--rlimit_nofile", "200", "--", "/bin/true", preexec_fn=lower)
    assert r.rc == 125 and len(r.errors()) == 1 and "nofile" in r.errors()[0].lower(), r


def test_few_descriptors_for_us(state):
    """The limit is the program's: it does not stop our own set-up."""
    assert state("--rlimit_nofile", "3")["rlimits"]["nofile"] == [3, 3]


def test_tiny_address_space_for_the_program_only(root):
    r = run("-c", root, "--rlimit_as", "16", "--", "/bin/sh", "-c", "echo started")
    assert r.ok().out == "started\n"


def test_file_size_is_enforced(sh):
    r = sh("dd if=/dev/zero of=/tmp/a bs=64k count=100 2>/dev/null; echo $?; stat -c %s /tmp/a", "--rlimit_fsize", "1")
    assert r.out.split() == ["153", "1048576"], r


@pytest.mark.core
def test_nice(state):
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert state()["nice"] == own
    assert state("--nice_level", str(own + 3))["nice"] == own + 3
    assert state(face="nsjail")["nice"] == 19


@pytest.mark.modes("root")
def test_nice_below_zero(state):
    assert state("--nice_level", "-5", "--disable_clone_newuser")["nice"] == -5


@pytest.mark.core
def test_cpus(state):
    mine = sorted(os.sched_getaffinity(0))
    assert state()["cpus"] == mine
    assert len(state("--max_cpus", "1")["cpus"]) == 1
    assert state("--cpus", str(mine[-1]))["cpus"] == [mine[-1]]
    if len(mine) > 1 and mine == list(range(mine[0], mine[-1] + 1)):
        assert state("--cpus", f"{mine[0]}-{mine[-1]}")["cpus"] == mine
        assert state("--cpus", f"{mine[0]},{mine[1]}")["cpus"] == mine[:2]


@pytest.mark.parametrize("value", ["", "x", "-1", "1-", "5-2", "99999", "0,", "0,,1"])
def test_bad_cpus(root, value):
    r = run("-c", root, f"--cpus={value}", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and "cpus" in r.errors()[0], r


def test_more_cpus_than_there_are(state):
    assert state("--max_cpus", "4096")["cpus"] == sorted(os.sched_getaffinity(0))


@pytest.mark.parametrize("option, flag", [
    ("addr_no_randomize", 0x0040000),
    ("addr_compat_layout", 0x0200000),
    ("mmap_page_zero", 0x0100000),
    ("addr_limit_3gb", 0x8000000),
    ("read_implies_exec", 0),  # which execve clears
])
def test_personality(state, option, flag):
    assert state()["personality"] == 0
    assert state(f"--persona_{option}")["personality"] == flag


def test_personalities_add_up(state):
    assert state("--persona_addr_no_randomize", "--persona_addr_compat_layout")["personality"] == 0x0240000


@pytest.mark.core
def test_oom_score(sh):
    assert sh("cat /proc/self/oom_score_adj").ok().out == open("/proc/self/oom_score_adj").read()
    assert sh("cat /proc/self/oom_score_adj", "--oom_score_adj", "500").ok().out == "500\n"


@pytest.mark.parametrize("value", ["1001", "-1001", "x", ""])
def test_bad_oom_score(root, value):
    r = run("-c", root, f"--oom_score_adj={value}", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and "oom_score_adj" in r.errors()[0], r


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the time stamp counter is x86's")
def test_time_stamp_counter_off(root, compile_c):
    """Reading the counter is a fatal signal. The program is made without a C library, which reads it."""
    tsc = compile_c("programs/tsc.c")
    assert run("-R", f"{tsc}:/tsc", "--", "/tsc").rc == 0
    assert run("-R", f"{tsc}:/tsc", "--disable_tsc", "--", "/tsc").rc == 128 + 11


def test_core_scheduling(root):
    """Works, or says that this kernel or machine cannot."""
    r = run("-c", root, "--use_core_scheduling", "--", "/bin/true")
    assert r.rc == 0 or (r.rc == 125 and len(r.errors()) == 1 and "core" in r.errors()[0]), r


def test_stack_limit_counts(state):
    """Set before exec, so that it bounds the arguments too."""
    r = state("--rlimit_stack", "1")
    assert r["rlimits"]["stack"] == [MIB, MIB]
