#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a jail's network costs. Prints medians; asserts nothing.

    sudo tests/bench/net_bench.py [--build DIR] [--rounds N]

Works in a network and a mount namespace of its own. One round starts each of the contenders once, in
random order; the same static no-op in the same kind of jail (bench.py). The ratio is the median of the
rounds' ratios to the first.

    none           toastainer run, a network namespace with loopback only
    nat            toastainer run --net nat, without and with a forwarder of names
    user           toastainer run --net user
    by hand        the same launch as none, in a namespace made by ip(8), with a veth pair on a bridge, an
                   address, a route, a masquerading table of nft(8) that knows the address; then all
                   removed. As few processes as there can be: ip -batch. This is what CNI plugins do.
    crun by hand   crun in such a namespace
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import bench

UP = """
ip link set lo up
sysctl -qw net.ipv4.ip_forward=1
ip link add hand0 type bridge
ip addr add 10.77.0.1/16 dev hand0
ip link set hand0 up
nft -f - <<'END'
table inet hand {
	set jails { type ipv4_addr; }
	chain post { type nat hook postrouting priority srcnat; ip saddr @jails masquerade; }
	chain forward { type filter hook forward priority filter; ct state established accept; ip saddr @jails accept; }
}
END
""".replace("; }", "\n}").replace("{ type", "{\n type").replace(";", "\n")


class Contenders:
    def __init__(self, build, tmp):
        self.setup = bench.Setup(build, tmp)
        self.program, self.crun = str(build / "toastainer"), shutil.which("crun")
        self.n = 0

    def wait(self, argv, stdin=None):
        r = subprocess.run(argv, input=stdin, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if r.returncode:
            sys.exit(f"{argv}: {r.stderr}")

    def spawn(self, argv):
        pid = os.posix_spawnp(argv[0], argv, bench.ENV)
        if os.waitpid(pid, 0)[1]:
            sys.exit(f"failed: {argv}")

    def none(self):
        self.spawn(bench.toastainer_run(self.setup, self.program, self.setup.noop, True))

    def nat(self, *opts):
        argv = bench.toastainer_run(self.setup, self.program, self.setup.noop, True)
        self.spawn([argv[0], "run", "--net", "nat", *opts, *argv[2:]])

    def nat_without_names(self):
        self.nat("--dns", "none")

    def user(self):
        argv = bench.toastainer_run(self.setup, self.program, self.setup.noop, True)
        self.spawn([argv[0], "run", "--net", "user", *argv[2:]])

    def by_hand(self, run):
        self.n += 1
        name, ip = f"hand{self.n}", f"10.77.{self.n >> 8 & 255}.{self.n & 255 | 2}"
        self.wait(["ip", "-batch", "-"], f"netns add {name}\nlink add {name} type veth peer name eth0 netns {name}\n"
                                         f"link set {name} master hand0 up\n")
        self.wait(["ip", "-n", name, "-batch", "-"], f"link set lo up\naddr add {ip}/16 dev eth0\nlink set eth0 up\n"
                                                     "route add default via 10.77.0.1\n")
        self.wait(["nft", "add element inet hand jails {", ip, "}"])
        run(name)
        self.wait(["nft", "delete element inet hand jails {", ip, "}"])
        self.wait(["ip", "netns", "del", name])

    def hand_toastainer(self):
        self.by_hand(lambda ns: self.spawn(["nsenter", f"--net=/run/netns/{ns}", *bench.toastainer_run(
            self.setup, self.program, self.setup.noop, False)]))

    def hand_crun(self):
        def run(ns):
            argv = bench.crun(self.setup, self.crun, self.setup.noop, True)
            path = pathlib.Path(argv[-2]) / "config.json"
            config = json.loads(path.read_text())
            for space in config["linux"]["namespaces"]:
                if space["type"] == "network":
                    space["path"] = f"/run/netns/{ns}"
            path.write_text(json.dumps(config))
            argv[-1] = ns
            self.spawn(argv)
        self.by_hand(run)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=bench.HERE.parent.parent / "build")
    parser.add_argument("--rounds", type=int, default=100)
    args = parser.parse_args()
    if os.geteuid():
        sys.exit("needs root")
    if not os.environ.get("NET_BENCH_INSIDE"):
        os.execvpe("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv], {**os.environ, "NET_BENCH_INSIDE": "1"})
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    if os.path.isdir(bench.UNIFIED):  # see bench.without_mixed_cgroups()
        subprocess.run(["umount", bench.UNIFIED], check=False)
    subprocess.run(["sh", "-ec", UP], check=True)
    with tempfile.TemporaryDirectory() as tmp:
        c = Contenders(args.build.resolve(), pathlib.Path(tmp))
        cases = {"none": c.none, "nat, no names": c.nat_without_names, "nat": c.nat, "user": c.user, "by hand": c.hand_toastainer}
        if c.crun:
            cases["crun by hand"] = c.hand_crun
        times = {name: [] for name in cases}
        for i in range(args.rounds + 3):
            for name in random.sample(list(cases), len(cases)):
                began = time.perf_counter()
                cases[name]()
                if i >= 3:
                    times[name].append((time.perf_counter() - began) * 1e3)
        first = times["none"]
        print(f"{args.rounds} rounds; ms a launch, from start to end\n{'':16} {'median':>8} {'best':>8} {'ratio':>8}")
        for name, t in times.items():
            ratio = statistics.median(b / a for a, b in zip(first, t))
            print(f"{name:16} {statistics.median(t):8.2f} {min(t):8.2f} {ratio:8.2f}")


main()
