# SPDX-License-Identifier: BSD-3-Clause
"""--net nat: a jail against its neighbours and the host, over the network.

A jail has no power over its interface (test_net_power shows that for all networks; here once more). So the attacks
that need it are made from the jail's namespace with all rights of the host's root: as if the jail had got around
everything else. What stops them then are the host's rules and the way the pair is made. Each attack is then
repeated with that one thing taken away, and succeeds.
"""
import json
import os
import subprocess

import pytest

import netns
import test_net_power
from netns import PYTHON, TRY, Internet as I, inside, jail
from toast import run, start, toast as cli, wait_for

pytestmark = pytest.mark.modes("root", "nested")
NAT = ("--net", "nat")
TABLE = "inet toastainer_nat"


@pytest.fixture
def world():
    w = netns.Internet()
    with inside(w.host):
        yield w
    w.close()


class Jail:
    """A jail that runs; power() is a command in its network namespace with all rights over it."""

    def __init__(self, *opts, serve=False):
        self.name = f"nat-{os.getpid()}-{id(self)}"
        before = {j["interface"] for j in self.all()}
        argv = [PYTHON, "-", "serve", "-", "0.0.0.0", "::"] if serve else ["/bin/sh", "-c", "echo ready; exec sleep 100"]
        with open(TRY, "rb") as f:
            self.proc = start(["run", "-c", "/", *NAT, *opts, "--name", self.name, "--", *argv], stdin=f)
        assert self.proc.stdout.readline() == b"ready\n", self.proc.stderr.read()
        [mine] = [j for j in self.all() if j["interface"] not in before]
        self.interface, self.address, self.address6 = mine["interface"], mine["address"], mine["address6"]
        assert wait_for(lambda: json.loads(cli("ps", "--json", self.name).out or "{}").get("program"))
        self.pid = json.loads(cli("ps", "--json", self.name).out)["program"]

    @staticmethod
    def all():
        return json.loads(cli("net", "status", "--json").ok().out).get("jails", [])

    @property
    def prefix(self):
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", "--"]

    def power(self, *argv, stdin=b""):
        r = subprocess.run([*self.prefix, *argv], input=stdin, capture_output=True, timeout=30)
        assert r.returncode == 0, r
        return r.stdout.decode()

    def python(self, code, *args):
        return self.power(PYTHON, "-", *args, stdin=code.encode())

    def tries(self, *attempts):
        return json.loads(self.power(PYTHON, TRY, *attempts))

    def end(self):
        self.proc.terminate()
        self.proc.wait(10)
        self.proc.stdout.close()
        self.proc.stderr.close()


@pytest.fixture
def two(world):
    """A jail with servers, and one that attacks."""
    jails = [Jail(serve=True), Jail()]
    yield jails
    for j in jails:
        j.end()


def unguarded(world, chain):
    """Take the rules of one chain away."""
    world.host.sh(f"nft flush chain {TABLE} {chain}")


# ---------------------------------------------------------------- power inside

def test_all_capabilities_are_no_power(world):
    attempts = {k: v for k, v in test_net_power.ATTEMPTS.items()}
    script = "; ".join(f"(exec 2>/dev/null >/dev/null; {v.replace('DEV', 'eth0')}) && echo '{k}'" for k, v in attempts.items())
    r = run("-c", "/", "--keep_caps", *NAT, "--", "/bin/sh", "-c", script + "; true", timeout=60).ok()
    assert r.out == "", r
    policy = ("--net_deny", "9.9.9.9")  # rules in the jail's own namespace
    r = run("-c", "/", "--keep_caps", *NAT, *policy, "--", "/bin/sh", "-c", script + "; true", timeout=60).ok()
    assert r.out == "", r


def test_detects_power(world):
    """With the host's network and rights the same attempts succeed: a few that do no harm to the others."""
    j = Jail()
    try:
        for a in ("add a table of rules", "add an address", "a packet socket", "listen to everything", "a raw socket"):
            j.power("sh", "-c", test_net_power.ATTEMPTS[a].replace("DEV", "eth0"))
    finally:
        j.end()


