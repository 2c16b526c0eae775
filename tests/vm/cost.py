#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What limits and results cost a launch on cgroup v2, in the virtual machine, by counting instructions.

    tests/vm/cost.py [--build DIR] [--cache DIR] [--rounds N]

The machine's clock advances with each instruction that it executes (QEMU's icount), so that the load of the host does not
count. Each round is in a new order. It has one CPU: what the launcher does beside the jail, which costs little elsewhere, counts in full. The last two lines are what the
kernel alone takes for a process in namespaces, without a group and in one that is made for it.
"""
import argparse
import os
import pathlib
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import toast  # noqa: E402
import vm  # noqa: E402

LIMITS = "--cgroup_pids_max 20 --cgroup_mem_max 50000000"
KINDS = ("", "--time_limit 60", "--result_json /dev/null", "--cpu_limit 9", "--cgroup_pids_max 20", LIMITS,
         f"--time_limit 60 {LIMITS} --result_json /dev/null", "")


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", type=pathlib.Path, default=REPO / "build")
    p.add_argument("--cache", type=pathlib.Path, default=os.environ.get("TOASTAINER_VM_CACHE") or REPO / "build" / "vm")
    p.add_argument("--rounds", type=int, default=40)
    args = p.parse_args()
    vm.prepare(args.cache)
    with tempfile.TemporaryDirectory(prefix="toastainer-tree.") as d:
        tree = pathlib.Path(d)
        shutil.copy(args.build / "toastainer", tree)
        toast.compile_static(REPO / "tests" / "bench" / "pairs.c", tree / "pairs")
        toast.compile_static(REPO / "tests" / "bench" / "group_floor.c", tree / "group_floor")
        kinds = " ".join(f"'/toastainer/toastainer run {k} -c / -- /bin/true'" for k in KINDS)
        kinds += " /toastainer/group_floor '/toastainer/group_floor in'"
        status, out, _ = vm.boot(args.cache, tree, f"/toastainer/pairs {args.rounds} {kinds}", counted=True)
    sys.stdout.write(out)
    return 125 if status is None else status


if __name__ == "__main__":
    sys.exit(main())
