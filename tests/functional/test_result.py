# SPDX-License-Identifier: BSD-3-Clause
"""The result: limits that the launcher watches, figures and their sources, the receipt, its JSON Schema."""
import json
import os
import signal

import pytest

import toast
from toast import REPO, processes_with, run

SCHEMA = json.loads((REPO / "docs" / "result.schema.json").read_text())
BURN = "while :; do :; done"


def validate(j):
    """Against the schema; and no key of the schema is never written."""
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(j)
    assert set(SCHEMA["required"]) <= set(j)
    known = {k for k in SCHEMA["properties"]["sources"]["properties"] if j[k] is not None}
    assert known == set(j["sources"])


@pytest.fixture
def result(root, tmp):
    """result(OPTIONS..., script=SCRIPT): (Result, the checked JSON)."""

    def go(*opts, script="exit 0", face="run", **kw):
        tmp.chmod(0o777)
        f = tmp / "result"
        words = ["run"] if face == "run" else ["-Q", "-Mo"]
        r = toast.toast(*words, "--result_json", f, "-c", root, *opts, "--", "/bin/sh", "-c", script, **kw)
        j = json.loads(f.read_text())
        validate(j)
        return r, j

    return go


def states(j):
    return {p["protection"]: p["state"] for p in j["receipt"]}


# ---------------------------------------------------------------------- the schema and every reason
@pytest.mark.core
@pytest.mark.parametrize("face", ["run", "nsjail"])
@pytest.mark.parametrize("opts, script, reason, rc", [
    ([], "exit 3", "exited", 3),
    ([], "kill -SEGV $$; sleep 9", "signaled", 139),
    (["-t", "1"], "sleep 60", "time_limit", 137),
    (["--timeout", "200ms"], "sleep 60", "time_limit", 137),
    (["--cpu_limit", "0.2"], BURN, "cpu_limit", 137),
    (["--idle_limit", "0.2"], "sleep 60", "idle_limit", 137),
    (["--output_limit", "10"], "while :; do echo x; done", "output_limit", 137),
])
def test_reasons(result, face, opts, script, reason, rc):
    if face == "nsjail" and reason == "signaled":
        opts = [*opts, "--init"]  # pid 1 does not die of its own signals
    r, j = result(*opts, script=script, face=face)
    assert (r.rc, j["reason"]) == (rc, reason), (r, j)
    assert (j["limit"] is not None) == reason.endswith("_limit")
    if j["limit"]:
        assert j["limit"]["used"] >= j["limit"]["value"] > 0


def test_setup_failed(result):
    r, j = result("-D", "/no/such/dir")
    assert r.rc == 125 and j["reason"] == "setup_failed" and j["step"] == "cwd" and j["errno"] == 2


def test_supervisor_signal(root, tmp):
    tmp.chmod(0o777)
    with toast.running("run", "--result_json", tmp / "r", "-c", root, "--", "/bin/sh", "-c", "echo up; sleep 60") as p:
        p.stdout.readline()
        p.send_signal(signal.SIGTERM)
        assert p.wait(timeout=10) == 143
    j = json.loads((tmp / "r").read_text())
    validate(j)
    assert (j["reason"], j["signal"]) == ("supervisor_signal", 15)


def test_schema_knows_every_word():
    """What the table in the source can say is in the schema, and nothing else."""
    source = REPO / "src" / "jail" / "result.c"
    if not source.exists():
        return  # a copy of the tests without the sources: seen by the others
    words = set(__import__("re").findall(r'= \{?"([a-z_]+)"', source.read_text()))
    figures = set(SCHEMA["properties"]["sources"]["properties"])
    listed = figures | set(SCHEMA["properties"]["reason"]["enum"]) | set(SCHEMA["$defs"]["source"]["enum"])
    listed |= set(SCHEMA["properties"]["limits_hit"]["items"]["enum"])
    listed |= set(SCHEMA["properties"]["disturbed_by"]["items"]["enum"])
    listed |= {"enforced", "degraded", "absent"}
    assert words == listed


# ---------------------------------------------------------------------- asking first, then killing
TRAP = "trap 'echo {0}; exit 5' {0}; echo up; while :; do sleep 0.01; done"


