# SPDX-License-Identifier: BSD-3-Clause
"""The supervisor: time limit, signals, clean-up, and the result that it reports."""
import json
import os
import signal
import time

import pytest

from toast import nsjail, processes_with, read, run, running, finish, wait_for


def result(*args, **kw):
    """Run with --result_json; (Result, the parsed object)."""
    r, w = os.pipe()
    try:
        out = run("--result_json", str(w), *args, pass_fds=[w], **kw)
        os.close(w)
        w = -1
        data = b""
        while chunk := os.read(r, 65536):
            data += chunk
    finally:
        os.close(r)
        if w >= 0:
            os.close(w)
    assert data.endswith(b"\n") and data.count(b"\n") == 1, data
    return out, json.loads(data)


KEYS = {"version", "reason", "exit_code", "signal", "wall_us", "user_us", "sys_us", "peak_kib"}


@pytest.mark.core
def test_result_of_an_exit(root):
    out, j = result("-c", root, "--", "/bin/sh", "-c", "sleep 0.1; exit 7")
    assert out.rc == 7 and KEYS <= set(j)
    assert (j["reason"], j["exit_code"]) == ("exited", 7) and not j["signal"]
    assert 100_000 <= j["wall_us"] <= out.seconds * 1e6


@pytest.mark.core
def test_result_of_a_signal(root):
    out, j = result("-c", root, "--", "/bin/sh", "-c", "kill -SEGV $$")
    assert out.rc == 139 and (j["reason"], j["signal"]) == ("signaled", 11)


def test_result_of_a_signal_without_init(root):
    out, j = result("-c", root, "--no_init", "--disable_clone_newpid", "--disable_proc", "--", "/bin/sh", "-c",
                    "kill -TERM $$")
    assert out.rc == 143 and (j["reason"], j["signal"]) == ("signaled", 15)


def test_exit_above_128_is_not_a_signal(root):
    out, j = result("-c", root, "--", "/bin/sh", "-c", "exit 137")
    assert out.rc == 137 and (j["reason"], j["exit_code"]) == ("exited", 137)


def test_result_of_a_time_limit(root):
    out, j = result("-c", root, "-t", "1", "--", "/bin/sleep", "30")
    assert out.rc == 137 and j["reason"] == "time_limit" and 0.9 < out.seconds < 4


@pytest.mark.core
@pytest.mark.parametrize("opts, step", [
    (["-R", "/no/such:/mnt"], "mount"),
    (["-D", "/no/such"], "cwd"),
    (["-c", "/no/such"], "root"),
])
def test_result_of_a_failed_setup(root, opts, step):
    base = [] if "-c" in opts else ["-c", root]
    out, j = result(*base, *opts, "--", "/bin/true")
    assert out.rc == 125 and j["reason"].startswith("setup_failed"), j
    assert j.get("step") is not None and j.get("error"), "the step and the line are in it"


def test_result_of_a_missing_program(root):
    out, j = result("-c", root, "--", "/bin/nothing")
    assert out.rc == 127 and j["reason"].startswith("setup_failed"), j


def test_result_of_a_signal_to_us(root):
    r, w = os.pipe()
    with running("run", "--result_json", str(w), "-c", root, "--", "/bin/sh", "-c", "echo up; sleep 60",
                 pass_fds=[w]) as p:
        os.close(w)
        assert p.stdout.readline() == b"up\n"
        p.send_signal(signal.SIGTERM)
        assert p.wait(timeout=5) == 143
        j = json.loads(os.read(r, 65536))
        os.close(r)
    assert j["reason"] == "supervisor_signal" and j["signal"] in (9, 15), j


def test_result_in_a_file(root, tmp):
    f = tmp / "result.json"
    assert run("--result_json", f, "-c", root, "--", "/bin/sh", "-c", "exit 3").rc == 3
    assert json.loads(f.read_text())["exit_code"] == 3
    run("--result_json", f, "-c", root, "--", "/bin/true").ok()
    assert json.loads(f.read_text())["exit_code"] == 0, "an old result is replaced"


@pytest.mark.parametrize("where", ["/no/such/dir/f", "/etc", "77"])
def test_result_cannot_be_written(root, where):
    r = run("--result_json", where, "-c", root, "--", "/bin/echo", "started")
    assert r.rc == 125 and r.out == "" and len(r.errors()) == 1 and where in r.errors()[0], r


def test_result_on_a_full_disk(root):
    r = run("--result_json", "/dev/full", "-c", root, "--", "/bin/sh", "-c", "exit 3")
    assert r.rc in (3, 125) and "result" in r.err, r


def test_times(root, compile_c):
    burn = compile_c("programs/burn.c")
    out, j = result("-R", f"{burn}:/burn", "--", "/burn", "200", "40")
    assert out.rc == 0
    assert 150_000 <= j["user_us"] + j["sys_us"] <= 2_000_000
    assert 40 * 1024 <= j["peak_kib"] <= 200 * 1024


def test_times_of_grandchildren(root, compile_c):
    """What the program's own children used counts, waited for or not."""
    burn = compile_c("programs/burn.c")
    out, j = result("-c", root, "-T", "/var", "-R", f"{burn}:/var/burn", "--", "/bin/sh", "-c", "/var/burn 200 1; true")
    assert j["user_us"] + j["sys_us"] >= 150_000, (out, j)


# ---------------------------------------------------------------------- time limit
def test_time_limit_kills_everything(root):
    token = f"7{os.getpid()}1"
    r = run("-c", root, "-t", "1", "--", "/bin/sh", "-c", f"setsid sleep {token} & trap '' TERM; sleep {token}")
    assert r.rc == 137 and not processes_with(token)


