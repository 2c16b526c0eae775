# SPDX-License-Identifier: BSD-3-Clause
"""What is seen of system calls: --explain, --audit, --seccomp_unotify."""
import json
import os
import re
import signal
import socket
import subprocess
import time

import pytest

import toast
from toast import MODE, kill_and_reap, nsjail, run, start, wait_for

KILL = "KILL_PROCESS { mkdirat } DEFAULT ALLOW"
CALL = 'mkdirat(AT_FDCWD, "/forbidden/\\"quoted\\"\\n", 0700)'
SIGSYS = 128 + signal.SIGSYS


@pytest.fixture
def program(compile_c):
    return compile_c("programs/calls.c")


@pytest.fixture
def calls(root, program, tmp):
    """calls(WORDS, OPTIONS...): run the program that makes calls; the result has .json, the result file."""

    def go(words, *opts, face="run", policy=None, **kw):
        out = tmp / "result.json"
        out.unlink(missing_ok=True)
        f = run if face == "run" else nsjail
        policy = ["--seccomp_string", policy] if policy else []
        r = f("-c", root, *([] if face == "run" else ["-T", "/tmp"]), "-R", f"{program}:/tmp/calls", *policy, *opts,
              "--result_json", out, "--", "/tmp/calls", *words.split(), **kw)
        r.json = json.loads(toast.read(out) or b"null")
        return r

    tmp.chmod(0o777)
    return go


@pytest.fixture
def trace(calls, tmp):
    """trace(WORDS, OPTIONS...): the JSON report of what the program touched."""

    def go(words, *opts, **kw):
        report = tmp / "report.json"
        r = calls(words, "--seccomp_unotify", "--seccomp_unotify_report", report, *opts, **kw)
        r.report = json.loads(report.read_text())
        r.files = {(f["path"], f.get("mode")): f for f in r.report["fs_access"]}
        return r

    return go


# ---- explain


@pytest.mark.vm
@pytest.mark.parametrize("words,dies", [("forbidden", True), ("exec", True), ("thread", True), ("child", False),
                                        ("child vfork", False)])
def test_violation_is_named(calls, words, dies):
    r = calls(words, "--explain", policy="\n  " + KILL)
    assert (r.rc == SIGSYS) == dies, r
    v = r.json["violation"]
    assert v["call"] == CALL and v["syscall"] == "mkdirat" and v["action"] == "KILL_PROCESS"
    assert v["args"] == ["AT_FDCWD", '"/forbidden/\\"quoted\\"\\n"', "0700"]
    assert v["raw_args"][0] in ("0xffffff9c", "0xffffffffffffff9c") and v["raw_args"][2] == "0x1c0"
    assert v["policy_line"] == "seccomp_string:2:18" and v["certain"] is True
    assert v["program"] is dies and int(v["ip"], 16) > 0x400000 and v["pid"] > 1
    assert r.json["reason"] == ("seccomp" if dies else "exited") and r.json["violations"] == 1
    line = [l for l in r.err.splitlines() if "seccomp: " in l]
    assert len(line) == 1 and CALL in line[0] and "seccomp_string:2:18 KILL_PROCESS" in line[0], r
    assert f"pid {v['pid']}" in line[0] and v["ip"] in line[0]


@pytest.mark.vm
def test_nsjail_face_explains_too(calls):
    r = calls("forbidden", "--explain", face="nsjail", policy=KILL)
    assert r.rc == SIGSYS and r.json["violation"]["call"] == CALL and r.json["reason"] == "seccomp"


def test_one_thread_is_killed(calls):
    r = calls("thread", "--explain", policy="KILL { mkdirat } DEFAULT ALLOW")
    assert r.rc == 0 and "still here" in r.out and r.json["reason"] == "exited"
    assert r.json["violation"]["action"] == "KILL" and r.json["violation"]["program"] is True