def test_asked_to_end_at_the_time_limit(result):
    r, j = result("--timeout", "0.3", "--kill_grace", "20", script=TRAP.format("TERM"))
    assert r.out == "up\nTERM\n" and r.rc == 137
    assert (j["reason"], j["exit_code"]) == ("time_limit", 5)


def test_asked_to_end_at_the_cpu_limit(result):
    r, j = result("--cpu_limit", "0.3", "--kill_grace", "20", script=f"trap 'echo XCPU; exit 5' XCPU; {BURN}")
    assert r.out == "XCPU\n" and (j["reason"], j["exit_code"]) == ("cpu_limit", 5)


def test_killed_after_the_grace_period(result):
    r, j = result("--timeout", "0.2", "--kill_grace", "0.2", script="trap '' TERM; echo up; while :; do sleep 1; done")
    assert (r.rc, j["reason"], j["signal"]) == (137, "time_limit", 9)


def test_without_a_grace_period_nobody_is_asked(result):
    r, j = result("--timeout", "0.3", "--kill_grace", "0", script=TRAP.format("TERM"))
    assert r.out == "up\n" and j["signal"] == 9 and j["exit_code"] is None


def test_the_nsjail_face_kills_at_once(result):
    r, j = result("-t", "1", script=TRAP.format("TERM"), face="nsjail")
    assert r.out == "up\n" and r.rc == 137 and j["signal"] == 9


