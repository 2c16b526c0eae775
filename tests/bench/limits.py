#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How exact the limits are, and what a result costs. Prints distributions; asserts nothing.

    tests/bench/limits.py [--build DIR] [--runs N] [--quick]
"""
import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

BURN = "while :; do :; done"


class Bench:
    def __init__(self, program, work):
        self.program, self.work = program, pathlib.Path(work)
        self.n = 0

    def start(self, *opts, script):
        self.n += 1
        result = self.work / str(self.n)
        argv = [self.program, "run", "--result_json", result, *opts, "-c", "/", "--", "/bin/sh", "-c", script]
        p = subprocess.Popen(list(map(str, argv)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        p.result = result
        return p

    def run(self, *opts, script):
        began = time.monotonic()
        p = self.start(*opts, script=script)
        p.wait()
        return time.monotonic() - began, json.loads(p.result.read_text())


def line(name, values, unit="", digits=4):
    v = sorted(values)
    p95 = v[min(len(v) - 1, int(len(v) * 0.95))]
    print(f"{name:66} {len(v):4}  min {v[0]:.{digits}f}  median {statistics.median(v):.{digits}f}  "
          f"p95 {p95:.{digits}f}  max {v[-1]:.{digits}f} {unit}", flush=True)


def wall_clock(b, runs):
    for name, script, grace in (("a sleeper", "exec sleep 60", "0"), ("a burner", BURN, "0"), ("a burner, asked first", BURN, "1"),
                                ("100 sleepers", "i=0; while [ $i -lt 100 ]; do sleep 60 & i=$((i+1)); done; wait", "0")):
        line(f"time_limit 1 s, {name}: ended after",
             [b.run("--time_limit", "1", "--kill_grace", grace, script=script)[0] for _ in range(runs)], "s")


def cpu_time(b, runs):
    many = f"i=0; while [ $i -lt 100 ]; do ({BURN}) & i=$((i+1)); done; wait"
    for name, script in (("one burner", BURN), ("100 burners", many)):
        line(f"cpu_limit 0.5 s, {name}: used",
             [b.run("--cpu_limit", "0.5", "--kill_grace", "0", script=script)[1]["cpu_us"] / 1e6 for _ in range(runs)], "s")


def idle(b, runs):
    line("idle_limit 0.5 s, a sleeper: ended after",
         [b.run("--idle_limit", "0.5", "--kill_grace", "0", script="exec sleep 60")[0] for _ in range(runs)], "s")


def at_once(b, count):
    """Jails that run together: each is to end at its own limit, with its own figures."""
    ps = [b.start("--timeout", "2", "--kill_grace", "0", script="exec sleep 60") for _ in range(count)]
    for p in ps:
        p.wait()
    results = [json.loads(p.result.read_text()) for p in ps]
    line(f"{count} jails at once, timeout 2 s: wall", [j["wall_us"] / 1e6 for j in results], "s")
    line(f"{count} jails at once: CPU of each", [j["cpu_us"] / 1e3 for j in results], "ms", 2)


def accounting(b, runs):
    """What the result says against what the shell's own clock says (times), in one process."""
    ratios = []
    script = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; cat /proc/self/stat >/dev/null; times"
    for _ in range(runs):
        out = b.work / "times"
        with open(out, "wb") as f:
            b.n += 1
            result = b.work / str(b.n)
            subprocess.run([b.program, "run", "--result_json", str(result), "-c", "/", "--", "/bin/bash", "-c",
                            f"TIMEFORMAT='%3U %3S'; time ( {script} >/dev/null )"], stdin=subprocess.DEVNULL, stderr=f, check=False)
        user, system = map(float, out.read_text().split()[:2])
        ratios.append(json.loads(result.read_text())["cpu_us"] / 1e6 / (user + system))
    line("CPU time in the result / as bash measures its part", ratios)


def against_the_group(b, runs):
    """What wait4(2) says against what the control group says, in the same run; two processes that are waited for."""
    ratios = []
    script = "a() { i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; }; a & a; wait"
    for _ in range(runs):
        j = b.run("--cgroup_always", script=script)[1]
        if j["sources"]["cpu_us"] != "cgroup":
            print("no control group that counts CPU time can be made here")
            return
        ratios.append((j["user_us"] + j["sys_us"]) / j["cpu_us"])
    line("CPU time by wait4 / by the control group", ratios)


def cpu_of_children():
    u = resource.getrusage(resource.RUSAGE_CHILDREN)
    return u.ru_utime + u.ru_stime


def cost(b, runs):
    """Launches in turn, so that noise meets all alike."""
    result = str(b.work / "cost")
    kinds = {
        "nothing": [b.program, "run", "-c", "/"],
        "--time_limit": [b.program, "run", "-t", "60", "-c", "/"],
        "--result_json": [b.program, "run", "--result_json", result, "-c", "/"],
        "--cpu_limit, --idle_limit": [b.program, "run", "--cpu_limit", "60", "--idle_limit", "60", "-c", "/"],
        "--output_limit": [b.program, "run", "--output_limit", "1M", "-c", "/"],
        "all of them": [b.program, "run", "-t", "60", "--cpu_limit", "60", "--idle_limit", "60", "--output_limit", "1M",
                        "--result_json", result, "-c", "/"],
    }
    times, cpu = {k: [] for k in kinds}, {k: [] for k in kinds}
    for _ in range(runs):
        for k, argv in kinds.items():
            before, began = cpu_of_children(), time.monotonic()
            subprocess.run([*argv, "--", "/bin/true"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
            times[k].append((time.monotonic() - began) * 1e3)
            cpu[k].append((cpu_of_children() - before) * 1e3)
    median, least = statistics.median(times["nothing"]), min(times["nothing"])
    for k, v in times.items():
        line(f"a launch with {k}: {min(v) / least:.2f}x, {statistics.median(v) / median:.2f}x", v, "ms", 2)
    median = statistics.median(cpu["nothing"])
    for k, v in cpu.items():
        line(f"CPU time of a launch with {k}: {statistics.median(v) / median:.2f}x", v, "ms", 2)


def main():
    repo = pathlib.Path(__file__).resolve().parents[2]
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", type=pathlib.Path, default=repo / "build")
    p.add_argument("--runs", type=int, default=20)
    p.add_argument("--quick", action="store_true", help="does it work?")
    args = p.parse_args()
    runs = 2 if args.quick else args.runs
    load = os.getloadavg()[0]
    print(f"{os.uname().release}, {os.cpu_count()} CPUs, load {load:.1f} at the start\n")
    with tempfile.TemporaryDirectory(prefix="toastainer-bench.") as work:
        b = Bench(str(args.build / "toastainer"), work)
        wall_clock(b, runs)
        cpu_time(b, runs)
        idle(b, runs)
        at_once(b, 10 if args.quick else 100)
        accounting(b, runs)
        against_the_group(b, runs)
        cost(b, runs * 5)


if __name__ == "__main__":
    main()
