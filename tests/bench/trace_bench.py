#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What watching costs the program: nanoseconds a call, in jails with and without it.

    tests/bench/trace_bench.py [--build DIR] [--rounds N]

Each kind of jail in turn, N times; the median of the medians that tests/bench/traced.c prints.
"""
import argparse
import pathlib
import statistics
import subprocess

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
POLICY = ["--seccomp_string", "KILL { mkdir } DEFAULT ALLOW"]
JAILS = {
    "a policy": POLICY,
    "--explain": [*POLICY, "--explain"],
    "--audit": [*POLICY, "--audit"],
    "--audit, openat refused": ["--seccomp_string", "KILL { openat } DEFAULT ALLOW", "--audit", "-q"],
    "--seccomp_unotify": [*POLICY, "--seccomp_unotify"],
}
CALLS = {"getppid": 200000, "openat": 2000, "fork": 100, "signal": 2000}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=REPO / "build")
    parser.add_argument("--rounds", type=int, default=5)
    opts = parser.parse_args()
    program = opts.build / "tests" / "bench" / "traced"
    ns = {(jail, call): [] for jail in JAILS for call in CALLS}
    for _ in range(opts.rounds):
        for jail, call in ns:
            p = subprocess.run([opts.build / "toastainer", "run", "-q", "-c", "/", "-R", f"{program.resolve()}:/tmp/traced",
                                *JAILS[jail], "--", "/tmp/traced", call, str(CALLS[call])],
                               check=True, text=True, capture_output=True)
            ns[jail, call].append(float(p.stdout))
    print("| ns a call | " + " | ".join(CALLS) + " |\n|---|" + "---:|" * len(CALLS))
    for jail in JAILS:
        print(f"| {jail} | " + " | ".join(f"{statistics.median(ns[jail, c]):.0f}" for c in CALLS) + " |")


if __name__ == "__main__":
    main()