# ---------------------------------------------------------------- addresses

def receives(world, ns_prefix, code, *args):
    p = subprocess.Popen([*ns_prefix, PYTHON, "-c", code, *args], stdout=subprocess.PIPE)
    assert p.stdout.readline() == b"ready\n"
    return p


LISTEN = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 8700)); s.settimeout(1); print("ready", flush=True)
try:
    print(s.recvfrom(100)[1][0])
except TimeoutError:
    print("nothing")
"""
SPOOF = """
import socket, struct, sys
to, source = sys.argv[1:3]
udp = struct.pack("!HHHH", 8700, 8700, 12, 0) + b"hey!"
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
s.sendto(struct.pack("!BBHHHBBH4s4s", 0x45, 0, 32, 1, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(to)) + udp,
         (to, 0))
"""


def spoofed(world, attacker, source):
    """Who a server of the internet sees when the jail sends with that source address."""
    p = receives(world, world.out.prefix, LISTEN, I.PUBLIC)
    attacker.python(SPOOF, I.PUBLIC, source)
    out = p.communicate()[0].decode().strip()
    return out


def test_source_address_is_bound_to_the_lease(world, two):
    victim, attacker = two
    others = [victim.address, "8.8.4.4", I.HOST, "10.166.0.1"]
    assert spoofed(world, attacker, attacker.address) == I.HOST  # its own is taken, and masqueraded
    for source in others:
        assert spoofed(world, attacker, source) == "nothing", source
    unguarded(world, "source")
    for source in others[:2]:  # the kernel itself refuses the host's own
        assert spoofed(world, attacker, source) != "nothing", source


def test_change_of_address(world, two):
    """The neighbour's address on the own interface: nothing comes through, in either family."""
    victim, attacker = two
    attacker.power("sh", "-c", f"ip addr add {victim.address}/32 dev eth0; ip addr add {victim.address6}/128 dev eth0 nodad")
    tries = [f"udp,{I.PUBLIC},8000,{victim.address}", f"udp,{I.PUBLIC6},8000,{victim.address6}",
             f"tcp,{I.PUBLIC},8000,{victim.address}"]
    assert attacker.tries(*tries, f"udp,{I.PUBLIC},8000,{attacker.address}") == ["timeout"] * 3 + [f"ok {I.HOST}"]
    assert victim.tries(*tries) == [f"ok {I.HOST}", f"ok {I.HOST6}", f"ok {I.HOST}"]  # and it keeps its own
    # without the rules packets get out, though answers go to the rightful owner
    unguarded(world, "source")
    p = receives(world, world.out.prefix, LISTEN, I.PUBLIC)
    attacker.tries(f"udp,{I.PUBLIC},8700,{victim.address}")
    assert p.communicate()[0].decode().strip() == I.HOST


ARP = """
import socket, struct, sys
dev, ip = sys.argv[1:3]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind((dev, 0))
mac, evil, ip = s.getsockname()[4], bytes.fromhex("0666666666ff"), socket.inet_aton(ip)
for op in (1, 2):  # question and answer, both about itself; to everybody, and to the other end
    for to in (b"\\xff" * 6, mac):
        s.send(to + evil + struct.pack("!HHHBBH", 0x806, 1, 0x800, 6, 4, op) + evil + ip + b"\\xff" * 6 + ip)
"""


def test_arp_spoofing(world, two):
    """The host learns nothing from a jail about who has which address."""
    victim, attacker = two
    world.host.sh(f"for i in all {attacker.interface}; do sysctl -qw net.ipv4.conf.$i.arp_accept=1; done")
    for ip in (victim.address, "203.0.113.1"):
        attacker.python(ARP, "eth0", ip)
    assert "06:66:66" not in world.host.sh("ip neigh")
    assert victim.tries(f"tcp,{I.PUBLIC},8000") == [f"ok {I.HOST}"]
    attacker.power("ip", "link", "set", "eth0", "arp", "on")  # its own end alone changes nothing
    attacker.python(ARP, "eth0", victim.address)
    assert "06:66:66" not in world.host.sh("ip neigh")
    world.host.sh(f"ip link set {attacker.interface} arp on")
    attacker.python(ARP, "eth0", victim.address)
    assert "06:66:66" in world.host.sh("ip neigh")


