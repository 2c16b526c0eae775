# SPDX-License-Identifier: BSD-3-Clause
"""Control groups as the tests see them: where groups can be made, and those of a jail."""
import contextlib
import os
import time

import toast


def hierarchies():
    """{controller: mount point} of v1; "" is the v2 hierarchy."""
    known = {"cpu", "cpuacct", "cpuset", "memory", "pids", "devices", "blkio", "freezer", "hugetlb", "net_cls"}
    found = {}
    for line in open("/proc/self/mountinfo"):
        left, _, right = line.rstrip().partition(" - ")
        kind, _, options = right.split(" ", 2)
        if kind == "cgroup2":
            found.setdefault("", left.split()[4])
        elif kind == "cgroup":
            for word in options.split(","):
                if word in known:
                    found.setdefault(word, left.split()[4])
    return found


def paths(pid="self"):
    """{controller: path} of a process; "" is the v2 group."""
    out = {}
    for line in open(f"/proc/{pid}/cgroup"):
        _, names, path = line.rstrip("\n").split(":", 2)
        for name in names.split(","):
            out[name] = path
    return out


HIERARCHIES = hierarchies()


def home(controller):
    """The directory of the group below which jails of ours are made, or None."""
    name = {"io": "blkio"}.get(controller, controller)
    if name in HIERARCHIES:
        return HIERARCHIES[name] + paths()[name].rstrip("/")
    if "" in HIERARCHIES:
        d = HIERARCHIES[""] + paths()[""].removesuffix("/toastainer-self").rstrip("/")
        if controller == "" or controller in toast.read(f"{d}/cgroup.controllers").decode().split():
            return d
    return None


def is_v2(controller):
    return {"io": "blkio"}.get(controller, controller) not in HIERARCHIES


def groups(pid=None, prefix="toastainer."):
    """All groups of a launcher, or of any."""
    want = prefix + (f"{pid}." if pid else "")
    return sorted(os.path.join(top, d) for m in set(HIERARCHIES.values()) for top, dirs, _ in os.walk(m)
                  for d in dirs if d.startswith(want) and d != "toastainer-self")


def group(controller, pid):
    """The group of the jail of the launcher @pid, once it is there."""
    top = home(controller)

    def look():
        return [os.path.join(top, d) for d in os.listdir(top) if d.startswith(f"toastainer.{pid}.")]
    found = toast.wait_for(look)
    assert found, f"no group of {pid} in {top}"
    return found[0]


def value(directory, name):
    return toast.read(f"{directory}/{name}").decode().strip()


def remove(directory):
    for _ in range(200):
        try:
            os.rmdir(directory)
            return
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.01)
    os.rmdir(directory)


@contextlib.contextmanager
def made(controller, name):
    """A group of our own below ours."""
    d = f"{home(controller)}/{name}"
    os.mkdir(d)
    try:
        yield d
    finally:
        for top, dirs, _ in os.walk(d, topdown=False):
            for sub in dirs:
                remove(os.path.join(top, sub))
        remove(d)
