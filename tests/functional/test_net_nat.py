# SPDX-License-Identifier: BSD-3-Clause
"""--net nat: an internet, a host and jails, all in namespaces that the test made."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

import netns
import toast
from netns import PYTHON, TRY, Internet, inside
from toast import run, start, toast as cli, wait_for

pytestmark = pytest.mark.modes("root", "nested")

NAT = ("--net", "nat")
I = Internet


@pytest.fixture
def world():
    w = netns.Internet()
    with inside(w.host):
        yield w
    w.close()


def jail(*opts, attempts, **kw):
    """As netns.jail(). What is refused in the jail itself is EPERM for UDP: the kernel tells the sender at once."""
    return ["refused" if x == "EPERM" else x for x in netns.jail(*opts, attempts=attempts, **kw)]


def serving(*opts):
    """A jail with servers on all its addresses."""
    with open(TRY, "rb") as f:
        p = start(["run", "-c", "/", *NAT, *opts, "--", PYTHON, "-", "serve", "-", "0.0.0.0", "::"], stdin=f)
    assert p.stdout.readline() == b"ready\n", p.stderr.read()
    return p


def status():
    return json.loads(cli("net", "status", "--json").ok().out)


def sleeper(*opts):
    """A jail that runs until it is killed."""
    p = start(["run", "-c", "/", *NAT, *opts, "--", "/bin/sh", "-c", "echo up; exec sleep 100"])
    assert p.stdout.readline() == b"up\n", p.stderr.read()
    return p


def end(*procs):
    for p in procs:
        p.kill()
        p.wait()
        p.stdout.close()
        p.stderr.close()


# ---------------------------------------------------------------- reach

@pytest.mark.core
def test_reach(world):
    got = jail(*NAT, attempts=[f"tcp,{I.PUBLIC},8000", f"udp,{I.PUBLIC},8000", f"tcp,{I.PUBLIC6},8000",
                               f"udp,{I.PUBLIC6},8000", "tcp,127.0.0.1,8000"])
    # servers see the host: masquerade
    assert got == [f"ok {I.HOST}"] * 2 + [f"ok {I.HOST6}"] * 2 + ["refused"]


def test_blocked_by_default(world):
    """Private, shared and link-local networks, cloud metadata, the host; the same servers answer the host."""
    targets = [I.LAN, I.METADATA, I.LAN6, I.HOST, I.HOST6]
    tried = [f"{p},{a},8000" for a in targets for p in ("tcp", "udp")]
    assert all(x.startswith("ok") for x in world.host.try_(*tried))
    assert jail(*NAT, attempts=tried + ["tcp,10.166.0.1,8000", "tcp,10.1.2.3,80", "tcp,172.16.0.1,80",
                                        "tcp,100.64.0.1,80", "tcp,fe80::1,80"])[:-1] == ["refused"] * 14


def test_what_the_jail_sees(world):
    r = run("-c", "/", *NAT, "--", "/bin/sh", "-c", "ip -o link; ip -o addr; ip route; ip -6 route").ok()
    assert re.search(r"eth0    inet 10\.166\.\d+\.\d+/32 ", r.out) and "default via 10.166.0.1 dev eth0" in r.out, r
    assert "default via fd74:6f61:7374::1 dev eth0" in r.out, r
    assert len(re.findall(r" mtu ", r.out)) == 2, r  # lo and eth0


def test_host_without_ipv6(world):
    world.host.sh("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1")
    assert jail(*NAT, attempts=[f"tcp,{I.PUBLIC},8000"]) == [f"ok {I.HOST}"]
    assert status()["subnet6"] is None


@pytest.mark.parametrize("opts", [(), ("--disable_clone_newuser",), ("--no_init",)])
def test_with_other_namespaces(world, opts):
    assert jail(*NAT, *opts, attempts=[f"tcp,{I.PUBLIC},8000"]) == [f"ok {I.HOST}"]


def test_from_a_file_and_the_nsjail_face(world, tmp):
    (tmp / "c").write_text("net: nat\n")
    r = run("-C", tmp / "c", "-c", "/", "--", PYTHON, "-", f"tcp,{I.PUBLIC},8000", stdin=pathlib.Path(TRY).read_bytes())
    assert json.loads(r.ok().out) == [f"ok {I.HOST}"]
    assert jail(*NAT, face=toast.nsjail, attempts=[f"tcp,{I.PUBLIC},8000"]) == [f"ok {I.HOST}"]


def test_exec_joins(world, tmp, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp))
    name = f"nat-{os.getpid()}"
    p = sleeper("--name", name)
    try:
        r = cli("exec", name, PYTHON, "-", f"tcp,{I.PUBLIC},8000", f"tcp,{I.LAN},8000", stdin=pathlib.Path(TRY).read_bytes())
        assert json.loads(r.ok().out) == [f"ok {I.HOST}", "refused"]
    finally:
        end(p)
    cli("ps").ok()  # removes the name of the killed one


def test_rerun(world):
    """Each run has a network of its own, and finds the last one's ports free."""
    r = run("--mode", "rerun", "--rerun_count", "3", "-c", "/", *NAT, "--publish", "18000:8000", "--",
            "/bin/sh", "-c", "ip -o -4 addr show eth0").ok()
    assert len(re.findall(r"inet 10\.166\.", r.out)) == 3, r
    assert entries(world) == []


