# SPDX-License-Identifier: BSD-3-Clause
"""--net user: a jail with all capabilities over its own network against the policy.

It may do what it likes with its interface. Nothing of that may let it reach what the policy forbids, or the helper
but by traffic. The same attempts reach it when the policy allows it: they are good ones.
"""
import ast
import os
import sys

import pytest

import toast
from netns import PYTHON, inside
from toast import finish, run, start

sys.path.insert(0, str(toast.REPO / "tests" / "functional"))
from test_usernet import HOST, OUT, PRIVATE, TRY, World  # noqa: E402

pytestmark = pytest.mark.modes("root", "nested")

GO = f"{PYTHON} -c '{{try_}}' \"tcp('{{to}}')\""
# name: what is done before a blocked address is tried
BEFORE = {
    "nothing": "true",
    "a firewall of its own": "nft add table inet t; nft flush ruleset",
    "the address of a neighbour": f"ip addr add {PRIVATE[:-1]}9/24 dev eth0",
    "an address of the host": f"ip addr add {HOST}/32 dev eth0; ip route replace default via 10.255.255.1 src {HOST}",
    "no gateway": "ip route replace default dev eth0; ip neigh add 10.77.0.1 lladdr $(ip neigh show 10.255.255.1"
                  " | sed 's/.*lladdr \\([^ ]*\\).*/\\1/') dev eth0",
    "another hardware address": "ip link set eth0 address 02:00:00:00:00:01; ip link set eth0 up",
    "a second wire": "ip link add x0 type veth peer name x1 link-netnsid 0; ip link set x0 up;"
                     "ip route replace default via 10.255.255.1",
    "a namespace below": "ip netns list",
}


@pytest.fixture
def host():
    w = World()
    with inside(w.host):
        yield w
    w.close()


def attempts(*opts):
    code = TRY.read_text()
    script = ["ping -c1 -W1 10.255.255.1 >/dev/null 2>&1"]
    for before in BEFORE.values():
        script.append(f"({before}) >/dev/null 2>&1; ip route replace default via 10.255.255.1 2>/dev/null;"
                      f"{PYTHON} -c \"$CODE\" \"tcp('{PRIVATE}')\" \"udp('{PRIVATE}')\"")
    r = run("-c", "/", "--net", "user", "--keep_caps", *opts, "-E", f"CODE={code}", "-E", "TRY_SECONDS=0.4",
            "--", "/bin/sh", "-c", "\n".join(script), timeout=60).ok()
    return [ast.literal_eval(line) for line in r.out.splitlines()]


def test_power_over_the_interface(host):
    got = attempts()
    assert len(got) == len(BEFORE)
    for what, (tcp, udp) in zip(BEFORE, got):
        assert tcp in ("ECONNREFUSED", "timeout", "ENETUNREACH", "EHOSTUNREACH"), (what, tcp)
        assert udp in ("ECONNREFUSED", "timeout", "ENETUNREACH", "EHOSTUNREACH"), (what, udp)


def test_detects_broken(host):
    got = attempts("--net_private")
    assert [g for g in got if g == [f"you are {HOST}\nping\nbye\n", True]], got


def test_forged_packets(host):
    """Raw packets to the host's loopback and to itself; and what is wrong in every way. The helper works on."""
    code = f"""
import os, random, socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
p = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
gw = bytes.fromhex(os.popen("ping -c1 -W1 10.255.255.1 >/dev/null 2>&1; ip neigh show 10.255.255.1").read()
                   .split("lladdr ")[1].split()[0].replace(":", ""))
def ip(dst, proto, payload, src="10.255.255.2", **k):
    return struct.pack("!BBHHHBBH4s4s", k.get("v", 0x45), 0, k.get("n", 20 + len(payload)), 1, k.get("f", 0), 64, proto, 0,
                       socket.inet_aton(src), socket.inet_aton(dst)) + payload
def syn(port, **k):
    return struct.pack("!HHIIBBHHH", 4000, port, 1, 0, k.get("off", 0x50), 2, 1000, 0, 0)
def out(packet, proto=0x0800):
    p.sendto(packet, ("eth0", proto, 0, 0, gw))
for dst in ("127.0.0.1", "0.0.0.0", "{HOST}", "{PRIVATE}", "255.255.255.255", "224.0.0.1"):
    out(ip(dst, 6, syn(80))); out(ip(dst, 17, struct.pack("!HHHH", 4000, 7, 9, 0) + b"x")); out(ip(dst, 1, b"\\x08" + bytes(9)))
for off in range(0, 256, 16):
    out(ip("{OUT}", 6, syn(80, off=off)))
for n in (0, 19, 20, 21, 39, 65535):
    out(ip("{OUT}", 6, syn(80), n=n))
for v in (0x40, 0x44, 0x4f, 0x55, 0x65):
    out(ip("{OUT}", 6, syn(80), v=v))
random.seed(7)
for i in range(3000):
    out(random.randbytes(random.randrange(1, 200)), random.choice((0x0800, 0x86dd)))
    body = bytearray(ip("{OUT}", random.choice((1, 6, 17)), random.randbytes(random.randrange(0, 60))))
    body[random.randrange(20)] = random.randrange(256)
    out(bytes(body))
print("sent", flush=True)
"""
    r = run("-c", "/", "--net", "user", "--keep_caps", "-E", f"A={code}", "-E", f"CODE={TRY.read_text()}", "--", "/bin/sh", "-c",
            f'{PYTHON} -c "$A" && {PYTHON} -c "$CODE" "tcp(\'{OUT}\')" "udp(\'{OUT}\')"', timeout=60).ok()
    assert r.out == f"sent\n{[f'you are {HOST}' + chr(10) + 'ping' + chr(10) + 'bye' + chr(10), True]}\n"


def test_the_helper_has_nothing(host):
    """No capability, no file, no way to get either."""
    p = start(["run", "-c", "/", "--net", "user", "--", "/bin/sh", "-c", "echo up; exec sleep 60"])
    assert p.stdout.readline() == b"up\n"
    kids = toast.read(f"/proc/{p.pid}/task/{p.pid}/children").split()
    helper, = [int(k) for k in kids if toast.read(f"/proc/{int(k)}/comm") == b"toastainer-net\n"]
    status = dict(line.split(":\t", 1) for line in toast.read(f"/proc/{helper}/status").decode().splitlines() if ":\t" in line)
    assert status["CapEff"] == status["CapPrm"] == status["CapInh"] == "0" * 16, status
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status
    held = [os.readlink(f"/proc/{helper}/fd/{fd}") for fd in os.listdir(f"/proc/{helper}/fd")]
    assert all(h.startswith(("socket:", "anon_inode:[eventpoll]", "anon_inode:[timerfd]")) for h in held), held
    p.terminate()
    finish(p)