@pytest.mark.parametrize("policy,action,words,rc,out", [
    ("TRAP(7) { mkdirat } DEFAULT ALLOW", "TRAP(7)", "forbidden", SIGSYS, ""),
    ("TRAP(7) { mkdirat } DEFAULT ALLOW", None, "trap", 0, "caught 1"),
    ("ERRNO(3) { mkdirat } DEFAULT ALLOW", None, "forbidden", 0, "-1 3"),
    # A tracer must not make TRACE a permission.
    ("TRACE(7) { mkdirat } DEFAULT ALLOW", None, "forbidden", 0, "-1 38"),
    ("USER_NOTIF { mkdirat } DEFAULT ALLOW", None, "forbidden", 0, "-1 38"),
    (KILL, None, "sigsys", SIGSYS, ""),
])
def test_what_is_a_violation(calls, policy, action, words, rc, out):
    for explain in ([], ["--explain"]):
        r = calls(words, *explain, policy=policy)
        assert r.rc == rc and r.out.strip() == out, r
    assert r.json.get("violation", {}).get("action") == action
    if rc == SIGSYS:
        assert r.json["reason"] == ("seccomp" if action else "signaled")


def test_line_of_a_file(calls, tmp):
    policy = tmp / "policy.kafel"
    policy.write_text("ALLOW {\n  newuname\n}\nKILL {\n  mkdirat\n}\nDEFAULT ALLOW\n")
    r = calls("forbidden", "--explain", "--seccomp_policy", policy)
    assert r.json["violation"]["policy_line"] == f"{policy}:5:3"
    policy.write_text("ALLOW { rt_sigaction, rt_sigprocmask, execve }")
    r = calls("forbidden", "--explain", "--seccomp_policy", policy)
    assert r.json["violation"]["policy_line"] == "no rule matches", r


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="a 32-bit interface")
def test_call_of_another_architecture(calls):
    r = calls("compat x", "--explain", policy=KILL)
    v = r.json["violation"]
    assert (v["arch"], v["nr"], v["call"]) == ("i386", 5, 'open("/etc/compat", O_RDWR)')


def test_without_explain_it_is_a_guess(calls):
    r = calls("forbidden", policy=KILL)
    assert r.rc == SIGSYS and r.json["reason"] == "seccomp" and r.json["violation"]["certain"] is False
    assert "syscall" not in r.json["violation"] and "--explain" in r.json["violation"]["note"]
    r = calls("sigsys")
    assert r.json["reason"] == "signaled" and "violation" not in r.json


def test_untraced_child_is_not_guessed(calls):
    r = calls("untraced", "--explain", policy=KILL)
    assert r.out == "child 31\n" and "violation" not in r.json


# A program that ends with all of its threads, for what is not in the list of a policy.
STRICT = "ALLOW { %s } DEFAULT KILL_PROCESS"
HARMLESS = ["brk", "clock_nanosleep", "execve", "exit_group", "futex", "getrandom", "kill", "mmap", "mprotect", "munmap",
            "newfstat", "prlimit64", "rseq", "rt_sigaction", "rt_sigprocmask", "set_robust_list", "set_tid_address",
            "wait4", "write", "clone", "clone3", "exit", "madvise", "gettid", "getpid", "tgkill", "sched_getaffinity",
            "rt_sigreturn", "newfstatat", "readlinkat", "readlink", "newuname", "close"]
if os.uname().machine == "x86_64":
    HARMLESS += ["arch_prctl", "fork"]
STRICT %= ", ".join(HARMLESS)


@pytest.mark.vm
def test_computing_threads_are_not_blamed(calls):
    """All threads end with the code of the one that was killed; those in no call did not do it."""
    r = calls("compute", "--explain", policy=STRICT)
    lines = [l for l in r.err.splitlines() if "seccomp: " in l]
    assert r.rc == SIGSYS and r.json["reason"] == "seccomp" and r.json["violations"] == 1, r
    assert r.json["violation"]["call"] == CALL and r.json["violation"]["certain"] is True
    assert len(lines) == 1 and CALL in lines[0], lines


@pytest.mark.vm
def test_foreign_signal_is_not_blamed_on_the_policy(calls):
    r = calls("foreign", "--explain", policy=STRICT)
    assert r.rc == 0 and r.out == "child 31\n" and "seccomp: " not in r.err, r
    assert "violation" not in r.json and r.json["reason"] == "exited"


@pytest.mark.vm
def test_own_violation_is_not_hidden_by_others(calls):
    r = calls("crowd 20", "--explain", policy=KILL)
    assert r.rc == SIGSYS and r.json["reason"] == "seccomp", r
    assert r.json["violation"]["program"] is True and r.json["violation"]["call"] == CALL
    assert r.json["violations"] == 21 and "seccomp: 6 more" in r.err