@pytest.mark.parametrize("prefork", [(), ("--listen_prefork", "2")])
def test_listen(world, prefork):
    p = start(["run", "--mode", "listen", "--port", "8600", *prefork, "-c", "/", *NAT, "--", PYTHON, "-c", CONNECT])
    try:
        assert wait_for(lambda: ":8600" in world.host.sh("ss -ltn"))
        got = {world.host.sh("timeout 5 bash -c 'cat < /dev/tcp/127.0.0.1/8600'") for _ in range(2)}
        assert len(got) == 2 and all(re.fullmatch(rf"{I.HOST} 10\.166\.\d+\.\d+\n", g) for g in got), got
    finally:
        p.terminate()
        p.wait(10)
        end(p)


CONNECT = f"""
import socket
s = socket.create_connection(("{I.PUBLIC}", 8000), 5)
print(s.recv(100).decode(), s.getsockname()[0])
"""


# ---------------------------------------------------------------- policy

def test_allow_and_deny(world):
    got = jail(*NAT, "--net_allow", I.LAN, "--net_deny", f"{I.PUBLIC}:8001/tcp", "--net_allow", f"[{I.LAN6}]:8002",
               attempts=[f"tcp,{I.PUBLIC},8000", f"tcp,{I.PUBLIC},8001", f"udp,{I.PUBLIC},8001", f"tcp,{I.LAN},8000",
                         f"udp,{I.LAN},8000", f"tcp,{I.METADATA},8000", f"tcp,{I.HOST},8000", f"tcp,{I.LAN6},8002",
                         f"tcp,{I.LAN6},8003"])
    assert got == [f"ok {I.HOST}", "refused", f"ok {I.HOST}", f"ok {I.HOST}", f"ok {I.HOST}", "refused", "refused",
                   f"ok {I.HOST6}", "refused"]


def test_deny_all_but(world):
    got = jail(*NAT, "--net_deny", "all", "--net_allow", f"{I.PUBLIC}:8003/tcp",
               attempts=[f"tcp,{I.PUBLIC},8003", f"tcp,{I.PUBLIC},8000", f"udp,{I.PUBLIC},8003", f"tcp,{I.PUBLIC6},8000",
                         f"tcp,{I.LAN},8000", f"tcp,{I.HOST},8000"])
    assert got == [f"ok {I.HOST}"] + ["refused"] * 5


def test_the_host_when_allowed(world):
    """One port of the host is opened, the rest of it stays closed, all its other addresses too."""
    got = jail(*NAT, "--net_allow", f"{I.HOST}:8000/tcp",
               attempts=[f"tcp,{I.HOST},8000", f"tcp,{I.HOST},8001", f"udp,{I.HOST},8000", f"tcp,{I.HOST6},8000",
                         "tcp,10.166.0.1,8000", f"tcp,{I.LAN},8000", f"tcp,{I.PUBLIC},8000"])
    assert got[0].startswith("ok 10.166.") and got[1:] == ["refused"] * 5 + [f"ok {I.HOST}"]


def test_private_networks_opened(world):
    got = jail(*NAT, "--net_private", attempts=[f"tcp,{I.LAN},8000", f"tcp,{I.METADATA},8000", f"tcp,{I.HOST},8000"])
    assert got[:2] == [f"ok {I.HOST}"] * 2 and got[2].startswith("ok 10.166."), got


def test_traffic_rules_beside(world):
    """nsjail's rules go on top, and open nothing that is blocked."""
    got = jail(*NAT, "--traffic_rule", "dst_ip=9.9.9.9,proto=tcp,dport=8001,action=reject",
               "--traffic_rule", f"dst_ip={I.LAN},action=allow",
               attempts=[f"tcp,{I.PUBLIC},8000", f"tcp,{I.PUBLIC},8001", f"tcp,{I.LAN},8000"])
    assert got == [f"ok {I.HOST}", "refused", "refused"]


# ---------------------------------------------------------------- the host's part