RA = """
import socket, struct, sys
kind, dev = sys.argv[1:3]
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex(dev))
if kind == "ra":  # router advertisement with a prefix
    m = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
    m += struct.pack("!BBBBIII16s", 3, 4, 64, 0xc0, 3600, 3600, 0, socket.inet_pton(socket.AF_INET6, "2600:bad::"))
else:  # neighbour advertisement: I am the gateway
    m = struct.pack("!BBHI16sBB6s", 136, 0, 0, 0x20000000, socket.inet_pton(socket.AF_INET6, "2600:7::1"), 2, 1,
                    bytes.fromhex("0666666666ff"))
s.sendto(m, ("ff02::1", 0, 0, socket.if_nametoindex(dev)))
"""


def test_router_advertisements(world, two):
    """The host takes no routes from a jail, though it is set to listen on that very interface."""
    _, attacker = two
    dev = attacker.interface
    world.host.sh(f"sysctl -qw net.ipv6.conf.{dev}.accept_ra=2")

    def taken():
        attacker.python(RA, "ra", "eth0")
        return wait_for(lambda: "2600:bad" in world.host.sh("ip -6 route; ip -6 addr"), 0.5)
    assert not taken()
    unguarded(world, "source")
    assert not taken()  # the input chain stands behind it
    unguarded(world, "input")
    assert taken()


def test_neighbour_advertisements(world, two):
    """Nor does it believe a jail about its gateway; the interface asks nobody, so it hears no answers."""
    victim, attacker = two
    assert victim.tries(f"tcp,{I.PUBLIC6},8000") == [f"ok {I.HOST6}"]
    attacker.python(RA, "na", "eth0")
    assert "06:66:66" not in world.host.sh("ip -6 neigh")
    assert victim.tries(f"tcp,{I.PUBLIC6},8000") == [f"ok {I.HOST6}"]


# ---------------------------------------------------------------- the neighbours

def test_neighbour_with_power(world, two):
    """Routes straight to the neighbour do not help: the host refuses to pass it on."""
    victim, attacker = two
    attacker.power("sh", "-c", f"ip route add {victim.address} dev eth0; ip -6 route add {victim.address6} dev eth0")
    tries = [f"{p},{a},8000" for p in ("tcp", "udp") for a in (victim.address, victim.address6)]
    assert attacker.tries(*tries) == ["refused"] * 4
    unguarded(world, "forward")
    assert all(x.startswith("ok") for x in attacker.tries(*tries))


SNIFF = """
import select, socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("eth0", 0))
s.setsockopt(263, 1, (socket.if_nametoindex("eth0")).to_bytes(4, "little") + (1).to_bytes(2, "little") + bytes(10))
print("ready", flush=True)
seen = 0
while select.select([s], [], [], 1)[0]:
    seen += b"tell nobody" in s.recv(65536)
print(seen)
"""
TELL = f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(5): s.sendto(b"tell nobody", ("{I.PUBLIC}", 8000))
"""


def test_sniffing(world, two):
    """An interface in promiscuous mode hears nothing of the neighbour; in the neighbour's namespace it does."""
    victim, attacker = two
    for listener, heard in ((attacker, False), (victim, True)):
        p = receives(world, listener.prefix, SNIFF)
        victim.python(TELL)
        assert (int(p.communicate()[0]) > 0) is heard


# ---------------------------------------------------------------- the host

