# SPDX-License-Identifier: BSD-3-Clause
"""The built-in policies: common programs work under toastainer_default, programs that only compute work under
strict_compute, and `toastainer policy` knows both."""
import shutil
import signal

import pytest

from toast import SANITIZED, nsjail, run, toast

DEFAULT, STRICT = "USE toastainer_default", "USE strict_compute"
KILLED = 128 + signal.SIGSYS

SH = "ls /usr >/dev/null && (echo sub) && echo $(echo sub) | cat && sleep 0 & wait $! && echo ok"
PYTHON = """
import multiprocessing, socket, subprocess, threading
def worker(n):
    return n * n
got = []
threads = [threading.Thread(target=got.append, args=(n,)) for n in range(3)]
[t.start() for t in threads], [t.join() for t in threads]
assert len(got) == 3 and subprocess.check_output(["echo", "x"]) == b"x\\n"
with multiprocessing.Pool(2) as pool:
    assert pool.map(worker, [1, 2]) == [1, 4]
with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
    print("ok")
"""
PERL = 'my $pid = fork(); exit 3 unless $pid; waitpid $pid, 0; print `echo ok` if $? == 3 << 8'
NODE = """
const { Worker } = require("worker_threads");
require("child_process").execSync("true");
new Worker("require('fs').readFileSync('/etc/passwd')", { eval: true }).on("exit", () => console.log("ok"));
"""
GCC = r"""
cd /tmp && printf '#include <pthread.h>\n#include <stdio.h>\nstatic void *f(void *a) { return a; }
int main(void) { pthread_t t; return pthread_create(&t, 0, f, 0) || pthread_join(t, 0) || puts("ok") < 0; }' > a.c &&
gcc -O1 -pthread -o a a.c && ./a
"""
GIT = """
cd /tmp && git init -q a && cd a && echo x > x && git add x &&
git -c user.name=n -c user.email=e commit -q -m m && git clone -q . ../b && cat ../b/x && echo ok
"""
CURL = """
cd /tmp && echo ok > f && python3 -m http.server 8001 --bind 127.0.0.1 > log 2>&1 &
for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.2; curl -sf http://127.0.0.1:8001/f && break; done; kill $!
"""
PROGRAMS = {"sh": ("/bin/sh", "-c", SH), "python3": ("/usr/bin/python3", "-c", PYTHON), "perl": ("/usr/bin/perl", "-e", PERL),
            "node": ("/usr/bin/node", "-e", NODE), "gcc": ("/bin/sh", "-c", GCC), "git": ("/bin/sh", "-c", GIT),
            "curl": ("/bin/sh", "-c", CURL), "apt-get": ("/usr/bin/apt-get", "--version")}


def machine(policy, *cmd, opts=()):
    """Run a program of this machine; /tmp is empty and writable."""
    return run("-c", "/", "-E", "HOME=/tmp", "-E", "PATH=/usr/bin:/bin", "--seccomp_string", policy, *opts, "--", *cmd,
               timeout=60)


def needs(name):
    if not shutil.which(name, path="/usr/bin:/bin"):
        pytest.skip(f"{name} is not installed")


@pytest.mark.parametrize("name", PROGRAMS)
def test_common_programs(name):
    needs(name)
    assert machine(DEFAULT, *PROGRAMS[name]).ok().out.splitlines()[-1 if name != "apt-get" else 0].startswith(
        "ok" if name != "apt-get" else "apt "), name


@pytest.mark.parametrize("extra", ["", " DEFAULT ERRNO(1)", " DEFAULT KILL_PROCESS", " DEFAULT ALLOW"])
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_with_defaults(root, face, extra):
    go = run if face == "run" else nsjail
    cmd = ["--", "/bin/sh", "-c", "echo hi | cat; busybox unshare -U true"]
    r = go("-c", root, "--seccomp_string", DEFAULT + extra, *cmd)
    assert r.rc == 1 and r.out == "hi\n" and "not permitted" in r.err, r
    assert go("-c", root, "--seccomp_string", "ALLOW { unshare } " + DEFAULT + extra, *cmd).ok().out == "hi\n"


