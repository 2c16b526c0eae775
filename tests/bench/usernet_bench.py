#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Networks without root: bytes and connections a second. Prints medians; asserts nothing.

    sudo tests/bench/usernet_bench.py [--rounds N] [--seconds N]

Works in network namespaces of its own (tests/functional/test_usernet.py). One round measures each of the contenders
once, in random order, with iperf3 to a server behind a veth pair: direct (no jail), `--net user`, nsjail's backend
PASTA with the installed pasta, slirp4netns. Connections are made one after another; the server says one line, and the client hangs up. The load is printed too.
"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "functional")]
import toast  # noqa: E402
from test_usernet import OUT, PYTHON, World  # noqa: E402

CONNECT = f"""
import socket, time
began, n = time.monotonic(), 0
while time.monotonic() - began < SECONDS:
    with socket.create_connection(("{OUT}", 80)) as s:
        s.recv(100)
        n += 1
print(n / SECONDS)
"""


class Bench:
    def __init__(self, world, tmp, seconds):
        self.prefix, self.seconds = world.host.prefix, seconds
        self.pasta = tmp / "pasta.cfg"
        self.pasta.write_text('mount { src: "/" dst: "/" is_bind: true } mount { dst: "/tmp" fstype: "tmpfs" rw: true }\n'
                              "user_net { backend: PASTA }\ndisable_rl: true\n")

    def of(self, argv):
        r = subprocess.run(argv, capture_output=True, text=True, timeout=self.seconds + 20, check=False)
        return r.stdout

    def direct(self, what):
        return self.of([*self.prefix, *what])

    def user(self, what):
        return self.of([*self.prefix, toast.BIN, "run", "-c", "/", "--net", "user", "--", *what])

    def with_pasta(self, what):
        return self.of([*self.prefix, toast.BIN, "-Q", "-Mo", "--config", str(self.pasta), "--", *what])

    def slirp(self, what):
        with contextlib.ExitStack() as stack:
            jail = subprocess.Popen(["unshare", "--net", "sleep", "60"])
            stack.callback(lambda: (jail.kill(), jail.wait()))
            time.sleep(0.3)
            net = subprocess.Popen([*self.prefix, "slirp4netns", "-c", "--mtu=65520", str(jail.pid), "tap0"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(lambda: (net.kill(), net.wait()))
            time.sleep(1)
            return self.of(["nsenter", f"--net=/proc/{jail.pid}/ns/net", *what])

    def gbits(self, how, *opts):
        out = how(["/usr/bin/iperf3", "-J", "-c", OUT, "-t", str(self.seconds), *opts])
        try:
            return json.loads(out)["end"]["sum_received"]["bits_per_second"] / 1e9
        except (ValueError, KeyError):
            return float("nan")

    def connections(self, how):
        try:
            return float(how([PYTHON, "-c", CONNECT.replace("SECONDS", str(self.seconds))]).split()[-1])
        except (ValueError, IndexError):
            return float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    args = parser.parse_args()
    world = World()
    try:
        world.net.servers.append(subprocess.Popen([*world.net.prefix, "iperf3", "-s"], stdout=subprocess.PIPE))
        with tempfile.TemporaryDirectory() as tmp:
            b = Bench(world, pathlib.Path(tmp), args.seconds)
            cases = {"direct": b.direct, "user": b.user, "pasta": b.with_pasta, "slirp4netns": b.slirp}
            got = {name: ([], [], []) for name in cases}
            for _ in range(args.rounds):
                for name in random.sample(list(cases), len(cases)):
                    got[name][0].append(b.gbits(cases[name]))
                    got[name][1].append(b.gbits(cases[name], "-R"))
                    got[name][2].append(b.connections(cases[name]))
            print(f"{args.rounds} rounds, medians; load {os.getloadavg()[0]:.1f} at the end\n{'':12} {'out Gbit/s':>11} {'in Gbit/s':>11} {'connections/s':>14}")
            for name, (out, back, conns) in got.items():
                print(f"{name:12} {statistics.median(out):11.2f} {statistics.median(back):11.2f} {statistics.median(conns):14.0f}")
    finally:
        world.close()


main()