@pytest.mark.parametrize("words,opts", [("unseen", []), ("unseen handled", []), ("unseen survived", ["--no_init"])])
def test_thread_that_is_not_followed(calls, words, opts):
    """The program dies of a thread that nobody saw: as uncertain as without --explain."""
    for explain in ([], ["--explain"]):
        r = calls(words, *opts, *explain, policy=KILL)
        assert r.rc == SIGSYS and r.json["reason"] == "seccomp", r
        assert r.json["violation"]["certain"] is False and "call" not in r.json["violation"]
    assert "no thread that was followed" in r.json["violation"]["note"]


def test_who_is_followed_already_says_so(calls, tmp):
    """strace has attached to every process of the jail before us."""
    strace = subprocess.run(["which", "strace"], capture_output=True, text=True).stdout.strip()
    if not strace:
        pytest.skip("strace is not installed")
    before = toast.WRAP[:]
    toast.WRAP[:] = [strace, "-f", "-o", "/dev/null", "-e", "trace=none", *before]
    try:
        r = calls("forbidden", "--explain", policy=KILL)
    finally:
        toast.WRAP[:] = before
    assert r.rc == SIGSYS and r.json["reason"] == "seccomp", r
    assert r.json["violation"]["certain"] is False and "cannot be followed" in r.json["violation"]["note"]
    assert "cannot be followed" in r.err


def test_filter_is_the_policy_and_no_other(calls, root, tmp):
    """Without --explain nothing is traced; with it, the filter still is the policy's one."""
    policy = ["--seccomp_string", KILL, "-c", root, "--", "/bin/cat", "/proc/self/status"]
    for opts in ([], ["--explain"]):
        status = run(*opts, *policy).ok().out
        assert re.search(r"^Seccomp:\t2$", status, re.M) and re.search(r"^Seccomp_filters:\t1$", status, re.M)


@pytest.mark.vm
def test_signals_and_stops_pass(calls):
    for opts in ([], ["--explain"]):
        assert calls("stops", *opts, policy=KILL).ok().out == "stops 5\n"


def test_ptrace_inside_is_taken(calls):
    assert calls("traceme", policy=KILL).out == "traceme 0\n"
    assert calls("traceme", "--explain", policy=KILL).out == "traceme 1\n"


def test_shell_and_pipes_under_explain(sh):
    r = sh("for i in 1 2 3; do echo $i | cat | cat; done; (sleep 0; exit 7); echo $?", "--explain",
           "--seccomp_string", KILL)
    assert r.out == "1\n2\n3\n7\n" and r.rc == 0


def test_signal_to_the_program(calls, root):
    p = start(["run", "-c", root, "--forward_signals", "--explain", "--seccomp_string", KILL, "--", "/bin/sh", "-c",
               "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"])
    assert p.stdout.readline() == b"ready\n"
    p.send_signal(signal.SIGTERM)
    assert toast.finish(p).rc == 9


@pytest.fixture
def serve(root, program, tmp):
    """serve(WORDS, OPTIONS...): three connections to the program; the log."""
    path, log = tmp / "s", tmp / "log"
    tmp.chmod(0o777)
    started = []

    def go(words, *opts, done):
        p = start(["-Ml", "--bindhost", path, "-l", log, "-c", root, "-T", "/tmp", "-R", f"{program}:/tmp/calls", *opts,
                   "--", "/tmp/calls", *words.split()])
        started.append(p)
        if not wait_for(path.exists):
            pytest.fail("does not listen: " + toast.finish(p).err)
        for _ in range(3):
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(os.fspath(path))
                s.settimeout(10)
                while s.recv(4096):
                    pass
        assert wait_for(lambda: toast.read(log).count(done) == 3), toast.read(log)
        return toast.read(log).decode()

    yield go
    for p in started:
        kill_and_reap(p)


@pytest.mark.parametrize("opts", [[], ["--listen_prefork", "2"]], ids=["on accept", "prepared"])
def test_explain_in_listen(serve, opts):
    serve("forbidden", "--explain", "--seccomp_string", KILL, *opts, done=CALL.encode())


