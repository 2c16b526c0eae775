#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Many idle jails of one image at once: what each costs, and whether they share the image's files in memory. Each has
mapped a file of the image and read all of it.

    tests/bench/many_of_one.py [--build DIR] [--jails N] [--mib N] [--settle SECONDS] [OPTION OF run...]
"""
import argparse
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

IDLE = r"""
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
	struct stat st;
	int fd = open("/data", O_RDONLY);
	volatile char sum = 0;
	char *p;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 1;
	p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return 1;
	for (off_t i = 0; i < st.st_size; i += 4096)
		sum += p[i];
	if (write(1, "r", 1) != 1)
		return 1;
	for (;;)
		pause();
}
"""
KERNEL = ("Slab", "PageTables", "KernelStack", "Percpu", "Shmem")


def meminfo():
    """In KiB."""
    return {k: int(v) for k, v in re.findall(r"^(\w+): +(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.M)}


def family(leaders):
    """The processes and their descendants."""
    children = {}
    for p in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(p.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(p.parent.name))
    found, todo = [], list(leaders)
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def sizes(pids):
    """KiB in all: (what is private or a share of something shared, the same of /data, mapped of /data)."""
    pss = data_pss = data_rss = 0
    for pid in pids:
        pss += int(re.search(r"^Pss: +(\d+)", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1])
        m = re.search(r" /data\n(?:\w+: .*\n)*?Rss: +(\d+) kB\nPss: +(\d+)", pathlib.Path(f"/proc/{pid}/smaps").read_text())
        if m:
            data_rss += int(m[1])
            data_pss += int(m[2])
    return pss, data_pss, data_rss


def start(command, count):
    out, into = os.pipe()
    jails = []
    for _ in range(count):
        jails.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=into))
        if os.read(out, 1) != b"r":
            raise SystemExit("a jail failed")
    os.close(out)
    os.close(into)
    return jails


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default="build", type=pathlib.Path)
    p.add_argument("--jails", default=500, type=int)
    p.add_argument("--mib", default=16, type=int)
    p.add_argument("--settle", default=1, type=float, help="before memory is looked at")
    o, options = p.parse_known_args()
    program = o.build.resolve() / "toastainer"
    with tempfile.TemporaryDirectory(prefix="toastainer-bench.") as tmp:
        root, store, jails = pathlib.Path(tmp) / "root", pathlib.Path(tmp) / "store", []
        root.mkdir(mode=0o755)
        for d in ("proc", "dev", "tmp"):
            (root / d).mkdir()
        subprocess.run(["gcc", "-O2", "-static", "-x", "c", "-o", root / "idle", "-"], input=IDLE.encode(), check=True)
        (root / "data").write_bytes(os.urandom(o.mib << 20))
        subprocess.run([program, "image", "import", "--store", store, root, "x"], check=True, stdout=subprocess.DEVNULL)
        command = [program, "run", "--store", store, "--image", "x", *options, "--", "/idle"]
        try:
            jails += start(command, 1)  # what is there once only
            time.sleep(o.settle)
            before, began = meminfo(), time.monotonic()
            jails += start(command, o.jails - 1)
            took = time.monotonic() - began
            time.sleep(o.settle)
            after, pids = meminfo(), family(j.pid for j in jails)
            pss, data_pss, data_rss = sizes(pids)
        finally:
            for j in jails:
                j.send_signal(signal.SIGTERM)
            for j in jails:
                j.wait()
    n = o.jails
    print(f"{n} jails, {len(pids)} processes, started one after the other in {took:.1f} s\n\n| | KiB for each jail |\n|---|---:|")
    print(f"| memory of its processes, without the file | {(pss - data_pss) / n:.0f} |")
    for k in KERNEL:
        print(f"| kernel: {k} | {(after[k] - before[k]) / (n - 1):.0f} |")
    print(f"| machine: available memory that went | {(before['MemAvailable'] - after['MemAvailable']) / (n - 1):.0f} |")
    print(f"\nthe file of {o.mib} MiB: mapped {data_rss / 1024:.0f} MiB in all jails, in memory {data_pss / 1024:.1f} MiB")


if __name__ == "__main__":
    main()
