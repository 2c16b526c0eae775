#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How long the store takes: for many images, and to take one in beside other programs that unpack the same archive.

    tests/bench/store.py [--build DIR] [--rounds N] [--dir DIR] scale|import

scale: `image ls`, `gc` with nothing to do and `gc` of half of all, in stores of 100 images and 1,000 layers and of ten times
as much, in turn; import: `image import` of a tar and of an OCI layout, `tar x` of the same tar, and the same with the file
system synced as an import leaves it, and `umoci unpack` of that layout, in turn. CPU time is user and system time of the
program and what it waited for.
"""
import argparse
import gzip
import os
import pathlib
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))


def cpu():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime


def timed(argv):
    """(seconds, seconds of CPU) of a command."""
    before, start = cpu(), time.perf_counter()
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start, cpu() - before


def scale(o, tmp):
    from images import Store, fill
    image = [o.build / "toastainer", "image"]
    sizes = {"100 / 1,000": (100, 1000), "1,000 / 10,000": (1000, 10000)}
    cases = ("ls", "gc, nothing to do", "gc of half")
    got = {(c, s): [] for c in cases for s in sizes}
    for _ in range(o.rounds):
        for s, (images, layers) in sizes.items():
            store = Store(tmp / "store")
            fill(store, images, layers)
            subprocess.run(["sync", "-f", tmp], check=True)
            at = ["--store", store.path]
            got["ls", s].append(timed([*image, "ls", *at]))
            got["gc, nothing to do", s].append(timed([*image, "gc", *at]))
            for i in range(0, images, 2):
                (store.path / "names" / f"i{i}:latest").unlink()
            got["gc of half", s].append(timed([*image, "gc", *at]))
    small, large = sizes
    print(f"\n| ms, medians | {small} | {large} | x | CPU, {small} | {large} | x |\n|---|---:|---:|---:|---:|---:|---:|")
    for c in cases:
        w = {s: [statistics.median(v[k] for v in got[c, s]) * 1e3 for k in (0, 1)] for s in sizes}
        print(f"| {c} | " + " | ".join(f"{w[small][k]:.1f} | {w[large][k]:.1f} | {w[large][k] / w[small][k]:.1f}" for k in (0, 1)) + " |")


def make_tree(top):
    """Like a distribution: many small files, some large ones, text and what does not compress."""
    rng = random.Random(1)
    words = [bytes(rng.choices(b"abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 10))) for _ in range(2000)]
    for i in range(6000):
        d = top / f"d{i % 60}" / f"e{i % 7}"
        d.mkdir(parents=True, exist_ok=True)
        size = min(int(rng.lognormvariate(8.5, 1.6)), 4 << 20)
        data = b" ".join(rng.choices(words, k=size // 7 + 1))[:size] if i % 3 else rng.randbytes(size)
        (d / f"f{i}").write_bytes(data)


def archives(o, tmp):
    tree = tmp / "tree"
    make_tree(tree)
    plain = tmp / "x.tar"
    with tarfile.open(plain, "w") as t:
        t.add(tree, ".")
    (tmp / "x.tar.gz").write_bytes(gzip.compress(plain.read_bytes(), 6))
    image = [o.build / "toastainer", "image"]
    for cmd in (["import", plain, "x"], ["export", "x:latest", tmp / "layout"]):
        subprocess.run([*image, cmd[0], "--store", tmp / "first", *cmd[1:]], check=True, stdout=subprocess.DEVNULL)
    print(f"{sum(len(f) for _, _, f in os.walk(tree))} files, {plain.stat().st_size >> 20} MiB, gzip {(tmp / 'x.tar.gz').stat().st_size >> 20} MiB")
    shutil.rmtree(tree)


def imports(o, tmp):
    archives(o, tmp)
    image, out = [o.build / "toastainer", "image", "import", "--store", tmp / "out"], tmp / "out"
    cases = {"tar": {"`tar x`": ["tar", "-C", out, "-xf", tmp / "x.tar"],
                     "`tar x`, synced": ["sh", "-c", f"tar -C {out} -xf {tmp}/x.tar && sync -f {out}"],
                     "`image import`": [*image, tmp / "x.tar", "x"]},
             "tar.gz": {"`tar x`": ["tar", "-C", out, "-xzf", tmp / "x.tar.gz"],
                        "`tar x`, synced": ["sh", "-c", f"tar -C {out} -xzf {tmp}/x.tar.gz && sync -f {out}"],
                        "`image import`": [*image, tmp / "x.tar.gz", "x"]},
             "OCI layout": {"`umoci unpack`": ["umoci", "unpack", "--image", f"{tmp}/layout:latest", out / "bundle"],
                            "`image import`": [*image, tmp / "layout", "x"]}}
    if not shutil.which("umoci"):
        print("umoci is not installed: left out")
        del cases["OCI layout"]["`umoci unpack`"]
    got = {(k, c): [] for k in cases for c in cases[k]}
    for _ in range(o.rounds):
        todo = list(got)
        random.shuffle(todo)
        for k, c in todo:
            out.mkdir()
            subprocess.run(["sync", "-f", tmp], check=True)
            got[k, c].append(timed(cases[k][c]))
            shutil.rmtree(out)
    print("\n| | seconds, median | x | CPU seconds, median | x |\n|---|---:|---:|---:|---:|")
    for k, c in got:
        base = got[k, next(iter(cases[k]))]
        print(f"| {k}: {c} | " + " | ".join(
            f"{statistics.median(v[i] for v in got[k, c]):.2f} | {statistics.median(v[i] / b[i] for v, b in zip(got[k, c], base)):.2f}"
            for i in (0, 1)) + " |")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", default="build", type=pathlib.Path)
    p.add_argument("--rounds", default=5, type=int)
    p.add_argument("--dir", help="where to work: what is measured is its file system")
    p.add_argument("what", choices=("scale", "import"))
    o = p.parse_args()
    o.build = o.build.resolve()
    os.environ["TOASTAINER"] = str(o.build / "toastainer")
    with tempfile.TemporaryDirectory(prefix="toastainer-bench.", dir=o.dir) as tmp:
        {"scale": scale, "import": imports}[o.what](o, pathlib.Path(tmp))
    print(f"\n{o.rounds} rounds; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
