# SPDX-License-Identifier: BSD-3-Clause
"""A great many launches: nothing of them stays, and what supervises them does not grow."""
import concurrent.futures
import os
import pathlib
import signal
import socket
import subprocess

import pytest

import toast
from toast import BIN, MODE, wait_for

COUNT = int(os.environ.get("TOASTAINER_TEST_LAUNCHES", "100000"))
pytestmark = pytest.mark.slow(seconds=7200)

JOB = ["-R", "/bin/busybox:/bin/true", "--", "/bin/true"]

# In namespaces of its own, with its own temporary directories: whatever is there before and after
# the launches is theirs.
LOOK = """
look() {
	cat /proc/self/mountinfo
	find /tmp /var/tmp /run /dev/shm -mindepth 1
	cut -d: -f1 /proc/net/dev
	cat /proc/sysvipc/*
	set -- /proc/[0-9]*
	echo "$# processes"
}
mount -t tmpfs none /run && cp "$1" "$2" /run || exit 97
many=/run/${1##*/} program=/run/${2##*/} count=$3 workers=$4
shift 4
for d in /tmp /var/tmp /dev/shm; do mount -t tmpfs none $d || exit 97; done
before=$(look)
"$many" "$count" "$workers" "$program" "$@" || exit 98
sleep 2
after=$(look)
[ "$before" = "$after" ] && exit
for what in "$before" "$after"; do
	echo "$what" >/run/what
	[ -e /run/before ] || mv /run/what /run/before
done
diff /run/before /run/what
exit 99
"""


@pytest.mark.modes("root", "user")
@pytest.mark.parametrize("face", ["nsjail", "run"])
@pytest.mark.parametrize("workers", [1, 8])
def test_launches_leave_nothing(compile_c, workers, face):
    """COUNT launches one after another, and as many by 8 at once."""
    share = COUNT // 2  # for each face
    launch = ["run"] if face == "run" else ["-Q", "-Mo"]
    p = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--net", "--ipc",
                        "--propagation", "private", *(["--map-root-user"] if MODE == "user" else []), "sh", "-c",
                        LOOK, "sh", compile_c("programs/many.c"), BIN, str(share), str(workers), *launch, *JOB],
                       stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (p.returncode, p.stdout) == (0, "0\n"), (p.stdout[-3000:], p.stderr[-3000:])


class Watched:
    """A supervisor's size."""

    def __init__(self, pid):
        self.proc = pathlib.Path(f"/proc/{pid}")

    def held(self):
        """Descriptors and threads."""
        return len(os.listdir(self.proc / "fd")), len(os.listdir(self.proc / "task"))

    def children(self):
        return (self.proc / f"task/{self.proc.name}/children").read_text().split()

    def memory(self):
        """In KiB."""
        lines = (line.partition(":") for line in (self.proc / "status").read_text().splitlines())
        return {key: int(value.split()[0]) for key, _, value in lines if key in ("VmRSS", "VmData", "VmPTE", "VmSize")}


def not_grown(early, late):
    """A byte lost in each launch would show; a few pages touched late are no leak."""
    assert late[1] == early[1]
    assert all(late[0][key] <= early[0][key] + 64 for key in late[0]), (early, late)


@pytest.mark.modes("root")
def test_rerun_does_not_grow(tmp):
    """The log tells how many runs there were; early and late in them the supervisor is the same."""
    fifo = tmp / "runs"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(fifo, os.O_WRONLY)
    p = toast.start(["-Q", "-Mr", "--rerun_count", str(COUNT), "-R", "/bin/busybox:/bin/sh", "--", "/bin/sh", "-c", "echo"],
                    stdout=writer, stderr=subprocess.DEVNULL)
    os.close(writer)
    os.set_blocking(reader, True)
    watched, runs, early = Watched(p.pid), 0, None
    while runs < COUNT - 10:
        data = os.read(reader, 4096)
        assert data, "ended before its time"
        runs += len(data)
        if not early and runs >= COUNT // 100:
            early = watched.memory(), watched.held()
    late = watched.memory(), watched.held()
    while data := os.read(reader, 4096):
        runs += len(data)
    os.close(reader)
    assert p.wait(60) == 0 and runs == COUNT
    not_grown(early, late)


@pytest.mark.modes("root")
@pytest.mark.parametrize("prefork", [0, 3])
def test_listen_does_not_grow(tmp, prefork):
    """Connections by 8 clients at once."""
    path, count = tmp / "socket", COUNT // 5
    p = toast.start(["-Q", "-Ml", "--bindhost", path, "--listen_prefork", str(prefork), "-R", "/bin/busybox:/bin/sh", "--",
                     "/bin/sh", "-c", "echo x"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    watched = Watched(p.pid)

    def connections(n):
        good = 0
        for _ in range(n):
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(60)
                s.connect(str(path))
                good += s.recv(10) == b"x\n"
                s.recv(10)
        return good

    def serve(n):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(connections, [n // 8] * 8)) == n // 8 * 8

    def quiet():
        return len(watched.children()) == prefork and (watched.memory(), watched.held())

    try:
        assert wait_for(path.exists)
        serve(count // 20)
        early = wait_for(quiet)
        serve(count)
        late = wait_for(quiet)
    finally:
        p.send_signal(signal.SIGTERM)
    assert p.wait(10) == 0
    assert early and late
    not_grown(early, late)
