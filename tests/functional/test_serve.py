# SPDX-License-Identifier: BSD-3-Clause
"""Modes listen and rerun."""
import contextlib
import os
import resource
import signal
import socket
import subprocess
import threading
import time

import pytest

import toast
from toast import nsjail


def free_port():
    with socket.socket(socket.AF_INET6) as s:
        s.bind(("::1", 0))
        return s.getsockname()[1]


def wait_for(what, seconds=5):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.01)
    return what()


class Server:
    def __init__(self, *args, path=None, log=None, prefix=()):
        self.path, self.port = path, None if path else free_port()
        where = ["--bindhost", path] if path else ["--bindhost", "::1", "--port", self.port]
        args = ["-Ml", *(["-l", log] if log else ["-Q"]), *where, "-t", "20", *args]
        self.proc = subprocess.Popen([*prefix, *toast.WRAP, toast.BIN, *map(str, args)], stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert wait_for(self.answers), "does not listen"

    def answers(self):
        if self.path:
            return os.path.exists(self.path)
        text = open("/proc/net/tcp6").read()
        return f":{self.port:04X} 0000" in text

    def connect(self):
        if self.path:
            s = socket.socket(socket.AF_UNIX)
            s.connect(str(self.path))
        else:
            s = socket.create_connection(("::1", self.port), 5)
        s.settimeout(15)
        return s

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.proc.pid}/fd"))

    def children(self):
        return open(f"/proc/{self.proc.pid}/task/{self.proc.pid}/children").read().split()

    def mounts(self):
        """How many; now and then they are those of the template."""
        return len(toast.read(f"/proc/{self.proc.pid}/mountinfo").splitlines())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.proc.poll() is None:
            self.proc.terminate()
        assert self.proc.wait(10) == 0


def read_all(s):
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while part := s.recv(65536):
            data += part
    s.close()
    return data


SH = ["--", "/bin/sh", "-c"]


def test_many_at_once_and_nothing_leaks(root):
    with Server("-c", root, *SH, "read x; echo got $x") as server:
        before = server.descriptors()
        for _ in range(3):
            clients = [server.connect() for _ in range(40)]
            for i, c in enumerate(clients):
                c.sendall(b"%d\n" % i)
            assert [read_all(c) for c in clients] == [b"got %d\n" % i for i in range(40)]
        assert wait_for(lambda: server.descriptors() == before and not server.children())


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# The host's mounts are those of others too.
OWN_MOUNTS = ["unshare", "--mount", "--propagation", "private"]


@pytest.mark.modes("root")
@pytest.mark.parametrize("prefork", [(), ("--listen_prefork", "50")], ids=["on accept", "prepared"])
def test_a_thousand_at_once(root, many_descriptors, prefork):
    n = 200 if toast.SANITIZED else 1000
    with Server("-c", root, *prefork, *SH, "echo in; read x; echo got $x", prefix=OWN_MOUNTS) as server:
        assert wait_for(lambda: len(server.children()) == (50 if prefork else 0))
        before, mounts = server.descriptors(), server.mounts()
        clients = [server.connect() for _ in range(n)]
        for c in clients:
            c.settimeout(60)
        assert all(c.recv(3) == b"in\n" for c in clients)
        assert len(server.children()) >= n
        for i, c in enumerate(clients):
            c.sendall(b"%d\n" % i)
        assert [read_all(c) for c in clients] == [b"got %d\n" % i for i in range(n)]
        assert wait_for(lambda: len(server.children()) == (50 if prefork else 0), 20)
        assert wait_for(lambda: (server.descriptors(), server.mounts()) == (before, mounts))


