# SPDX-License-Identifier: BSD-3-Clause
"""Networks: a jail with all capabilities against its own traffic rules, interfaces and addresses.

The network namespace belongs to the user namespace around the jail, so none of this may work. In a jail whose
namespace is its own (a bare iface_own) the same attempts succeed: they are good ones.
"""
import ast
import re

import pytest

import netns
from netns import PYTHON, TRY, inside, jail
from toast import nsjail, run, start, finish, wait_for

pytestmark = pytest.mark.modes("root", "nested")

# name: a shell command that succeeds when the jail has the power; DEV is its interface
ATTEMPTS = {
    "flush the rules": "nft flush ruleset",
    "delete the table": "nft list tables && nft add table ip t && nft delete table inet toastainer || nft flush ruleset",
    "add a table of rules": "nft add table inet mine",
    "the way of iptables": "nft add table ip filter",
    "add an address": "ip addr add 10.78.0.99/24 dev DEV",
    "change the hardware address": "ip link set DEV down && ip link set DEV address 02:00:00:00:00:99",
    "rename the interface": "ip link set DEV down && ip link set DEV name mine && ip link set mine name DEV",
    "take the interface down": "ip link set DEV down",
    "change the packet size": "ip link set DEV mtu 1000",
    "make an interface": "ip link add mine type veth",
    "make a macvlan": "ip link add mine0 link DEV type macvlan mode bridge",
    "add a route": "ip link set DEV up && ip route add 10.200.0.0/16 dev DEV",
    "add a neighbour": "ip link set DEV up && ip neigh add 10.78.0.1 lladdr 02:00:00:00:00:98 dev DEV",
    "change the queue": "tc qdisc add dev DEV root pfifo",
    "listen to everything": "ip link set DEV promisc on",
    "a rule of routing": "ip rule add from all table 100",
    "a raw socket": f"{PYTHON} -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)'",
    "a packet socket": f"{PYTHON} -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3)'",
    "bind to an address of others": f"{PYTHON} -c 'import socket; s = socket.socket();"
                                            " s.setsockopt(0, 19, 1); s.bind((\"10.78.0.1\", 0))'",
    "mount a sysfs of its own": "mount -t sysfs none /mnt",
    "move the interface away": "unshare -n sleep 5 & sleep 0.3; ip link set DEV netns $!",
    "remove the interface": "ip link del DEV",
}
OWN = "own=own0,ip=10.78.0.10/24,ip=fd78::10/64"


@pytest.fixture
def world():
    w = netns.World()
    with inside(w.host):
        yield w
    w.close()


def succeed(face, *opts, attempts=tuple(ATTEMPTS)):
    """Which of the attempts work in a jail with all capabilities."""
    script = "; ".join(f"(exec 2>/dev/null >/dev/null; {ATTEMPTS[a].replace('DEV', 'own0')}) && echo '{a}'"
                       for a in attempts)
    root = ["-c", "/"] if face is run else ["--chroot", "/"]
    r = face(*root, "--keep_caps", *opts, "--", "/bin/sh", "-c", script + "; true", timeout=60).ok()
    return r.out.splitlines()


@pytest.mark.parametrize("face", [run, nsjail], ids=["run", "nsjail"])
def test_all_capabilities_are_no_power(world, face):
    rules = ("--traffic_rule", "proto=tcp,dport=8001,action=drop")
    assert succeed(face, "--net_iface", OWN, *rules) == []
    assert "UP" in world.host.links()["own0"]
    assert succeed(face, "--iface_own", "own0", *rules) == []
    assert succeed(face, "--net_iface", OWN) == []


def test_detects_broken(world):
    """Each attempt works where the namespace is the jail's own: one a jail, so that none is in another's way."""
    for a in ATTEMPTS:
        assert succeed(nsjail, "--iface_own", "own0", attempts=[a]) == [a], a
        if a in ("move the interface away", "remove the interface"):  # it is gone, that is what was shown
            assert wait_for(lambda: "far0" not in world.out.links())
            world.host.sh(f"ip link add own0 type veth peer name far0 netns {world.out.holder.pid}; ip link set own0 up")
        assert "UP" in world.host.links()["own0"], a


def test_rules_hold_after_every_attempt(world):
    """What counts is the packet: blocked before, during and after."""
    flush = ";".join(f"({c.replace('DEV', 'own0')}) >/dev/null 2>&1" for c in ATTEMPTS.values())
    r = run("-c", "/", "--keep_caps", "--net_iface", OWN, "--traffic_rule", "proto=tcp,dport=8001,action=drop",
            "--traffic_rule", "ip_family=ipv6,proto=tcp,dport=8001,action=drop",
            "--", "/bin/sh", "-c", f"t=$(cat); {flush}; {PYTHON} -c \"$t\" tcp,10.78.0.1,8000 tcp,10.78.0.1,8001 "
            "tcp,fd78::1,8000 tcp,fd78::1,8001", stdin=open(TRY, "rb").read(), timeout=60).ok()
    assert ast.literal_eval(r.out) == ["ok 10.78.0.10", "timeout", "ok fd78::10", "timeout"]


def test_namespaces_inside_do_not_help(world):
    """A further user namespace has power over a network namespace of its own, which leads nowhere."""
    r = run("-c", "/", "--keep_caps", "--proc_rw", "--net_iface", OWN, "--traffic_rule", "action=drop", "--", "/bin/sh",
            "-c", "unshare -Urn sh -c 'ip -o link; nft add table ip t; echo made $?'; "
            "unshare -Ur sh -c 'nft flush ruleset; ip link set own0 down'; ip -o link show own0").ok()
    assert "made 0" in r.out and re.search(r"own0@.*UP", r.out), r
    assert jail("--net_iface", OWN, "--keep_caps", "--traffic_rule", "action=drop",
                attempts=["tcp,10.78.0.1,8000"]) == ["timeout"]


def test_no_packet_passes_before_the_rules(world):
    """The rules are there before the interfaces: a server that floods the jail's address hears no answer."""
    world.out.sh("ip neigh replace 10.78.0.10 lladdr $(cat /sys/class/net/far0/address) dev far0 nud stale || true")
    for _ in range(5):
        p = start(["run", "-c", "/", "--net_iface", OWN, "--traffic_rule", "action=drop",
                   "--traffic_rule", "iif=own0,action=drop", "--", "/bin/sleep", "0.2"])
        got = world.out.try_(*["tcp,10.78.0.10,80"] * 2)
        finish(p)
        assert not {"refused", "ok"} & {g.split()[0] for g in got}, got
    p = start(["run", "-c", "/", "--net_iface", OWN, "--", "/bin/sleep", "2"])  # without rules: refused at once
    assert wait_for(lambda: world.out.try_("tcp,10.78.0.10,80") == ["refused"])
    p.terminate()
    finish(p)