def test_from_a_file(root, tmp):
    (tmp / "policy").write_text("ERRNO(9) { getpid }\nUSE toastainer_default\n")
    assert run("-c", root, "-P", tmp / "policy", "--", "/bin/true").ok()


STRICT_PYTHON = """
import hashlib, math, os, random, threading, time
t = threading.Thread(target=time.sleep, args=(0.01,)); t.start(); t.join()
for f in (lambda: open("/tmp/x", "w"), os.fork, lambda: os.kill(1, 0), lambda: os.mkdir("/tmp/a"), lambda: os.unlink("/etc/passwd")):
    try:
        f()
    except OSError as e:
        continue
    raise SystemExit("was possible")
print(int(input()) * 2, hashlib.md5(open("/etc/passwd", "rb").read()).hexdigest() != "")
"""


@pytest.mark.parametrize("cmd,out", [
    (("/usr/bin/python3", "-c", STRICT_PYTHON), "42 True\n"),
    (("/usr/bin/perl", "-MPOSIX", "-e", "print floor(<STDIN> * 2.01)"), "42"),
    (("/usr/bin/node", "-e", "setTimeout(() => console.log(require('fs').readFileSync(0, 'utf8') * 2), 1)"), "42\n"),
    (("/bin/sh", "-c", "read n; echo $((n * 2))"), "42\n"),
], ids=["python3", "perl", "node", "sh"])
def test_strict_programs(cmd, out):
    needs(cmd[0])
    r = run("-c", "/", "--seccomp_string", STRICT, "--", *cmd, stdin=b"21\n")
    assert r.ok().out == out


def test_strict_kills(root):
    assert run("-c", root, "--seccomp_string", STRICT, "--", "/bin/ln", "-s", "/a", "/tmp/b").rc == KILLED
    assert run("-c", root, "--seccomp_string", STRICT + " DEFAULT ERRNO(1)", "--", "/bin/ln", "-s", "/a", "/tmp/b").rc == 1
    r = run("-c", root, "--seccomp_string", STRICT, "--", "/bin/sh", "-c", "cat /etc/passwd; echo not here")
    assert "fork" in r.err and not r.out, r
    r = run("-c", root, "--seccomp_string", "ERRNO(13) { open, openat } " + STRICT, "--", "/bin/cat", "/etc/passwd")
    assert r.rc == 1 and "denied" in r.err, r


@pytest.mark.parametrize("policy", [DEFAULT, STRICT, "ALLOW { execve, write, exit_group } DEFAULT KILL_PROCESS"])
def test_missing_program_is_told(root, policy):
    """The error of the exec is reported under the policy."""
    r = run("-c", root, "--seccomp_string", policy, "--", "/bin/none")
    assert r.rc == 127 and "/bin/none" in r.errors()[0], r


def test_misspelt_name(root):
    r = run("-c", root, "--seccomp_string", "USE toastainer_defualt", "--", "/bin/true")
    assert r.rc == 125 and "did you mean 'toastainer_default'?" in r.errors()[0], r


@pytest.mark.parametrize("arch", ["x86_64", "i386", "aarch64", "arm", "riscv64"])
def test_policy_command(arch):
    for name in ("toastainer_default", "strict_compute"):
        r = toast("policy", "check", "--arch", arch, name).ok()
        assert f"{name}: valid" in r.out and "x32" not in r.out
        assert "arch" in toast("policy", "dump", "--arch", arch, name).ok().out
    r = toast("policy", "explain", "--arch", arch, "toastainer_default", "keyctl").ok()
    assert ": ERRNO(1)\n  by toastainer_default:" in r.out and "\n  because: keyrings" in r.out
    r = toast("policy", "explain", "--arch", arch, "toastainer_default", "read").ok()
    assert ": ALLOW\n" in r.out and "because" not in r.out


def test_file_beside_a_builtin(tmp):
    """The name is the built-in policy's; a file of that name needs a slash."""
    (tmp / "strict_compute").write_text("ALLOW { read }\n")
    r = toast("policy", "check", "strict_compute", "./strict_compute", cwd=tmp).ok()
    first, second = r.out.splitlines()
    assert "KILL_PROCESS" in first and "KILL_PROCESS" not in second