def test_down_leaves_everything_as_it_was(world):
    before = world.state()
    assert cli("net", "status").ok().out == "down\n" and status() == {"up": False}
    cli("net", "down").ok()
    assert world.state() == before
    assert jail(*NAT, attempts=[f"tcp,{I.PUBLIC},8000"]) == [f"ok {I.HOST}"]
    assert world.state() != before
    assert "up: toastainer0, 10.166.0.0/16" in cli("net", "status").ok().out
    cli("net", "up").ok()
    cli("net", "down").ok()
    assert world.state() == before
    cli("net", "up").ok()
    once = world.state()
    cli("net", "up").ok()
    assert world.state() == once
    cli("net", "down").ok()
    assert world.state() == before


def test_forwarding_that_was_on_stays_on(world):
    world.host.sh("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
    before = world.state()
    cli("net", "up").ok()
    cli("net", "down").ok()
    assert world.state() == before


def test_router_advertisements_are_still_heard(world):
    """The host does not lose its own IPv6 by forwarding: who listened before listens on."""
    def heard(name):
        return world.host.sh(f"cat /proc/sys/net/ipv6/conf/{name}/accept_ra").strip()
    assert heard("up0") == "1"
    cli("net", "up").ok()
    assert heard("up0") == "2"
    cli("net", "down").ok()
    assert heard("up0") == "1"


def test_settings_that_hang_on_forwarding(world):
    """The kernel changes others' settings when it is told to forward: a hardened host is as hard as before after `net down`."""
    world.host.sh("ip link add in0 type veth peer name out0;"
                  "sysctl -qw net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.in0.forwarding=1 net.ipv6.conf.in0.forwarding=1"
                  " net.ipv6.conf.default.forwarding=1")
    before = world.state()
    cli("net", "up").ok()
    assert world.host.sh("cat /proc/sys/net/ipv6/conf/in0/accept_ra") == "1\n", "it did not listen, being a router's"
    assert jail(*NAT, attempts=[f"tcp,{I.PUBLIC},8000", f"tcp,{I.PUBLIC6},8000"]) == [f"ok {I.HOST}", f"ok {I.HOST6}"]
    cli("net", "down").ok()
    assert world.state() == before


def test_rules_of_others_are_left_alone(world):
    world.host.sh("nft add table inet other; nft 'add chain inet other c { type filter hook forward priority 5; }';"
                  "nft add rule inet other c counter")
    theirs = world.host.sh("nft list table inet other")
    jail(*NAT, attempts=["tcp,127.0.0.1,1"])
    cli("net", "down").ok()
    assert world.host.sh("nft list ruleset") == theirs


def test_policy_of_others_is_named(world):
    """Docker's way: everything that is forwarded is dropped."""
    world.host.sh("nft add table ip filter; nft 'add chain ip filter FORWARD { type filter hook forward priority 0;"
                  " policy drop; }'")
    r = cli("net", "up").ok()
    assert "chain FORWARD of table ip filter" in r.err, r
    cli("net", "down").ok()
    assert "chain FORWARD of table ip filter" in run("-c", "/", *NAT, "--", "/bin/true").ok().err
    assert run("-c", "/", *NAT, "--", "/bin/true").ok().err == ""  # said once
    assert status()["blocked_by"] == "chain FORWARD of table ip filter"
    assert jail(*NAT, attempts=[f"tcp,{I.PUBLIC},8000"]) == ["timeout"]
    world.host.sh("nft add rule ip filter FORWARD iifname 'toast-*' accept;"
                  "nft add rule ip filter FORWARD ct state established accept")
    assert jail(*NAT, attempts=[f"tcp,{I.PUBLIC},8000"]) == [f"ok {I.HOST}"]


def test_forwards_for_jails_only(world):
    """A host that did not forward does not become a router for its neighbours; one that did stays one."""
    side = netns.Namespace()
    try:
        world.host.sh(f"ip link add in0 type veth peer name out0 netns {side.holder.pid}; ip link set in0 up;"
                      "ip addr add 198.51.100.1/24 dev in0")
        side.sh("ip link set out0 up; ip addr add 198.51.100.2/24 dev out0; ip route add default via 198.51.100.1")
        world.out.sh("ip route add 198.51.100.0/24 via 203.0.113.2")
        probe = f"tcp,{I.PUBLIC},8000"
        assert side.try_(probe) == ["timeout"]
        cli("net", "up").ok()
        assert world.host.sh("sysctl -n net.ipv4.ip_forward") == "1\n"
        assert side.try_(probe) == ["timeout"]
        assert jail(*NAT, attempts=[probe]) == [f"ok {I.HOST}"]
        cli("net", "down").ok()
        world.host.sh("sysctl -qw net.ipv4.ip_forward=1")
        assert side.try_(probe) == ["ok 198.51.100.2"]
        cli("net", "up").ok()
        assert side.try_(probe) == ["ok 198.51.100.2"]
    finally:
        side.close()


def test_mended_when_others_took_it_away(world):
    jail(*NAT, attempts=["tcp,127.0.0.1,1"])
    for harm in ("nft flush ruleset", "sysctl -qw net.ipv4.ip_forward=0", "nft flush ruleset; ip link del toastainer0",
                 "ip link del toastainer0"):
        world.host.sh(harm)
        got = jail(*NAT, attempts=[f"tcp,{I.PUBLIC},8000", f"tcp,{I.LAN},8000"])
        assert got == [f"ok {I.HOST}", "refused"], harm


def test_another_subnet(world):
    cli("net", "up", "--subnet", "10.77.0.0/28").ok()
    s = status()
    assert s["subnet"] == "10.77.0.0/28" and s["addresses"] == 12
    r = run("-c", "/", *NAT, "--", "/bin/sh", "-c", "ip -o addr show eth0; ip route").ok()
    assert "inet 10.77.0." in r.out and "default via 10.77.0.1" in r.out
    assert jail(*NAT, attempts=[f"tcp,{I.PUBLIC},8000", f"tcp,{I.LAN},8000"]) == [f"ok {I.HOST}", "refused"]
    r = cli("net", "up", "--subnet", "10.78.0.0/28")
    assert r.rc == 125 and "another subnet" in r.err


def test_down_with_jails(world):
    before = world.state()
    p = sleeper()
    try:
        [j] = status()["jails"]
        assert j["interface"] in world.jails() and j["address"].startswith("10.166.")
        r = cli("net", "down")
        assert r.rc == 125 and "1 jail uses the network" in r.err and "--force" in r.err
        cli("net", "down", "--force").ok()
        assert world.state() == before
    finally:
        end(p)


def test_down_while_a_jail_starts(world):
    """Between its look at the host's rules and its interface: it must not start without them."""
    cli("net", "up").ok()
    old = toast.WRAP
    toast.WRAP = [*old, "strace", "-qq", "-o", "/dev/null", "-e", "trace=setns", "-e", "inject=setns:delay_enter=1500000:when=1"]
    try:
        p = start(["run", "-c", "/", *NAT, "--", "/bin/true"])
    finally:
        toast.WRAP = old
    time.sleep(0.7)
    cli("net", "down").ok()
    out, err = p.communicate(timeout=20)
    assert p.returncode == 125 and b"taken away" in err and b"net up" in err, (p.returncode, err)
    assert wait_for(lambda: not world.jails()) and not world.host.sh("nft list ruleset")
    assert jail(*NAT, attempts=[f"tcp,{I.PUBLIC},8000", f"tcp,{I.LAN},8000"]) == [f"ok {I.HOST}", "refused"]


TRY_THE_HOST = f"""
import socket, time
end = time.monotonic() + 1.5
while time.monotonic() < end:
    try:
        socket.create_connection(("{I.HOST}", 8000), 0.2)
        print("reached", end="")
        break
    except OSError:
        time.sleep(0.01)
"""


@pytest.mark.parametrize("begin", [0.45, 1.05])
def test_jails_that_start_during_a_slow_down(world, begin):
    """After its first look for jails, and after it closed. At whatever point: a jail is refused, or makes `net down` be refused, or is a new network's. None is without rules."""
    cli("net", "up").ok()
    old = toast.WRAP
    toast.WRAP = [*old, "strace", "-qq", "-o", "/dev/null", "-e", "trace=sendto", "-e", "inject=sendto:delay_enter=300000"]
    try:
        down = start(["net", "down"])
    finally:
        toast.WRAP = old
    jails = []
    time.sleep(begin)
    while down.poll() is None:
        jails.append(start(["run", "-c", "/", *NAT, "--", PYTHON, "-c", TRY_THE_HOST]))
        time.sleep(0.2)
    results = [p.communicate(timeout=30) for p in jails]
    down.communicate()
    assert down.returncode in (0, 125) and jails
    for p, (out, err) in zip(jails, results):
        assert out == b"" and (p.returncode == 0 or p.returncode == 125 and b"hint: " in err), (p.returncode, out, err)


def test_up_during_a_slow_down(world):
    """`net up` takes one that closed the network and is slow then for broken off. The jails that start now are not without rules."""
    cli("net", "up").ok()
    old = toast.WRAP
    toast.WRAP = [*old, "strace", "-qq", "-o", "/dev/null", "-e", "trace=sendto", "-e", "inject=sendto:delay_enter=1200000"]
    try:
        down = start(["net", "down"])
    finally:
        toast.WRAP = old
    assert wait_for(lambda: "chain open" not in world.host.sh("nft list table inet toastainer_nat"))
    cli("net", "up").ok()
    jails = []
    while down.poll() is None:
        jails.append(start(["run", "-c", "/", *NAT, "--", PYTHON, "-c", TRY_THE_HOST]))
        time.sleep(0.2)
    for p in jails:
        out, err = p.communicate(timeout=30)
        assert (out, p.returncode) == (b"", 0), (out, p.returncode, err)
    assert jails and b"opened the network again" in down.communicate()[1]
    assert jail(*NAT, attempts=[f"tcp,{I.PUBLIC},8000", f"tcp,{I.HOST},8000"]) == [f"ok {I.HOST}", "refused"]
    cli("net", "down").ok()


def test_up_and_down_and_launches_at_once(world):
    """Two that take down, or one that makes it anew meanwhile, do not take away what is not theirs."""
    before = world.state()
    for _ in range(3):
        procs = []
        for i in range(12):
            procs += [start(["net", "down"])] if i % 3 == 1 else [start(["net", "up"])] if i % 5 == 3 else []
            procs.append(start(["run", "-c", "/", *NAT, "--", PYTHON, "-", f"tcp,{I.HOST},8000", f"tcp,{I.PUBLIC},8000"],
                               stdin=open(TRY, "rb")))
        for p in procs:
            out, err = p.communicate(timeout=60)
            if p.args[-1] in ("up", "down"):
                assert p.returncode == 0 or b"--force" in err or b"opened the network again" in err, err
            elif p.returncode:
                assert b"taken away meanwhile" in err, err
            else:
                to_host, to_public = json.loads(out)
                assert not to_host.startswith("ok") and (to_host, to_public) != ("timeout", "timeout")
        assert wait_for(lambda: not world.jails())
        cli("net", "down").ok()
        assert world.state() == before


def test_down_that_was_broken_off(world):
    """Its first step is to let no jail in any more; a launch says so, `net up` and `net down` go on from there."""
    before = world.state()
    cli("net", "up").ok()
    world.host.sh("nft delete chain inet toastainer_nat open")
    assert "net up" in error()
    cli("net", "up").ok()
    assert run("-c", "/", *NAT, "--", "/bin/true").ok()
    world.host.sh("nft delete chain inet toastainer_nat open")
    cli("net", "down").ok()
    assert world.state() == before


def test_lock_that_somebody_keeps(world):
    """Anybody may take it; it only puts off."""
    p = subprocess.Popen([*world.host.prefix, PYTHON, "-c", "import fcntl, time; f = open('/proc/self/ns/net'); "
                          "fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); time.sleep(60)"], stdout=subprocess.PIPE)
    try:
        assert p.stdout.readline() == b"\n"
        assert jail(*NAT, attempts=[f"tcp,{I.PUBLIC},8000"]) == [f"ok {I.HOST}"]
        cli("net", "down").ok()
        assert not world.host.sh("nft list ruleset")
    finally:
        p.kill()
        p.communicate()


def test_table_of_another_version(world):
    """What cannot be read can still be removed, and it is said what was not restored."""
    cli("net", "up").ok()
    world.host.sh("nft delete table inet toastainer_nat; nft add table inet toastainer_nat")
    for r in (cli("net", "up"), cli("net", "status")):
        assert r.rc == 125 and "another version" in r.err and "net down" in r.err, r
    r = cli("net", "down").ok()
    assert "forwarding" in r.err, r
    assert not world.host.sh("nft list ruleset") and "toastainer0" not in world.host.links()


def test_receipt(world, tmp):
    def states(*opts):
        run("-c", "/", *opts, "--result_json", tmp / "r", "--", "/bin/true").ok()
        return {p["protection"]: p["state"] for p in json.loads((tmp / "r").read_text())["receipt"]}
    assert states(*NAT)["net_policy"] == "enforced" and "net_policy" not in states()
    assert states(*NAT, "--disable_clone_newuser", "--cap", "CAP_NET_ADMIN")["net_policy"] == "degraded"


def test_the_waiting_pair(world):
    """tveth0 and tveth1: the way of those who set up a network by hand."""
    before = world.state()
    for _ in range(2):
        cli("net", "up", "--veth").ok()
    pair = status()["veth"]
    assert pair == {"host": "tveth0", "jail": "tveth1", "address": "10.166.255.254", "free": True}
    iface = ("--net_iface", "own=tveth1,name=eth0,ip=10.166.255.254/16,gw=10.166.0.1")
    assert netns.jail(*iface, attempts=[f"tcp,{I.PUBLIC},8000", f"udp,{I.PUBLIC},8000", f"tcp,{I.LAN},8000",
                                        f"tcp,{I.HOST},8000"]) == [f"ok {I.HOST}"] * 2 + ["refused"] * 2
    assert status()["veth"]["free"] and "free" in cli("net", "status").ok().out
    # nsjail's way: the jail configures what it was given
    r = toast.nsjail("--chroot", "/", "--iface_own", "tveth1", "--cap", "CAP_NET_ADMIN", "--", "/bin/sh", "-c",
                     "ip addr add 10.166.255.254/16 dev tveth1; ip link set tveth1 up; ip route add default via 10.166.0.1;"
                     f"exec {PYTHON} - tcp,{I.PUBLIC},8000", stdin=pathlib.Path(TRY).read_bytes())
    assert json.loads(r.ok().out) == [f"ok {I.HOST}"]
    p = start(["run", "-c", "/", *iface, "--", "/bin/sh", "-c", "echo up; exec sleep 100"])
    assert p.stdout.readline() == b"up\n"
    assert not status()["veth"]["free"] and cli("net", "down").rc == 125
    p.terminate()
    p.wait(10)
    end(p)
    cli("net", "down").ok()
    assert world.state() == before


# ---------------------------------------------------------------- leases

def test_fifty_at_once(world):
    """The first launches make the host's part together, and every jail has an address of its own."""
    before = world.state()
    procs = [sleeper_start() for _ in range(50)]
    try:
        for p in procs:
            assert p.stdout.readline() == b"up\n", p.stderr.read()
        jails = status()["jails"]
        assert len({j["address"] for j in jails}) == len({j["address6"] for j in jails}) == 50
    finally:
        end(*procs)
    assert wait_for(lambda: not world.jails(), 20)
    cli("net", "down").ok()
    assert world.state() == before


def sleeper_start():
    return start(["run", "-c", "/", *NAT, "--", "/bin/sh", "-c", "echo up; exec sleep 100"])


def test_lease_of_a_killed_supervisor_is_free_again(world):
    cli("net", "up", "--subnet", "10.77.0.0/29").ok()  # four addresses
    procs = [sleeper() for _ in range(4)]
    r = run("-c", "/", *NAT, "--", "/bin/true")
    assert r.rc == 125 and "all 4 addresses of 10.77.0.0/29 are leased" in r.err and "net status" in r.err, r
    end(*procs)  # SIGKILL to the supervisors
    more = [sleeper() for _ in range(4)]
    assert len(status()["jails"]) == 4
    end(*more)
    assert wait_for(lambda: not world.jails())
    assert "toast-" not in world.host.sh("ip route; ip -6 route")


# ---------------------------------------------------------------- publish

def entries(world):
    return re.findall(r"(?:tcp|udp) \. (\d+) : (\S+)", world.host.sh("nft list table inet toastainer_nat"))


@pytest.mark.core
def test_publish(world):
    p = serving("--publish", "18000:8000", "--publish", "18001:8001/udp", "--publish", f"{I.HOST}:18002:8002",
                "--publish", "127.0.0.1:18003:8003", "--publish", f"[{I.HOST6}]:18004:8004")
    try:
        got = world.out.try_(f"tcp,{I.HOST},18000", f"udp,{I.HOST},18001", f"tcp,{I.HOST},18002", f"tcp,{I.HOST},18003",
                             f"tcp,{I.HOST},8000", f"tcp,{I.HOST6},18000", f"udp,{I.HOST6},18001",
                             f"tcp,{I.HOST6},18004", f"udp,{I.HOST},18000", f"tcp,{I.HOST6},18002")
        # the jail sees who it is
        assert got == ["ok 203.0.113.1"] * 3 + ["refused", "ok 203.0.113.1"] + ["ok 2600:7::1"] * 3 + ["refused"] * 2
        got = world.host.try_("tcp,127.0.0.1,18000", f"tcp,{I.HOST},18000", "udp,127.0.0.1,18001", "tcp,127.0.0.1,18003",
                              f"tcp,{I.HOST},18003", f"tcp,{I.HOST6},18000", "tcp,127.0.0.1,18002", "tcp,127.0.0.1,8000",
                              "tcp,::1,18000")
        assert got == ["ok 10.166.0.1", f"ok {I.HOST}", "ok 10.166.0.1", "ok 10.166.0.1", "refused", f"ok {I.HOST6}",
                       "refused", "ok 127.0.0.1", "refused"]
        # not a way from jail to jail
        assert jail(*NAT, attempts=[f"tcp,{I.HOST},18000", "tcp,10.166.0.1,18000"]) == ["refused"] * 2
        for want, opts in (("port 18000/tcp", ("18000:1",)), ("port 8000/tcp", ("8000:1",)),
                           ("port 18002/tcp", ("18002:1",)), ("port 18001/udp", (f"{I.HOST}:18001:1/udp",)),
                           ("no such address", ("192.0.2.7:1:1",))):
            e = error("--publish", *opts)
            assert want in e and "ddress" in e, e
        cli("net", "status").ok()
    finally:
        p.send_signal(signal.SIGTERM)
        p.wait(10)
        end(p)
    assert entries(world) == []
    assert world.host.try_("tcp,127.0.0.1,18000") == ["refused"]


def test_publish_and_policy(world):
    """A jail that may reach nobody answers those who come."""
    p = serving("--publish", "18000:8000", "--net_deny", "all")
    assert world.out.try_(f"tcp,{I.HOST},18000") == ["ok 203.0.113.1"]
    end(p)


def test_what_a_killed_publisher_leaves(world):
    """Its entries lead nowhere, and the next one that publishes sweeps them away."""
    p = serving("--publish", "18000:8000")
    assert len(entries(world)) == 2
    end(p)  # SIGKILL
    assert wait_for(lambda: not world.jails())
    assert len(entries(world)) == 2
    assert world.out.try_(f"tcp,{I.HOST},18000") in (["timeout"], ["EHOSTUNREACH"], ["refused"])
    r = run("-c", "/", *NAT, "--publish", "18001:8000", "--", "/bin/true").ok()
    assert entries(world) == [], r
    p = serving("--publish", "18000:8000")
    assert world.out.try_(f"tcp,{I.HOST},18000") == ["ok 203.0.113.1"]
    end(p)


# ---------------------------------------------------------------- figures and rates

FETCH = """
import socket, sys, time
s = socket.create_connection((sys.argv[1], 8500)); t = time.monotonic(); n = 0
s.sendall(sys.argv[2][:1].encode())
if sys.argv[2] == "in":
    while (d := s.recv(65536)): n += len(d)
else:
    s.sendall(b"x" * 400000)
    s.shutdown(socket.SHUT_WR); n = int(s.recv(100))
print(n, time.monotonic() - t)
"""
SOURCE = """
import socket
l = socket.create_server(("", 8500)); print("ready", flush=True)
while True:
    c = l.accept()[0]
    if c.recv(1) == b"i":
        c.sendall(b"x" * 400000)
    else:
        c.sendall(b"%d" % sum(map(len, iter(lambda: c.recv(65536), b""))))
    c.close()
"""


@pytest.fixture
def source(world):

    p = subprocess.Popen([*world.out.prefix, PYTHON, "-c", SOURCE], stdout=subprocess.PIPE)
    world.out.servers.append(p)
    assert p.stdout.readline() == b"ready\n"


def fetch(tmp, way, *opts):
    r = run("-c", "/", *NAT, *opts, "--result_json", tmp / "r", "--", PYTHON, "-", I.PUBLIC, way, stdin=FETCH.encode()).ok()
    n, seconds = r.out.split()
    assert int(n) == 400000
    return float(seconds), json.loads((tmp / "r").read_text())


def test_counted(world, source, tmp):
    _, j = fetch(tmp, "in")
    assert 400000 < j["net_in_bytes"] < 600000 and 0 < j["net_in_packets"] < 400
    assert 0 < j["net_out_bytes"] < 100000 and 0 < j["net_out_packets"] < 400
    assert j["sources"]["net_in_bytes"] == "interface"
    r = run("-c", "/", "--result_json", tmp / "r", "--", "/bin/true").ok()
    j = json.loads((tmp / "r").read_text())
    assert j["net_in_bytes"] is None and "net_in_bytes" not in j["sources"], r


@pytest.mark.slow(seconds=20)
@pytest.mark.parametrize("way", ["in", "out"])
def test_rate(world, source, tmp, way):
    """400 kB at 200 kB/s cannot take less than two seconds, but for the burst that passes at once."""
    slow, j = fetch(tmp, way, f"--net_rate_{way}", "200k")
    assert slow > 1.5, (slow, j)


# ---------------------------------------------------------------- isolation

def test_jails_do_not_reach_each_other(world):
    p = serving()
    try:
        [j] = status()["jails"]
        probes = [f"{proto},{j[a]},8000" for a in ("address", "address6") for proto in ("tcp", "udp")]
        assert all(x.startswith("ok") for x in world.host.try_(*probes))  # the host reaches it, so it is there
        for opts in ((), ("--net_private",), ("--net_allow", "10.0.0.0/8", "--net_allow", "fc00::/7")):
            assert jail(*NAT, *opts, attempts=probes) == ["refused"] * 4
        world.out.sh("ip route add 10.166.0.0/16 via 203.0.113.2; ip -6 route add fd74:6f61:7374::/64 via 2600:7::2")
        assert world.out.try_(*probes) == ["timeout"] * 4  # nor does the neighbourhood
    finally:
        end(p)


# ---------------------------------------------------------------- errors

def error(*opts, rc=125):
    r = run("-c", "/", *NAT, *opts, "--", "/bin/true")
    assert r.rc == rc, r
    return r.err


def test_errors(world):
    world.host.sh("ip link add busy type veth peer name busier; ip addr add 10.166.3.4/24 dev busy")
    e = error()
    assert "the jails' network 10.166.0.0/16 overlaps with 10.166.3.4/24 of the interface 'busy'" in e, e
    assert "--subnet" in e and "toastainer0" not in world.host.links()
    cli("net", "up", "--subnet", "10.99.0.0/24").ok()
    assert "cannot be added" in error("--net_iface", "own=busy")
    assert "mode execve" in error("-Me")
    assert "network namespace of the jail's own" in error("--disable_clone_newnet")
    for bad in ("x", "10.0.0.0", "10.0.0.1/24", "10.0.0.0/31", "fd00::/64", "0.0.0.0/8", "127.8.0.0/16", "224.0.0.0/24",
                "255.0.0.0/8", "169.254.0.0/16"):
        r = cli("net", "up", "--subnet", bad)
        assert r.rc == 125 and bad in r.err, r
    assert cli("net").rc == 125 and cli("net", "sideways").rc == 125 and cli("net", "up", "--force").rc == 125
    assert "Usage" in cli("net", "--help").ok().out


def test_without_rights(world):
    """CAP_NET_ADMIN over the host's network is what it takes."""
    old = toast.WRAP
    toast.WRAP = [*old, "setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"]
    try:
        e = error()
        assert "CAP_NET_ADMIN" in e, e
        r = cli("net", "up")
        assert r.rc == 125 and "CAP_NET_ADMIN" in r.err, r
    finally:
        toast.WRAP = old


@pytest.mark.modes("root")
def test_without_nf_tables(world):
    """A kernel that has none: the sockets are refused."""
    old = toast.WRAP
    toast.WRAP = [*old, toast.BIN, "-Mo", "-Q", "-N", "--disable_clone_newuser", "--keep_caps", "--disable_clone_newpid",
                  "--rw", "--disable_rlimits", "--chroot", "/", "--seccomp_string", "ERRNO(93) { socket(domain, type, protocol)"
                  " { domain == 16 && protocol == 12 } } DEFAULT ALLOW", "--"]
    try:
        e = error()
        assert "nf_tables" in e and "CONFIG_NF_TABLES" in e, e
        r = cli("net", "status")
        assert r.rc == 125 and "nf_tables" in r.err, r
    finally:
        toast.WRAP = old


def test_forwarding_cannot_be_switched_on(world):
    """A read-only /proc/sys, as in containers."""
    r = run("-c", "/", *NAT, "--", "/bin/true")
    assert r.rc == 0
    world.host.sh("sysctl -qw net.ipv4.ip_forward=0")
    old = toast.WRAP
    toast.WRAP = [*old, "unshare", "--mount", "sh", "-c", "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro"
                  " /proc/sys && exec \"$@\"", "sh"]
    try:
        e = error()
        assert "let the host forward packets" in e and "ip_forward=1" in e, e
    finally:
        toast.WRAP = old


# ---------------------------------------------------------------- many

@pytest.mark.slow(seconds=60)
def test_two_hundred_at_once(world):
    before = world.state()
    procs = [sleeper_start() for _ in range(200)]
    try:
        for p in procs:
            assert p.stdout.readline() == b"up\n", p.stderr.read()
        assert len({j["address"] for j in status()["jails"]}) == 200
    finally:
        end(*procs)
    assert wait_for(lambda: not world.jails(), 60)
    cli("net", "down").ok()
    assert world.state() == before


@pytest.mark.slow(seconds=600)
def test_ten_thousand_leave_nothing(world):
    """Every tenth publishes a port, every fiftieth has its launcher killed."""
    def namespaces():
        return int(re.search(r"net_namespace +(\d+)", pathlib.Path("/proc/slabinfo").read_text())[1])

    cli("net", "up").ok()
    before, had = world.state(), namespaces()
    script = ('for i in $(seq "$1" 4 10000); do p=; [ $((i % 10)) = 0 ] && p="--publish $((20000 + i)):80";'
              ' if [ $((i % 50)) = 0 ]; then "$0" run -c / --net nat $p -- /bin/sleep 100 & pid=$!; sleep 0.05;'
              ' kill -9 $pid; wait $pid; else "$0" run -c / --net nat $p -- /bin/true || exit 1; fi; done 2>/dev/null; exit 0')
    workers = [subprocess.Popen([*toast.WRAP, "sh", "-c", script, toast.BIN, str(i)]) for i in range(1, 5)]
    assert [w.wait() for w in workers] == [0] * 4
    assert wait_for(lambda: not world.jails(), 60)
    run("-c", "/", *NAT, "--publish", "19999:80", "--", "/bin/true").ok()
    assert wait_for(lambda: world.state() == before, 10), world.state()
    assert wait_for(lambda: namespaces() <= had + 50, 60), (had, namespaces())