@pytest.mark.parametrize("opts", [[], ["--listen_prefork", "2"]], ids=["on accept", "prepared"])
def test_audit_in_listen(serve, opts):
    """Each connection's by itself, and none is refused anything."""
    log = serve("forbidden", "--audit", "--seccomp_string", KILL, *opts, done=CALL.encode())
    told = [l for l in log.splitlines() if CALL in l]
    assert all(re.search(r"\] pid=\d+ \(.*\): audit: +1  mkdirat ", l) for l in told), told
    assert log.count("exited with status: 0") == 3 and "terminated with signal" not in log


@pytest.mark.parametrize("opts", [[], ["--listen_prefork", "2"]], ids=["on accept", "prepared"])
def test_trace_in_listen(serve, tmp, opts):
    """One report behind the other: for protobuf one message, for a reader three."""
    report = tmp / "report"
    serve("open /etc/passwd", "--seccomp_unotify", "--seccomp_unotify_report", report, *opts, done=b"exited with status")
    assert wait_for(lambda: report.read_text().count('path: "/etc/passwd"') == 3), report.read_text()
    assert len(re.findall(r"^# pid=\d+ \(", report.read_text(), re.M)) == 3


def test_trace_in_listen_as_json(serve, tmp):
    report = tmp / "report.json"
    serve("open /etc/passwd", "--seccomp_unotify", "--seccomp_unotify_report", report, done=b"exited with status")
    assert wait_for(lambda: report.read_text().count('"/etc/passwd"') == 3)
    reader, text, n = json.JSONDecoder(), report.read_text().strip(), 0
    while text:
        value, end = reader.raw_decode(text)
        assert "fs_access" in value
        text, n = text[end:].strip(), n + 1
    assert n == 3


# ---- tracing


@pytest.mark.vm
def test_files(trace):
    r = trace("open /etc/passwd /etc/passwd /etc/group /nonexistent").ok()
    f = r.files["/etc/passwd", "RDONLY"]
    assert f["count"] == 2 and f["exists_in_jail"] and f["exists_in_main"] and f["jail_type"] == "REGULAR"
    assert f["syscall"] == [{"name": "openat", "args": "dirfd=AT_FDCWD mode_extra=O_CLOEXEC", "count": 2}]
    assert r.files["/etc/group", "RDONLY"]["count"] == 1
    f = r.files["/nonexistent", "RDONLY"]
    assert not f["exists_in_jail"] and not f["exists_in_main"] and f["jail_type"] == "NONEXISTENT"


@pytest.mark.vm
def test_relative_paths(trace):
    r = trace("relative").ok()
    assert r.files["/etc/./hostname", "RDWR"]["syscall"][0]["args"] == "dirfd=AT_FDCWD mode_extra=O_APPEND"
    f = r.files["/tmp/relative", "WRONLY"]
    assert "mode=0640 mode_extra=O_CREAT|O_EXCL" in f["syscall"][0]["args"] and not f["exists_in_jail"]
    f = r.files["/tmp/relative", None]
    assert f["exists_in_jail"] and not f["exists_in_main"] and f["syscall"][0]["name"] == "renameat"
    assert ("/tmp/renamed", None) in r.files


def test_links_of_the_jail_do_not_lead_out(trace, own_root, program):
    """A link to / in the jail means the jail's root: what it hides does not exist."""
    (own_root / "etc" / "out").symlink_to("/")
    where = own_root / "etc" / "out" / str(program).lstrip("/")
    report = trace(f"open /etc/out{program} /etc/out/bin/busybox", "-c", own_root).files
    assert where.exists()  # for whoever follows the link out here
    assert not report[f"/etc/out{program}", "RDONLY"]["exists_in_jail"]
    assert report["/etc/out/bin/busybox", "RDONLY"]["exists_in_jail"]


@pytest.mark.vm
def test_network(trace):
    r = trace("net").ok()
    net = {(n["type"], n["endpoint"], n.get("port")): n for n in r.report["net_access"]}
    four = net["IPV4", "127.0.0.1", 4242]
    assert four["count"] == 3 and [s["name"] for s in four["syscall"]] == ["connect", "sendmmsg"]
    assert four["syscall"][0] == {"name": "connect", "args": "type=SOCK_STREAM", "count": 2}
    six = net["IPV6", "::1", 53]
    assert [s["name"] for s in six["syscall"]] == ["sendto", "sendmsg", "sendmmsg"]
    unix = net["UNIX", "/tmp/relative.sock", None]["socket_path"]
    assert unix["path"] == "/tmp/relative.sock" and not unix["exists_in_jail"]
    assert ("UNIX", "@elative.", None) in net and ("NETLINK", "NETLINK", None) in net
    assert len(net) == 5


