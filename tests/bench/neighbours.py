#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a jail gets done while another one attacks, against what it gets done alone just before. Asserts nothing.

By the wall clock, which means something only when nothing else runs here ("nobody" is near 1 then); and for its own CPU
time, which does not count waiting for a CPU.

    tests/bench/neighbours.py [--build DIR] [--pairs N] [--only WORD] [--quick]
"""
import argparse
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS)]
SLICE_MS = 1000  # the period of a CPU quota: within one it comes in bursts


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", type=pathlib.Path, default=TESTS.parent / "build")
    p.add_argument("--pairs", type=int, default=9)
    p.add_argument("--only", default="", help="attackers whose name has this word")
    p.add_argument("--quick", action="store_true", help="does it work?")
    args = p.parse_args()
    os.environ["TOASTAINER"] = str(args.build / "toastainer")
    import neighbours
    import toast

    if not neighbours.available():
        print("no control groups for memory, pids and CPU can be made here")
        return
    print(f"{os.uname().release}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f} at the start; "
          f"a neighbour's throughput beside each, as a part of that without\n")
    with tempfile.TemporaryDirectory(prefix="toastainer-bench.") as work:
        root = pathlib.Path(work) / "root"
        for d in ("bin", "proc", "dev", "tmp", "mnt", "opt", "sys"):
            (root / d).mkdir(parents=True)
        shutil.copy("/bin/busybox", root / "bin/busybox")
        for a in "sh yes rm sleep find echo".split():
            (root / "bin" / a).symlink_to("busybox")
        programs = []
        for source in ("programs/neighbour.c", "programs/hog.c", "attack/evade.c", "attack/cgroup_escape.c"):
            programs.append(pathlib.Path(work) / pathlib.Path(source).stem)
            toast.compile_static(TESTS / source, programs[-1])
        yard = neighbours.Yard(root, programs)
        pairs = 2 if args.quick else args.pairs
        with yard.neighbour("--cgroup_pids_max", "64") as job:
            # what two slices differ by when nobody attacks
            names = ["nobody", *(n for n in neighbours.ATTACKERS if args.only in n)]
            for name in names:
                ratios, own = [], []
                for _ in range(pairs):
                    alone = job(SLICE_MS)
                    if name == "nobody":
                        beside = job(SLICE_MS)
                    else:
                        with yard.attacker(name) as a:
                            time.sleep(0.15)
                            beside = job(SLICE_MS)
                        rest = neighbours.left(a)
                        if rest:
                            print(f"{name}: LEFT BEHIND {rest}")
                    ratios.append((beside[0] / beside[2]) / (alone[0] / alone[2]))
                    own.append((beside[0] / beside[1]) / (alone[0] / alone[1]))
                v = sorted(ratios)
                print(f"{name:24} median {statistics.median(v):.2f}   lower quartile {v[len(v) // 4]:.2f}   "
                      f"min {v[0]:.2f}   for its own CPU time {statistics.median(own):.2f}", flush=True)


if __name__ == "__main__":
    main()
