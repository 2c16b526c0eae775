#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a root of the jail's own costs: launches of an empty program, in turn, from the same directory read-only, with
--discard, and as an image of 1, 4 (the most that are not put together) and 40 layers. Wall clock, and CPU time of launcher and jail together.

    tests/bench/roots.py [--build DIR] [--runs N]
"""
import argparse
import hashlib
import io
import json
import os
import pathlib
import resource
import statistics
import subprocess
import tarfile
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent


def tar_of(files):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w") as t:
        for name, data in files:
            i = tarfile.TarInfo(name)
            i.mode, i.type, i.size = 0o755, tarfile.REGTYPE if data is not None else tarfile.DIRTYPE, len(data or b"")
            t.addfile(i, io.BytesIO(data or b""))
    return b.getvalue()


def archive(path, base, count):
    """As `docker save` writes it: the directory as one layer, and count - 1 of a file each."""
    blobs = [tar_of([(d, None) for d in ("bin", "proc", "dev", "tmp")] + [("bin/noop", (base / "bin/noop").read_bytes())])]
    blobs += [tar_of([("etc", None), (f"etc/f{n}", b"x")]) for n in range(count - 1)]
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {
        "type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(b).hexdigest() for b in blobs]}}
    files = {f"l{n}/layer.tar": b for n, b in enumerate(blobs)}
    files["c.json"] = json.dumps(config).encode()
    files["manifest.json"] = json.dumps([{"Config": "c.json", "RepoTags": ["x:latest"],
                                          "Layers": [f"l{n}/layer.tar" for n in range(count)]}]).encode()
    path.write_bytes(tar_of(list(files.items())))


def cpu():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default="build", type=pathlib.Path)
    p.add_argument("--runs", default=200, type=int)
    o = p.parse_args()
    program = o.build.resolve() / "toastainer"
    with tempfile.TemporaryDirectory(prefix="toastainer-bench.") as tmp:
        tmp = pathlib.Path(tmp)
        root, store = tmp / "root", tmp / "store"
        for d in ("bin", "proc", "dev", "tmp"):
            (root / d).mkdir(parents=True)
        subprocess.run(["gcc", "-O2", "-nostartfiles", "-static", "-o", root / "bin/noop", HERE / "noop.c"], check=True)
        for count in (1, 4, 40):
            archive(tmp / "a.tar", root, count)
            subprocess.run([program, "image", "import", "--format", "docker", "--store", store, tmp / "a.tar", f"l{count}"],
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cases = {"-c DIR": ["-c", root], "-c DIR --discard": ["-c", root, "--discard"],
                 "--image, 1 layer": ["--store", store, "--image", "l1"],
                 "--image, 4 layers": ["--store", store, "--image", "l4"],
                 "--image, 40 layers": ["--store", store, "--image", "l40"]}
        wall, used = {c: [] for c in cases}, {c: [] for c in cases}
        for _ in range(o.runs):
            for c, options in cases.items():
                before, start = cpu(), time.perf_counter()
                subprocess.run([program, "run", *options, "--", "/bin/noop"], check=True, stdin=subprocess.DEVNULL)
                wall[c].append(time.perf_counter() - start)
                used[c].append(cpu() - before)
    first = next(iter(cases))
    print(f"{o.runs} runs each, in turn; load {os.getloadavg()[0]:.1f}\n\n| | wall, median us | x | CPU, median us | x |\n|---|---:|---:|---:|---:|")
    for c in cases:
        w, u = (statistics.median(t[c]) * 1e6 for t in (wall, used))
        rw, ru = (statistics.median(b / a for a, b in zip(t[first], t[c])) for t in (wall, used))
        print(f"| `{c}` | {w:.0f} | {rw:.2f} | {u:.0f} | {ru:.2f} |")


if __name__ == "__main__":
    main()