@pytest.mark.vm
def test_all_addresses_of_a_call(trace):
    r = trace("messages").ok()
    assert {n["port"] for n in r.report["net_access"]} == set(range(1000, 2024))


@pytest.mark.vm
def test_marked_and_picked_paths(trace):
    r = trace("marks").ok()
    assert ("/etc/marked", None) in r.files and ("/etc/picked", None) in r.files


def test_report_into_a_pipe(calls, tmp):
    """Nobody reads: that is said, and waited for by nobody."""
    fifo = tmp / "fifo"
    os.mkfifo(fifo)
    r = calls("getppid", "--seccomp_unotify", "--seccomp_unotify_report", fifo, timeout=10)
    assert r.rc == 125 and "nobody reads" in r.err, r
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        calls("open /etc/passwd", "--seccomp_unotify", "--seccomp_unotify_report", fifo).ok()
        assert b'"/etc/passwd"' in os.read(reader, 65536)
    finally:
        os.close(reader)


def test_text_report(calls, tmp):
    report = tmp / "report.txt"
    calls("open /etc/passwd", "--seccomp_unotify", "--seccomp_unotify_report", report).ok()
    text = report.read_text()
    entry = [b for b in text.split("fs_access ") if '"/etc/passwd"' in b and "openat" in b]
    assert entry[0].split("#")[0].split("\n") == [
        "{", '  path: "/etc/passwd"', "  jail_type: REGULAR", "  main_type: REGULAR", "  mode: RDONLY", "  count: 1",
        "  syscall {", '    name: "openat"', '    args: "dirfd=AT_FDCWD mode_extra=O_CLOEXEC"', "    count: 1", "  }",
        "  exists_in_jail: true", "  exists_in_main: true", "}", ""]


def test_report_to_the_log(calls):
    r = calls("open /etc/passwd", "--seccomp_unotify", "-v").ok()
    assert '"/etc/passwd"' in r.err and "unotify: fs_access {" in r.err
    assert "/etc/passwd" not in calls("open /etc/passwd", "--seccomp_unotify").ok().err


def test_nonsense_arguments(trace):
    r = trace("bad").ok()
    assert r.report["unreadable"] >= 7 and r.report["dropped"] == 0
    assert ("/etc/at-edge", "RDONLY") in r.files  # ends with the last byte of a mapping
    assert r.report["net_access"] == []
    assert not [p for p, _ in r.files if "aaaa" in p]


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="a 32-bit interface")
def test_calls_of_32_bits(trace):
    r = trace("compat").ok()
    assert r.files["/etc/compat", "RDWR"]["syscall"][0]["name"] == "open"
    net = r.report["net_access"]
    assert [(n["endpoint"], n["port"], n["syscall"][0]["name"]) for n in net] == [("0.0.0.0", 0x1234, "connect")]


def test_path_changed_by_another_thread(trace):
    """What is told is one of the things that were there, whole; whatever the kernel then opened."""
    r = trace("race", timeout=60).ok()
    paths = {p for p, mode in r.files if mode == "RDONLY"}
    assert paths and all(re.fullmatch(r"[/a-z]{1,30}", p) for p in paths), paths


def test_callers_killed_in_their_calls(trace):
    assert trace("killed", timeout=60).ok().files


def test_many_paths(trace):
    r = trace("many 3000", timeout=60).ok()
    assert len([p for p, _ in r.files if p.startswith("/tmp/none/")]) == 3000


@pytest.mark.modes("root")
def test_reader_cannot_be_held(calls):
    """A path in a page that is never filled holds whoever reads it, but not the time limit."""
    opts = ["--disable_clone_newuser", "--keep_caps"]
    r = calls("hang", *opts, "--seccomp_unotify", "-t", "1")
    assert r.out == "hangs\n" and r.rc == 137 and r.seconds < 8, r
    r = calls("hang mkdir", *opts, "--explain", "-t", "20", policy="KILL { mkdir } DEFAULT ALLOW")
    assert r.rc == SIGSYS and r.seconds < 10 and re.search(r"mkdir\(0x[0-9a-f]+, 0\)", r.err), r