def test_loopback_services_of_the_host(world, two):
    """127.0.0.1 is the jail's own, and packets to the host's do not get through, however they are sent."""
    _, attacker = two
    assert world.host.try_("tcp,127.0.0.1,8000", "udp,127.0.0.1,8000") == ["ok 127.0.0.1"] * 2
    assert jail(*NAT, attempts=["tcp,127.0.0.1,8000", "tcp,::1,8000"]) == ["refused"] * 2
    # as with kube-proxy's and docker's: both sides agree to route it
    dev = attacker.interface
    world.host.sh(f"sysctl -qw net.ipv4.conf.{dev}.route_localnet=1")
    attacker.power("sh", "-c", "sysctl -qw net.ipv4.conf.all.route_localnet=1; ip route del local 127.0.0.1 dev lo table local;"
                   "ip route del local 127.0.0.0/8 dev lo table local; ip route add 127.0.0.1 dev eth0 src " + attacker.address)

    def heard():
        p = receives(world, world.host.prefix, LISTEN, "127.0.0.1")
        attacker.tries(f"udp,127.0.0.1,8700,{attacker.address}")
        return p.communicate()[0].decode().strip()
    assert heard() == "nothing"
    unguarded(world, "source")
    assert heard() == "nothing"  # the input chain stands behind it
    unguarded(world, "input")
    assert heard() == attacker.address


def test_services_of_the_host(world, two):
    """Every address of the host, from a jail with power over its network."""
    _, attacker = two
    tries = [f"{p},{a},8000" for p in ("tcp", "udp") for a in (I.HOST, I.HOST6)]
    assert attacker.tries(*tries) == ["refused"] * 4
    unguarded(world, "input")
    assert all(x.startswith("ok") for x in attacker.tries(*tries))


ABSTRACT = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
try:
    s.connect("\\0" + sys.argv[1]); print("reached")
except OSError as e:
    print("no")
"""


def test_abstract_sockets_of_the_host(world):
    name = f"toastainer-test-{os.getpid()}"
    p = receives(world, world.host.prefix, "import socket, sys, time; s = socket.socket(socket.AF_UNIX);"
                 "s.bind('\\0' + sys.argv[1]); s.listen(); print('ready', flush=True); time.sleep(100)", name)
    try:
        def reached(*opts):
            return run("-c", "/", *opts, "--", PYTHON, "-", name, stdin=ABSTRACT.encode()).ok().out
        assert reached(*NAT) == "no\n"
        assert reached("--net", "host") == "reached\n"
    finally:
        p.kill()
        p.communicate()


@pytest.mark.parametrize("family", ["AF_VSOCK", "AF_PACKET", "AF_NETLINK"])
def test_other_families(world, family):
    """The hypervisor is not reached over vsock; packet sockets are refused; netlink shows the jail's own network."""
    code = {"AF_VSOCK": "s = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM); s.settimeout(1); s.connect((2, 22))",
            "AF_PACKET": "socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 3)",
            "AF_NETLINK": "assert sorted(n for _, n in socket.if_nameindex()) == ['eth0', 'lo']; raise OSError"}[family]
    r = run("-c", "/", *NAT, "--", PYTHON, "-c",
            f"import socket\ntry:\n    {code}\nexcept OSError as e:\n    print('no', e)").ok()
    assert r.out.startswith("no"), r


# ---------------------------------------------------------------- blocked ranges

def test_ways_around_the_blocked_ranges(world):
    """IPv4 addresses in IPv6 clothes, from a jail that may reach the internet; the servers are there for the host."""
    world.out.sh("ip -6 addr add 64:ff9b::a9fe:a9fe/128 dev lo nodad; ip -6 addr add 2002:c0a8:303::1/128 dev lo nodad")
    world.out.serve("64:ff9b::a9fe:a9fe", "2002:c0a8:303::1")
    tries = ["tcp,64:ff9b::a9fe:a9fe,8000", "tcp,2002:c0a8:303::1,8000"]
    assert all(x.startswith("ok") for x in world.host.try_(*tries))
    assert jail(*NAT, attempts=[*tries, f"tcp,::ffff:{I.LAN},8000", f"tcp,::ffff:{I.METADATA},8000"]) == ["refused"] * 4


def test_detects_unblocked(world):
    j = Jail()
    try:
        tries = [f"tcp,{a},8000" for a in (I.LAN, I.METADATA, I.LAN6)]
        assert j.tries(*tries) == ["refused"] * 3
        unguarded(world, "blocked")
        assert all(x.startswith("ok") for x in j.tries(*tries))
    finally:
        j.end()
