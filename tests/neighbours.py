# SPDX-License-Identifier: BSD-3-Clause
"""Jails that want more than their share, beside one that works: who attacks how, and what the neighbour gets done.

tests/attack/test_21_neighbours.py holds that the neighbour works on and that nothing is left afterwards;
tests/bench/neighbours.py measures its throughput.
"""
import contextlib
import os
import subprocess
import tempfile

import cgroups
import toast

MIB = 1 << 20
# What a service gives a program that it does not know: half a CPU and little of everything else.
LIMITS = ["--cgroup_mem_max", str(64 * MIB), "--cgroup_pids_max", "64", "--cgroup_cpu_ms_per_sec", "500", "--rlimit_nofile", "64",
          "--rlimit_fsize", "1024", "--disk_limit", "32M", "--inode_limit", "2000", "--time_limit", "60"]
AGAIN = "while :; do {} >/dev/null 2>&1; done"

# name: (shell script, further options). What ends by itself or is killed begins anew.
ATTACKERS = {
    "fork bomb": ("/mnt/hog bomb 50", []),
    "memory: anonymous": (AGAIN.format("/mnt/hog anon 200"), []),
    "memory: shm": (AGAIN.format("/mnt/hog shm 200"), []),
    "memory: memfd": (AGAIN.format("/mnt/hog memfd 200"), []),
    "memory: tmpfs": (AGAIN.format("/mnt/hog file /dev/shm/f:45; /mnt/hog anon 100; rm /dev/shm/f"), ["-m", "none:/dev/shm:tmpfs:size=512M,mode=777"]),
    "memory: page cache": (AGAIN.format("/mnt/hog file /opt/f:100"), ["-B", "{disk}:/opt"]),
    "descriptors": (AGAIN.format("/mnt/evade descriptors"), []),
    "disk filler": (AGAIN.format("/mnt/evade fill /tmp; rm -rf /tmp/n* /tmp/data*"), []),
    "output flood": ("yes", ["--output_truncate", "1M"]),
    "sleeper": ("sleep {token}", []),
    "deaf to signals": ("/mnt/evade deaf 0 {token}", []),
    "daemons": ("/mnt/evade daemons 20 {token}", []),
    "stopped under ptrace": ("/mnt/evade stopped 0 {token}", []),
    "zombies": ("/mnt/evade zombies 60 {token}", []),
    "100 burners": ("/mnt/hog burners 100:100000", ["--cgroup_pids_max", "120"]),
    "cgroup mounts": (AGAIN.format("/mnt/cgroup_escape 9000000000"), []),
    "cgroup files": ("while :; do for f in $(find /sys/fs/cgroup -type f); do echo 1 >$f; done; done 2>/dev/null", ["--mount_cgroup"]),
}


def available():
    """Whether the groups of LIMITS can be had here."""
    return all(cgroups.home(c) and os.access(cgroups.home(c), os.W_OK) for c in ("memory", "pids", "cpu"))


class Yard:
    """Where attackers and their neighbour live: a root, and the programs, from tests/conftest.py or the bench."""

    def __init__(self, root, programs):
        self.root = root
        self.base = ["run", "-c", root, "-T", "/mnt", *(w for p in programs for w in ("-R", f"{p}:/mnt/{os.path.basename(p)}"))]

    @contextlib.contextmanager
    def neighbour(self, *opts, clock="wall"):
        """work(MS): (units, CPU ns, wall ns) of a jail that works for so long."""
        p = toast.start([*self.base, *opts, "--", "/mnt/neighbour", clock], stdin=subprocess.PIPE)

        def work(ms):
            p.stdin.write(b"%d\n" % ms)
            p.stdin.flush()
            line = p.stdout.readline()
            assert line, p.stderr.read()
            return tuple(map(int, line.split()))

        work.pid = p.pid
        try:
            work(1)
            yield work
        finally:
            p.stdin.close()
            p.wait()
            p.stdout.close()
            p.stderr.close()

    @contextlib.contextmanager
    def attacker(self, name, *opts, limits=LIMITS):
        """The jail's process number; it has said that it runs. Ended by SIGTERM to its launcher."""
        script, own = ATTACKERS[name]
        token = f"7{os.getpid()}{len(name)}"
        with tempfile.TemporaryDirectory(prefix="toastainer-disk.") as disk:
            os.chmod(disk, 0o777)
            own = [o.format(disk=disk) for o in own]
            r, w = os.pipe()
            p = toast.start([*self.base, *limits, *own, *opts, "--pass_fd", str(w), "--", "/bin/sh", "-c",
                             f"echo up >&{w}; exec {w}>&-; " + script.format(token=token)],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[w])
            os.close(w)
            assert os.read(r, 3) == b"up\n", name
            os.close(r)
            p.token = token
            try:
                yield p
            finally:
                p.terminate()
                p.wait()


def left(p):
    """What an attacker's end has left: processes, groups, mounts."""
    toast.wait_for(lambda: not toast.processes_with(p.token) and not cgroups.groups(p.pid), 3)
    return toast.processes_with(p.token) + cgroups.groups(p.pid) + [m for m in toast.mounts() if "toastainer" in m]