def test_time_limit_in_the_nsjail_face_is_logged(root):
    from toast import toast
    r = toast("-Mo", "-t", "1", "-c", root, "--", "/bin/sleep", "9")
    assert r.rc == 137 and "time limit" in r.err


def test_time_limit_not_reached(root):
    assert run("-c", root, "-t", "5", "--", "/bin/sh", "-c", "exit 2").rc == 2


@pytest.mark.parametrize("value", ["x", "-1", "", "1x", "99999999999"])
def test_bad_time_limit(root, value):
    r = run("-c", root, f"--time_limit={value}", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and "time_limit" in r.errors()[0], r


# ---------------------------------------------------------------------- signals
@pytest.mark.core
@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("opts", [["run"], ["run", "--no_init"], ["-Q", "-Mo"]])
def test_signal_to_us_ends_the_jail(root, sig, opts):
    token = f"7{os.getpid()}2"
    with running(*opts, "-c", root, "--", "/bin/sh", "-c",
                 f"trap '' TERM INT HUP; setsid sleep {token} & echo up; sleep {token}") as p:
        assert p.stdout.readline() == b"up\n"
        p.send_signal(sig)
        rc = p.wait(timeout=5)
        assert rc == (128 + sig) or (opts[0] == "-Q" and sig == signal.SIGHUP and rc == -sig)
        assert wait_for(lambda: not processes_with(token), 2)


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2,
                                 signal.SIGQUIT])
@pytest.mark.parametrize("init", ["--init", "--no_init"])
def test_signals_are_forwarded(root, sig, init):
    name = sig.name[3:]
    with running("run", "--forward_signals", init, "-c", root, "--", "/bin/sh", "-c",
                 f"trap 'echo got; exit 7' {name}; echo up; while :; do sleep 0.05; done") as p:
        assert p.stdout.readline() == b"up\n"
        p.send_signal(sig)
        assert p.stdout.readline() == b"got\n"
        p.wait(timeout=5)


def test_forwarded_signal_that_kills(root):
    with running("run", "--forward_signals", "-c", root, "--", "/bin/sh", "-c", "echo up; exec sleep 60") as p:
        p.stdout.readline()
        time.sleep(0.05)
        p.send_signal(signal.SIGTERM)
        assert p.wait(timeout=5) == 143


def test_signal_storm(root):
    """Many signals at once neither hang nor kill us early."""
    with running("run", "--forward_signals", "-c", root, "--", "/bin/sh", "-c",
                 "trap : USR1 USR2; echo up; i=0; while [ $i -lt 20 ]; do sleep 0.01; i=$((i+1)); done; exit 5") as p:
        p.stdout.readline()
        for _ in range(200):
            p.send_signal(signal.SIGUSR1)
            p.send_signal(signal.SIGUSR2)
        assert p.wait(timeout=10) == 5


# ---------------------------------------------------------------------- the end of a jail
@pytest.mark.core
def test_everything_ends_with_the_program(root):
    token = f"7{os.getpid()}3"
    r = run("-c", root, "--", "/bin/sh", "-c", f"setsid sleep {token} & sleep {token} & exit 0")
    assert r.rc == 0 and not processes_with(token)


def test_output_after_the_program_ended(root):
    """A child that still holds our pipe does not keep us waiting."""
    r = run("-c", root, "--", "/bin/sh", "-c", "sleep 60 & echo x")
    assert r.out == "x\n" and r.seconds < 5


def test_parallel_jails(root):
    from toast import start
    ps = [start(["run", "-c", root, "--", "/bin/sh", "-c", f"sleep 0.1; exit {i}"]) for i in range(20)]
    assert [finish(p).rc for p in ps] == list(range(20))


def test_same_jail_many_times(root):
    assert [nsjail("-c", root, "--", "/bin/true").rc for _ in range(30)] == [0] * 30


def test_stopped_program_goes_on(root):
    token = f"7{os.getpid()}4"
    with running("run", "-c", root, "--", "/bin/sleep", token) as p:
        pids = wait_for(lambda: [x for x in processes_with(token) if read(f"/proc/{x}/comm") == b"sleep\n"])
        os.kill(pids[0], signal.SIGSTOP)
        time.sleep(0.05)
        assert p.poll() is None
        os.kill(pids[0], signal.SIGCONT)
        os.kill(pids[0], signal.SIGTERM)
        assert p.wait(timeout=5) == 143


def test_log_as_json(root):
    r = run("--log_format", "json", "-c", "/no/such", "--", "/bin/true")
    lines = [json.loads(l) for l in r.err.splitlines()]
    assert r.rc == 125 and len(lines) == 1 and "/no/such" in lines[0]["message"], r


def test_quiet(root):
    from toast import toast
    assert toast("-Q", "-Mo", "-c", root, "--", "/bin/true").ok().err == ""
    assert run("-c", root, "--", "/bin/true").ok().err == ""
    r = toast("-Q", "-Mo", "-c", "/no/such", "--", "/bin/true")
    assert r.rc == 255 and len(r.errors()) == 1, r


def test_log_to_a_file(root, tmp):
    from toast import toast
    f = tmp / "log"
    f.write_text("before\n")
    r = toast("-Mo", "-l", f, "-c", root, "--", "/bin/true").ok()
    assert r.err == "" and f.read_text().startswith("before\n") and "[I]" in f.read_text()