@pytest.mark.slow
@pytest.mark.modes("root")
@pytest.mark.parametrize("prefork", [(), ("--listen_prefork", "4")], ids=["on accept", "prepared"])
def test_a_hundred_thousand_leave_nothing(tmp, prefork):
    """Descriptors, processes, mounts and memory of the server, before and after."""
    job = tmp / "answer"
    subprocess.run(["gcc", "-O1", "-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-DANSWER", "-o", job,
                    toast.REPO / "tests" / "bench" / "noop.c"], check=True)
    workers, each, wrong = 4, 25000, []
    signal.alarm(3600)

    def held(server):
        memory = toast.read(f"/proc/{server.proc.pid}/status").decode().split("VmRSS:")[1].split()[0]
        return server.descriptors(), len(server.children()), server.mounts(), int(memory)

    def work(server):
        for _ in range(each):
            if read_all(server.connect()) != b"!":
                wrong.append(1)

    with Server("-R", f"{job}:/answer", *prefork, "--", "/answer", path=tmp / "socket", prefix=OWN_MOUNTS) as server:
        for _ in range(100):
            assert read_all(server.connect()) == b"!"
        wait_for(lambda: len(server.children()) == (4 if prefork else 0))
        before = held(server)
        threads = [threading.Thread(target=work, args=(server,)) for _ in range(workers)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert not wrong, f"{len(wrong)} of {workers * each} connections got no answer"
        assert wait_for(lambda: held(server)[:3] == before[:3]), (before, held(server))
        assert held(server)[3] < before[3] + 512, (before, held(server))


def test_output_is_not_lost_when_the_program_ends(root):
    with Server("-c", root, *SH, "head -c 300000 /proc/self/exe | wc -c; head -c 300000 /proc/self/exe") as server:
        for _ in range(5):
            assert len(read_all(server.connect())) == 300000 + len(b"300000\n")


def test_half_close_lets_the_program_finish(root):
    with Server("-c", root, *SH, "cat; echo end") as server:
        c = server.connect()
        c.sendall(b"data\n")
        c.shutdown(socket.SHUT_WR)
        assert read_all(c) == b"data\nend\n"


def test_client_that_is_gone_ends_its_jail(root):
    with Server("-c", root, *SH, "echo up; sleep 1000") as server:
        c = server.connect()
        assert c.recv(3) == b"up\n"
        c.close()
        assert wait_for(lambda: not server.children(), 4)


def test_unix_socket(root, tmp):
    path = tmp / "socket"
    with Server("-c", root, *SH, "echo unix", path=path) as server:
        assert read_all(server.connect()) == b"unix\n"
    assert not path.exists()


def test_unix_socket_of_a_dead_server_is_replaced(root, tmp):
    path = tmp / "socket"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    with Server("-c", root, *SH, "echo again", path=path) as server:
        wait_for(lambda: subprocess.run(["true"]).returncode == 0)
        assert wait_for(lambda: _try(server)) == b"again\n"


def _try(server):
    try:
        return read_all(server.connect())
    except OSError:
        return None


def test_file_in_the_place_of_the_socket_stays(root, tmp):
    path = tmp / "socket"
    path.write_text("mine")
    r = nsjail("--bindhost", path, "-Ml", "-c", root, *SH, "true")
    assert r.rc == 255 and path.read_text() == "mine", r


def test_limits_and_their_log(root, tmp):
    log = tmp / "log"
    with Server("-c", root, "--max_conns", "2", "-v", *SH, "echo in; read x", log=log) as server:
        a, b = server.connect(), server.connect()
        assert a.recv(3) == b.recv(3) == b"in\n"
        assert read_all(server.connect()) == b""
        assert wait_for(lambda: "max_conns is reached" in log.read_text())
        a.close()
        b.close()


def test_signals(root, tmp):
    log = tmp / "log"
    with Server("-c", root, *SH, "echo in; sleep 1000", log=log) as server:
        c = server.connect()
        assert c.recv(3) == b"in\n"
        server.proc.send_signal(signal.SIGUSR1)
        assert wait_for(lambda: "Total number of spawned namespaces: 1" in log.read_text())
        server.proc.terminate()
        assert server.proc.wait(5) == 0 and read_all(c) == b""


def test_killed_server_leaves_no_jail(root):
    with Server("-c", root, *SH, "echo in; sleep 1000") as server:
        clients = [server.connect() for _ in range(5)]
        assert all(c.recv(3) == b"in\n" for c in clients)
        jails = server.children()
        server.proc.kill()
        server.proc.wait()
        assert wait_for(lambda: not any(os.path.exists(f"/proc/{p}") and _alive(p) for p in jails))
        server.proc.wait = lambda *_: 0


def _alive(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_prepared_jails_serve_and_do_not_hold_others(root):
    with Server("-c", root, "--listen_prefork", "3", *SH, "echo up; read x; echo $x") as server:
        assert wait_for(lambda: len(server.children()) == 3)
        for round_ in range(3):
            clients = [server.connect() for _ in range(5)]
            assert all(c.recv(3) == b"up\n" for c in clients)
            for i, c in enumerate(clients):
                c.sendall(b"%d\n" % i)
            assert [read_all(c) for c in clients] == [b"%d\n" % i for i in range(5)], round_
        assert wait_for(lambda: len(server.children()) == 3)


def test_socket_activation_and_readiness(root, tmp):
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(str(tmp / "notify"))
    notify.settimeout(5)
    with socket.socket(socket.AF_INET6) as listener:
        listener.bind(("::1", 0))
        listener.listen(5)
        pid = os.fork()
        if pid == 0:
            os.dup2(listener.fileno(), 3, inheritable=True)
            env = {**os.environ, "LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "NOTIFY_SOCKET": str(tmp / "notify")}
            os.execve(toast.BIN, [toast.BIN, "-Q", "-Ml", "-c", str(root), *SH, "echo activated"], env)
        assert notify.recv(100) == b"READY=1"
        c = socket.create_connection(listener.getsockname()[:2], 5)
        c.settimeout(5)
        assert read_all(c) == b"activated\n"
        os.kill(pid, signal.SIGTERM)
        assert notify.recv(100) == b"STOPPING=1"
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_daemon_is_ready_when_its_parent_returns(root, tmp):
    path, pid_file = tmp / "socket", tmp / "pid"
    args = ["-d", "-Ml", "--bindhost", path, "--pid_file", pid_file, "-c", root, *SH, "echo served"]
    for _ in range(3):
        # No pipe: the reader would wait until the daemon has let go of it, not for the parent.
        assert toast.start(["-Q", *args], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait(20) == 0
        pid = int(pid_file.read_text())
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(10)
                s.connect(str(path))
                assert s.recv(100) == b"served\n"
            assert {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)} == {"/dev/null"}
        finally:
            os.kill(pid, signal.SIGTERM)
        assert wait_for(lambda: not pid_file.exists() and not _alive(pid))


@pytest.mark.parametrize("args, words", [(("--bindhost", "nonsense", "--port", "1"), "nonsense"),
                                         (("--bindhost", "/no/such/directory/socket"), "/no/such/directory"),
                                         (("--pid_file", "/no/such/directory/pid", "--port", "1"), "pid_file")])
def test_daemon_that_cannot_serve_says_why(root, args, words):
    r = toast.toast("-d", "-Ml", *args, "-c", root, *SH, "true")
    assert r.rc == 255 and words in r.err, r


@pytest.mark.parametrize("args, words", [((), "port"), (("--bindhost", "nonsense", "--port", "1"), "nonsense"),
                                         (("--bindhost", "192.0.2.1", "--port", "7"), "192.0.2.1")])
def test_cannot_listen(root, args, words):
    r = nsjail("-Ml", *args, "-c", root, *SH, "true")
    assert r.rc == 255 and words in r.err, r


def test_rerun_count(root):
    r = nsjail("-Mr", "--rerun_count", "4", "-c", root, *SH, "echo x; exit 3")
    assert (r.rc, r.out) == (3, "x\n" * 4), r


def test_rerun_until_success(own_root):
    r = nsjail("-Mr", "--rerun_stop", "success", "-c", own_root, "--rw", *SH, "echo >> /tmp/n; [ $(wc -l < /tmp/n) = 3 ]")
    assert r.rc == 0 and (own_root / "tmp" / "n").read_text() == "\n" * 3, r


def test_rerun_delay(root):
    r = nsjail("-Mr", "--rerun_count", "3", "--rerun_delay", "150", "-c", root, *SH, "true")
    assert r.rc == 0 and r.seconds > 0.3, r


def test_rerun_ends_with_a_signal(root):
    p = toast.start(["-Q", "-Mr", "-c", root, *SH, "echo x"], stdout=subprocess.DEVNULL)
    time.sleep(0.3)
    p.terminate()
    assert p.wait(5) in (0, 143)


def test_rerun_does_not_repeat_a_failed_set_up(root):
    r = nsjail("-Mr", "-c", root, "--", "/no/such")
    assert r.rc == 255 and r.err.count("/no/such") < 5, r