def test_policy_stays_in_force_while_traced(trace):
    opts = ["--seccomp_string", "ERRNO(3) { mkdirat } KILL { execveat } DEFAULT ALLOW"]
    r = trace("forbidden", *opts)
    assert r.out == "-1 3\n" and not [p for p, _ in r.files if "forbidden" in p]
    r = trace("forbidden", "--seccomp_string", "TRACE(1) { mkdirat } DEFAULT ALLOW")
    assert r.out == "-1 38\n"
    r = trace("forbidden", "--explain", policy=KILL)
    assert r.rc == SIGSYS and r.json["violation"]["call"] == CALL and ("/proc/self/exe", None) in r.files


@pytest.mark.modes("root")
def test_without_no_new_privs(trace):
    assert trace("open /etc/passwd", "--disable_no_new_privs").ok().files["/etc/passwd", "RDONLY"]


@pytest.mark.vm
def test_rerun_tells_of_each(tmp, root, program):
    report = tmp / "report.txt"
    tmp.chmod(0o777)
    r = toast.toast("run", "-Mr", "--rerun_count", "3", "--seccomp_unotify", "--seccomp_unotify_report", report, "-c",
                    root, "--", "/bin/cat", "/etc/passwd")
    assert r.rc == 0 and report.read_text().count('"/etc/passwd"') >= 1 and r.out.count("root:x:0") == 3


# ---- audit


@pytest.mark.vm
def test_audit(calls):
    policy = "ERRNO(1) { mkdirat } KILL { fork, vfork, clone, clone3 } TRACE(2) { getppid } DEFAULT ALLOW"
    r = calls("child", "--audit", policy=policy)
    assert r.rc == 0 and r.out == "child -1\n", r  # mkdirat failed with ENOENT, and was let through
    audit = {a["syscall"]: a for a in r.json["audit"]}
    assert audit["mkdirat"]["action"] == "ERRNO(1)" and audit["mkdirat"]["policy_line"] == "seccomp_string:1:12"
    assert audit["mkdirat"]["first"]["call"] == CALL and audit["mkdirat"]["count"] == 1
    made = (audit.keys() & {"fork", "clone", "clone3"}).pop()
    assert audit[made]["action"] == "KILL" and r.json["reason"] == "exited"
    assert "refuses nothing" in r.err and "would have refused" in r.err and CALL in r.err


def test_audit_counts_each_call_once(calls):
    r = calls("many 50", "--audit", policy="ERRNO(1) { access } DEFAULT ALLOW")
    assert [(a["syscall"], a["count"]) for a in r.json["audit"]] == [("access", 50)]
    assert len([l for l in r.err.splitlines() if "access(" in l]) == 1


def test_audit_of_everything(calls):
    """A policy that permits nothing at all: the program runs, and the table is long."""
    r = calls("open /etc/passwd", "--audit", policy="DEFAULT KILL")
    names = {a["syscall"] for a in r.json["audit"]}
    assert r.rc == 0 and {"execve", "openat", "close", "exit_group"} <= names, r
    assert all(a["policy_line"] == "seccomp_string:1:1" for a in r.json["audit"])


def test_audit_of_nothing(calls):
    r = calls("getppid", "--audit", policy=KILL)
    assert r.json["audit"] == [] and "nothing" in r.err


@pytest.mark.vm
def test_results_follow_the_schema(calls):
    from jsonschema import Draft202012Validator
    schema = json.loads((toast.REPO / "docs" / "result.schema.json").read_text())
    for opts in (["--explain"], [], ["--audit"], ["--explain", "--audit"]):
        r = calls("forbidden", *opts, policy=KILL)
        assert ("audit_dropped" in r.json) == ("--audit" in opts) == ("violation" not in r.json), r.json
        Draft202012Validator(schema).validate(r.json)