# ---------------------------------------------------------------------- values
@pytest.mark.parametrize("option", ["--timeout", "--cpu_limit", "--idle_limit", "--kill_grace"])
@pytest.mark.parametrize("value", ["", "x", "-1", "1.", ".5", "1x", "1 s", "99999999999999999999", "1.0000000001"])
def test_bad_time(root, option, value):
    r = run("-c", root, f"{option}={value}", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and option[2:] in r.errors()[0], r


@pytest.mark.parametrize("option", ["--output_limit", "--output_truncate", "--disk_limit"])
@pytest.mark.parametrize("value", ["", "x", "-1", "1q", "1e3", "99999999T"])
def test_bad_size(root, option, value):
    r = run("-c", root, f"{option}={value}", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and option[2:] in r.errors()[0], r


@pytest.mark.parametrize("value, us", [("1", 10**6), ("1.5s", 1500000), ("200ms", 200000), ("0.25", 250000), ("1m", 6 * 10**7),
                                       ("700US", 700), ("2H", 7200 * 10**6)])
def test_times_in_the_result(result, value, us):
    """The limit that is told is the one that was given."""
    if us > 10**6:
        assert result("--timeout", value)[1]["reason"] == "exited"
    else:
        assert result("--timeout", value, script="sleep 60")[1]["limit"]["value"] == us


def test_limits_need_a_supervisor(root):
    for opt in (["--cpu_limit", "1"], ["--idle_limit", "1"], ["--timeout", "1"], ["--output_limit", "1"]):
        r = run("-Me", *opt, "-c", root, "--", "/bin/true")
        assert r.rc == 125 and opt[0][2:] in r.errors()[0], r


# ---------------------------------------------------------------------- what was used
WORK = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"  # much more than a launch costs


@pytest.mark.parametrize("opts", [[], ["--no_init"], ["--disable_clone_newpid", "--disable_proc"]])
@pytest.mark.parametrize("grace", ["0", "1"])
def test_cpu_time_of_a_killed_jail_is_counted(result, opts, grace):
    """Also that of children which nobody waited for."""
    _, j = result(*opts, "--idle_limit", "1", "--kill_grace", grace, script=f"({WORK}; sleep 60) & ({WORK}; sleep 60) & {WORK}; sleep 60")
    assert j["reason"] == "idle_limit" and j["cpu_us"] > 60_000, j


def test_cpu_time_of_children_that_outlive_the_program(result):
    _, j = result(script=f"({WORK}; echo > /tmp/done; sleep 60) & while [ ! -e /tmp/done ]; do sleep 0.05; done; exit 4")
    assert j["exit_code"] == 4 and j["cpu_us"] > 30_000 and j["user_us"] > 30_000, j


def test_peak_of_a_killed_program(result):
    """dd holds 40 MiB while nobody reads what it writes. On a busy machine it needs its time to get there."""
    for timeout in ("1", "8"):
        _, j = result("--timeout", timeout, "--kill_grace", "0", script="dd if=/dev/zero bs=40M count=1 | sleep 60")
        if j["peak_kib"] > 30_000:
            break
    assert j["reason"] == "time_limit" and j["peak_kib"] > 30_000, j
    assert j["memory_peak_bytes"] >= j["peak_kib"] << 10


def test_faults_and_switches(result):
    _, j = result(script="i=0; while [ $i -lt 20 ]; do /bin/true; i=$((i+1)); done")
    assert j["minor_faults"] > 100 and j["voluntary_switches"] > 10
    assert j["sources"]["minor_faults"] == "rusage"


def test_pressure_of_a_run_that_is_long_enough(result):
    _, j = result(script="sleep 2.1")
    if os.path.exists("/proc/pressure/cpu"):
        assert j["cpu_pressure_some_us"] is not None and j["sources"]["cpu_pressure_some_us"] in ("machine", "cgroup")
    assert j["undisturbed"] in (True, False)
    assert bool(j["disturbed_by"]) == (j["undisturbed"] is False)


def test_file_size_is_told(result):
    _, j = result("--rlimit_fsize", "1", script="exec dd if=/dev/zero of=/tmp/x bs=64k count=100")
    assert (j["reason"], j["signal"]) == ("signaled", signal.SIGXFSZ) and "file_size" in j["limits_hit"]


def test_cpu_of_one_process_is_told(result):
    _, j = result("--rlimit_cpu", "1", script=BURN)
    assert (j["reason"], j["signal"], j["limits_hit"]) == ("signaled", signal.SIGXCPU, ["rlimit_cpu"])


def test_one_process_is_asked_to_end_at_its_cpu_limit(result):
    r, j = result("--rlimit_cpu", "1", script=f"trap 'echo XCPU; exit 5' XCPU; {BURN}")
    assert r.out == "XCPU\n" and (j["reason"], j["exit_code"]) == ("exited", 5)


# ---------------------------------------------------------------------- disk
@pytest.mark.parametrize("api", ["new", "old"])
def test_disk_and_inode_limit(result, api):
    script = ("dd if=/dev/zero of=/tmp/x bs=64k 2>/dev/null; stat -c %s /tmp/x; i=0;"
              "while echo 2>/dev/null > /dev/shm/$i; do i=$((i+1)); done; echo $i")
    r, j = result("--experimental_mnt", api, "--disk_limit", "1M", "--inode_limit", "40", script=script)
    assert r.out.split() == [str(1 << 20), "40"], r
    assert set(j["limits_hit"]) == {"disk", "inodes"} and j["disk_used_bytes"] >= 1 << 20 and j["inodes_used"] >= 41


def test_disk_limit_not_touched(result):
    _, j = result("--disk_limit", "1M", script="echo x > /tmp/x")
    assert j["limits_hit"] == [] and 4096 <= j["disk_used_bytes"] < 1 << 20


def test_a_size_of_its_own_stays(result):
    r, _ = result("--disk_limit", "1M", "-m", "none:/mnt:tmpfs:size=64k", script="df -k /mnt /tmp | tail -n 2")
    assert [int(l.split()[1]) for l in r.out.splitlines()] == [64, 1024], r


# ---------------------------------------------------------------------- the receipt
@pytest.mark.core
def test_receipt_of_the_defaults(result):
    _, j = result()
    got = states(j)
    want = {"user_namespace", "mount_namespace", "pid_namespace", "net_namespace", "root", "read_only_root", "mounts",
            "capabilities", "no_new_privs", "session", "no_survivors"}
    assert want <= set(got) and set(got.values()) == {"enforced"}, got


def test_receipt_names_what_was_asked_for(result):
    _, j = result("-t", "9", "--disable_clone_newnet", "--rlimit_nofile", "20", "--seccomp_string", "ALLOW{} DEFAULT ALLOW",
                  "--cpus", str(min(os.sched_getaffinity(0))))
    got = states(j)
    assert {"time_limit", "rlimits", "cpus", "seccomp"} <= set(got) and "net_namespace" not in got


def test_no_receipt_of_what_never_ran(result):
    _, j = result("-D", "/no/such/dir")
    assert j["reason"] == "setup_failed"


def test_optional_mount_that_is_missing(result):
    _, j = result("--bindmount_ro_try", "/no/such:/opt")
    assert states(j)["mounts"] == "degraded"


def optional_mount(tmp, root):
    f = tmp / "optional.cfg"
    f.write_text(f'chroot: "{root}"\nmount {{ src: "/no/such" dst: "/mnt" is_bind: true mandatory: false }}\n')
    return f


def test_a_skipped_mount_is_degraded(root, tmp):
    tmp.chmod(0o777)
    f = optional_mount(tmp, root)
    run("--config", f, "--result_json", tmp / "r", "--", "/bin/true").ok()
    j = json.loads((tmp / "r").read_text())
    validate(j)
    entry = [p for p in j["receipt"] if p["protection"] == "mounts"][0]
    assert entry["state"] == "degraded" and "/no/such" in entry["note"], entry


def test_required_mount(root, tmp):
    f = optional_mount(tmp, root)
    for what in ("all", "mounts", "root,mounts"):
        r = run("--config", f, "--require", what, "--", "/bin/echo", "ran")
        assert r.rc == 125 and r.out == "" and "require" in r.err and "/no/such" in r.err, r
    assert run("--config", f, "--require", "root", "--", "/bin/echo", "ran").ok().out == "ran\n"


@pytest.mark.modes("root")
def test_refused_nice_value(root, tmp):
    """nsjail's face passes over it; it is told, and can be required."""
    opts = ["-Q", "-Mo", "-c", root, "--nice_level", "-5"]
    toast.toast(*opts, "--result_json", tmp / "r", "--", "/bin/true").ok()
    state = states(json.loads((tmp / "r").read_text()))["nice"]
    r = toast.toast(*opts, "--require", "nice", "--", "/bin/echo", "ran")
    if state == "enforced":  # a caller with CAP_SYS_NICE of the first namespace, without a new one
        assert r.ok().out == "ran\n"
    else:
        assert state == "absent" and r.rc == 255 and r.out == "" and "nice" in r.err, r


def test_require_without_a_pid_namespace(root):
    r = run("-c", root, "--disable_clone_newpid", "--disable_proc", "--require", "all", "--", "/bin/echo", "ran")
    assert r.rc == 125 and r.out == "" and "no_survivors" in r.err, r


@pytest.mark.parametrize("value, word", [("nothing", "nothing"), ("", "''"), ("root,", "''"), ("cpus", "not asked for")])
def test_bad_require(root, value, word):
    r = run("-c", root, f"--require={value}", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and word in r.errors()[0], r


# ---------------------------------------------------------------------- words to a person
@pytest.mark.parametrize("opts, script, words", [
    (["--timeout", "0.2"], "sleep 9", ["time limit", "0.200 s", "--timeout"]),
    (["--cpu_limit", "0.2"], BURN, ["cpu_limit", "0.200 s", "--cpu_limit"]),
    (["--idle_limit", "0.2"], "sleep 9", ["idle_limit", "0.200 s", "--idle_limit"]),
    (["--output_limit", "3"], "echo hello", ["output_limit", "3 bytes", "--output_truncate"]),
    (["--output_truncate", "3"], "echo hello", ["output_truncated", "3 bytes"]),
])
def test_one_line_that_says_it(sh, opts, script, words):
    r = sh(script, *opts)
    lines = r.err.splitlines()
    assert len(lines) == 1 and all(w in lines[0] for w in words), r


def test_nothing_is_said_of_a_quiet_run(sh):
    assert sh("exit 3", "-t", "9", "--cpu_limit", "9", "--output_limit", "1M").err == ""


# ---------------------------------------------------------------------- no cost
@pytest.mark.modes("root")
def test_costs_no_system_call_when_nobody_asks(root):
    """What reads /proc, makes pipes or reaps does so for a result or a limit only."""
    import shutil
    import subprocess

    if not shutil.which("strace"):
        pytest.fail("no strace")

    def calls(*opts):
        r = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/stderr", toast.BIN, "run", *opts, "-c", str(root), "--", "/bin/true"],
                           stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return [l for l in r.stderr.splitlines() if any(w in l for w in ("/proc/pressure", "/proc/stat", "pipe2(", "kill(-1"))]

    assert calls() == []
    assert calls("--measure") and calls("--output_limit", "1M")


def test_nothing_is_left(result):
    token = f"7{os.getpid()}77"
    result("--timeout", "0.3", script=f"setsid sleep {token} & (sleep {token} &) ; sleep {token}")
    assert not processes_with(token)
