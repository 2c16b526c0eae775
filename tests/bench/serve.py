#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the modes that launch again and again cost: rerun against a cold launch, with few and many
mounts on the host, and listen with prepared jails against launching on accept.

See README.md beside this file. It never judges a timing. Exit status: 0 measured, 77 it cannot be
measured here (not root), 2 wrong usage.
"""
import argparse
import os
import pathlib
import random
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import bench

BATCH = 20            # launches of a sample: rerun's are timed as (BATCH + 1 launches) - (1 launch)
MORE_MOUNTS = 500
PREPARED = 4
PAUSE_S = 0.01        # between connections: the pool is full again

NAMESPACE = """
mount -t tmpfs none "$1" && n=0
while [ $n -lt "$2" ]; do mkdir "$1/$n" && mount -t tmpfs none "$1/$n" || exit 1; n=$((n + 1)); done
exec "$3"
"""


class Host:
    """A mount namespace with more mounts, and a driver in it."""

    def __init__(self, setup, more):
        self.name, self.samples = f"{more} more mounts" if more else "", {}
        where = setup.tmp / f"mounts{more}"
        where.mkdir()
        self.driver = bench.Driver(["unshare", "--mount", "--propagation", "private", "sh", "-ec", NAMESPACE, "sh",
                                    str(where), str(more), str(setup.bench / "launch")], setup.tmp / f"errors{more}")
        exe = str(setup.build / "toastainer")
        cold = bench.nsjail(setup, exe, setup.noop, False)
        run = bench.toastainer_run(setup, exe, setup.noop, False)
        self.cases = {"raw fork+exec": lambda: self.one_by_one(setup.on_host(setup.noop)),
                      "once": lambda: self.one_by_one(cold),
                      "rerun": lambda: self.rerun([exe, "-Mr", *cold[2:]]),
                      "run, once": lambda: self.one_by_one(run),
                      "run, rerun": lambda: self.rerun([*run[:2], "-Mr", *run[2:]])}
        self.used = 0.0

    def launch(self, argv):
        wall, status, cpu, own = self.driver.ask("run", *argv)
        if status != 0:
            raise RuntimeError(f"status {status} of {shlex.join(argv)}")
        self.used += (cpu + own) / 1e9
        return wall / 1e3

    def one_by_one(self, argv):
        return statistics.mean(self.launch(argv) for _ in range(BATCH))

    def rerun(self, argv):
        times = [self.launch([*argv[:-2], "--rerun_count", str(n), *argv[-2:]]) for n in (BATCH + 1, 1)]
        return (times[0] - times[1]) / BATCH


class Server:
    def __init__(self, setup, name, *args):
        self.name, self.path, self.first_us, self.end_us = name, setup.tmp / name.replace(" ", "-"), [], []
        argv = bench.nsjail(setup, str(setup.build / "toastainer"), ["/job/answer"], False)
        self.process = subprocess.Popen([argv[0], "-Ml", "--bindhost", self.path, *args, *argv[2:]])
        while not self.path.exists() and self.process.poll() is None:
            time.sleep(0.01)

    def cpu_s(self):
        """Of the server and all its jails that have ended."""
        with open(f"/proc/{self.process.pid}/stat") as f:
            return sum(map(int, f.read().rpartition(")")[2].split()[11:15])) / bench.TICKS


def rounds_of(sample, used_s, args, progress, what):
    """Quiet rounds of sample(), which returns [(list, value)]. Return: a sentence about them."""
    quiet, noisy, shares = [], [], []
    while len(quiet) < args.rounds and len(quiet) + len(noisy) < args.rounds * bench.MAX_TRIES:
        meter, before, block = bench.Meter(), used_s(), []
        while not block or meter.elapsed() < bench.BLOCK_S:
            block.append(sample())
        shares.append(meter.others(used_s() - before))
        (quiet if shares[-1] <= args.noise else noisy).extend(block)
        progress(f"{what}: {len(quiet)} of {args.rounds} quiet, {len(noisy)} discarded")
    progress()
    enough = len(quiet) >= min(args.rounds, 5)
    for values in quiet if enough else quiet + noisy:
        for to, value in values:
            to.append(value)
    others = f"others used {statistics.median(shares):.0%} of a CPU in the median"
    if not enough:
        return f"THE MACHINE WAS NOT QUIET ({others}): nothing is discarded, do not quote these."
    return f"{len(quiet)} quiet rounds, {len(noisy)} discarded; {others}."


def table(header, rows):
    cells = [header, *([r[0], *(bench.number(v, 2 if isinstance(v, float) and v < 10 else 0) for v in r[1:])] for r in rows)]
    return ["| " + " | ".join(c) + " |" for c in cells[:1]] + ["|---|" + "---:|" * (len(header) - 1)] + \
           ["| " + " | ".join(c) + " |" for c in cells[1:]]


def measure_rerun(setup, args, progress):
    hosts = [Host(setup, 0), Host(setup, MORE_MOUNTS)]
    try:
        pairs = [(h, c) for h in hosts for c in h.cases]
        for h, c in pairs:
            h.samples[c] = []
            h.cases[c]()
        sentence = rounds_of(lambda: [(h.samples[c], h.cases[c]()) for h, c in random.sample(pairs, len(pairs))],
                             lambda: sum(h.used for h in hosts), args, progress, "rerun")
    finally:
        for h in hosts:
            h.driver.close()
    rows, few = [], hosts[0]
    median = {(h, c): statistics.median(h.samples[c]) for h, c in pairs}
    above = {(h, c): median[h, c] - median[h, "raw fork+exec"] for h, c in pairs}
    for h, c in pairs:
        s, cold = h.samples[c], "run, once" if c.startswith("run") else "once"
        rows.append([", ".join(filter(None, (c, h.name))), min(s), median[h, c], bench.p95(s),
                     None if c == "raw fork+exec" else above[h, c],
                     above[h, c] / above[h, cold] if c.endswith("rerun") else None,
                     above[h, c] / above[few, c] if h is not few and above[few, c] else None])
    return ["## Again and again", "", sentence, "",
            f"Microseconds a launch; a sample is the mean of {BATCH}. `x once`: the ratio of what is above raw fork+exec.", "",
            *table(["", "min", "median", "p95", "above raw", "x once", "x with few mounts"], rows)]


def measure_listen(setup, args, progress):
    servers = [Server(setup, "on accept"), Server(setup, f"{PREPARED} prepared", "--listen_prefork", str(PREPARED))]
    driver = bench.Driver([str(setup.bench / "launch")], setup.tmp / "errors")

    def sample():
        values = []
        for s in random.sample(servers, len(servers)):
            first, end = driver.ask("connect", s.path)
            if first < 0:
                raise RuntimeError(f"no answer from the server '{s.name}'")
            values += [(s.first_us, first / 1e3), (s.end_us, end / 1e3)]
            time.sleep(PAUSE_S)
        return values

    try:
        sentence = rounds_of(sample, lambda: sum(s.cpu_s() for s in servers), args, progress, "listen")
    finally:
        driver.close()
        for s in servers:
            s.process.terminate()
            s.process.wait()
    base = statistics.median(servers[0].first_us)
    rows = [[s.name, min(s.first_us), statistics.median(s.first_us), bench.p95(s.first_us),
             statistics.median(s.first_us) / base, statistics.median(s.end_us)] for s in servers]
    return ["## A connection's first byte", "", sentence, "",
            "Microseconds from connect(2) on a Unix socket; the program answers at once. `closed`: until it has ended.", "",
            *table(["", "min", "median", "p95", "x on accept", "closed, median"], rows)]


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", metavar="DIR", type=pathlib.Path, default=bench.HERE.parents[1] / "build")
    p.add_argument("--rounds", metavar="N", type=int, help="quiet rounds to measure (default: 100)")
    p.add_argument("--noise", metavar="SHARE", type=float, default=0.25,
                   help="share of one CPU that others may use in a round (default: %(default)s)")
    p.add_argument("--quick", action="store_true", help="few rounds, to see that it works")
    p.add_argument("--only", choices=("rerun", "listen"), help="only this half")
    p.add_argument("--markdown", metavar="FILE", help="also write the report to FILE")
    args = p.parse_args()
    args.rounds = args.rounds or (5 if args.quick else 100)
    if os.geteuid() != 0:
        print("skipped: only root has a template of mounts", file=sys.stderr)
        return 77
    m, lines = bench.machine(), []
    lines.append(f"{m['kernel']} {m['arch']}, {m['cpus']} CPUs, {m['model']}, {m['host_mounts']} mounts on the host, {m['date']}.")
    with tempfile.TemporaryDirectory(prefix="toastainer-bench-") as tmp:
        setup = bench.Setup(args.build.resolve(), pathlib.Path(tmp))
        for name, half in (("rerun", measure_rerun), ("listen", measure_listen)):
            if args.only in (None, name):
                lines += ["", *half(setup, args, bench.Progress())]
    print("\n".join(lines))
    if args.markdown:
        pathlib.Path(args.markdown).write_text("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