def test_audit_is_not_filled_by_junk(calls):
    """Numbers that no call has are one kind, so that the refusal after them is seen."""
    r = calls("junk 3000", "--audit", policy=STRICT)
    audit = {a["syscall"]: a for a in r.json["audit"]}
    assert audit["unknown"]["count"] == 3000 and audit["unknown"]["nr"] == 100000
    assert audit["unknown"]["first"]["call"].startswith("call 100000(") and audit["mkdirat"]["first"]["call"] == CALL
    assert r.json["audit_dropped"] == 0 and not [a for a in audit if a.startswith("call ")]


def test_audit_says_what_it_dropped(calls, tmp):
    policy = tmp / "kinds.policy"
    policy.write_text("ERRNO(1) {\n" + ",\n".join(f"prctl(a) {{ a == {100000 + i} }}" for i in range(2100)) +
                      "\n}\nDEFAULT ALLOW\n")
    r = calls("kinds 2100", "--audit", "--seccomp_policy", policy)
    assert r.rc == 0 and len(r.json["audit"]) == 2048 and r.json["audit_dropped"] == 52, r
    assert "52  more calls" in r.err


def test_audit_and_trace(trace):
    r = trace("open /etc/passwd", "--audit", policy="ERRNO(1) { access, getppid } DEFAULT ALLOW")
    assert r.rc == 0 and ("/etc/passwd", "RDONLY") in r.files and isinstance(r.json["audit"], list)


def test_audit_of_a_policy_with_a_listener(calls):
    r = calls("forbidden", "--audit", policy="USER_NOTIF { mkdirat } DEFAULT ALLOW")
    assert r.json["audit"][0]["action"] == "USER_NOTIF" and "-1 2" in r.out


# ---- what does not go together


@pytest.mark.parametrize("opts,said", [
    (["--audit"], "no seccomp policy"),
    (["--seccomp_unotify", "--seccomp_string", "USER_NOTIF { mkdir } DEFAULT ALLOW"], "USER_NOTIF"),
    (["--seccomp_unotify", "--seccomp_unotify_report", "/nowhere/x"], "/nowhere/x"),
    (["--seccomp_unotify", "-Me"], "mode execve"),
    (["--explain", "-Me", "--seccomp_string", KILL], "mode execve"),
])
def test_refused(calls, opts, said):
    r = calls("getppid", *opts)
    assert r.rc == 125 and any(said in e for e in r.errors()), r


def test_report_without_tracing(calls, tmp):
    """nsjail takes this; so do we, and say that there will be no report."""
    r = calls("getppid", "--seccomp_unotify_report", tmp / "x")
    assert r.rc == 0 and "nothing is traced" in r.err and not (tmp / "x").exists()


def test_explain_without_a_policy(calls):
    r = calls("getppid", "--explain")
    assert r.rc == 0 and "there is no seccomp policy" in r.err


@pytest.mark.modes("root")
def test_traced_ourselves(root):
    """A listener is there already: a jail within a traced jail cannot be traced."""
    r = run("-c", "/", "--rw", "-B", "/tmp", "--proc_rw", "--seccomp_unotify", "--keep_caps", "--disable_clone_newuser", "--", toast.BIN, "run",
            "-c", root, "--seccomp_unotify", "--", "/bin/true")
    assert r.rc == 125 and "one listener only" in r.err, r


# ---- the supervisor's end


@pytest.mark.parametrize("opts", [["--explain", "--seccomp_string", KILL], ["--seccomp_unotify"],
                                  ["--explain", "--audit", "--seccomp_string", KILL]])
@pytest.mark.parametrize("init", [[], ["--no_init"]])
def test_supervisor_is_killed(root, opts, init):
    """Nothing survives, neither of the jail nor of those who watch it (leaves_nothing() looks)."""
    token = f"watched-{os.getpid()}-{time.monotonic_ns()}"
    p = start(["run", "-c", root, *init, *opts, "--", "/bin/sh", "-c",
               f"sleep 1000 & echo ready; while :; do cat /etc/passwd >/dev/null; done # {token}"])
    assert p.stdout.readline() == b"ready\n"
    p.kill()
    toast.finish(p)
    assert wait_for(lambda: not toast.processes_with(token))


def test_time_limit_with_watchers(calls, root):
    r = run("-c", root, "-t", "1", "--explain", "--audit", "--seccomp_string", KILL, "--", "/bin/sh", "-c",
            "sleep 100 & sleep 100 & wait")
    assert r.rc == 137 and r.seconds < 6
