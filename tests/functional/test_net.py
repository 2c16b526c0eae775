# SPDX-License-Identifier: BSD-3-Clause
"""Interfaces and traffic rules, with real packets between namespaces that the test made.

Every rule is shown by what passes and by what does not.
"""
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

import netns
import toast
from netns import PYTHON, TRY, inside, jail
from toast import nsjail, run, start, wait_for

privileged = pytest.mark.modes("root", "nested")

OWN = "own=own0,name=lan,ip=10.78.0.10/24,ip=fd78::10/64"
SERVER, OTHER, SERVER6, OTHER6 = "10.78.0.1", "10.78.0.2", "fd78::1", "fd78::2"


def source():
    return pathlib.Path(TRY).read_bytes()


@pytest.fixture
def world():
    w = netns.World()
    with inside(w.host):
        yield w
    w.close()


# ---------------------------------------------------------------- macvlan

@privileged
def test_macvlan_as_nsjail(world):
    r = nsjail("--chroot", "/", "-I", "lan0", "--macvlan_vs_ip", "10.77.0.8", "--macvlan_vs_nm", "255.255.255.0",
               "--macvlan_vs_gw", "10.77.0.1", "--macvlan_vs_ma", "02:ad:ba:be:45:01", "--macvlan_vs_mo", "bridge",
               "--", "/bin/sh", "-c", "ip -d -o link show vs; ip -4 -o addr show vs; ip -4 route").ok()
    assert "02:ad:ba:be:45:01" in r.out and "macvlan mode bridge" in r.out and "UP" in r.out, r
    assert "10.77.0.8/24 brd 10.77.0.255" in r.out and "default via 10.77.0.1 dev vs" in r.out, r
    got = jail("-I", "lan0", "--macvlan_vs_ip", "10.77.0.8", "--macvlan_vs_gw", "10.77.0.1", face=nsjail,
               attempts=["tcp,10.77.0.1,8000", "udp,10.77.0.2,8001"])
    assert got == ["ok 10.77.0.8", "ok 10.77.0.8"]
    assert "vs" not in world.host.links()


@privileged
@pytest.mark.parametrize("mode", ["private", "vepa", "bridge", "passthru"])
def test_macvlan_modes(world, mode):
    for _ in range(2):  # in the mode passthru there can be only one, and the last one is gone
        r = nsjail("--chroot", "/", "-I", "lan0", "--macvlan_vs_ip", "0.0.0.0", "--macvlan_vs_mo", mode,
                   "--", "/bin/sh", "-c", "ip -d -o link show vs; ip -4 -o addr show vs").ok()
        assert f"macvlan mode {mode}" in r.out and " inet " not in r.out, r


@privileged
def test_macvlan_defaults_of_nsjail(world):
    r = nsjail("--chroot", "/", "-I", "lan0", "--", "/bin/sh", "-c", "ip -4 -o addr show vs; ip -4 route").ok()
    assert "192.168.0.2/24" in r.out and "default via 192.168.0.1" in r.out, r


@privileged
def test_macvlan_ipv6(world):
    opts = ("-I", "lan0", "--macvlan_vs_ip", "fd77::8", "--macvlan_vs_gw", "fd77::1")
    assert jail(*opts, attempts=["tcp,fd77::1,8000", "udp,fd77::2,8000"]) == ["ok fd77::8"] * 2
    r = run("-c", "/", *opts, "--macvlan_vs_nm", "72", "--", "/bin/sh", "-c", "ip -6 -o addr show vs; ip -6 route").ok()
    assert "fd77::8/72" in r.out and "default via fd77::1 dev vs" in r.out, r


@privileged
def test_several_interfaces(world):
    opts = ("--net_iface", "macvlan=lan0,mode=bridge,ip=10.77.0.20/24,ip=fd77::20/64,gw=10.77.0.1,gw=fd77::1,mtu=1400,"
            "mac=02:00:00:00:00:20",
            "--net_iface", "macvlan=lan0,ip=10.77.0.21/24,gw=10.77.0.2",
            "--net_iface", "own=own0,name=wide,ip=10.78.0.22/24,gw=10.78.0.1,mtu=1300")
    r = run("-c", "/", *opts, "--", "/bin/sh", "-c", "ip -o link; ip -o addr; ip -4 route; ip -6 route").ok()
    links = {l.split(": ")[1].split("@")[0]: l for l in r.out.splitlines() if " mtu " in l}
    assert sorted(links) == ["lo", "vs", "vs1", "wide"], r
    assert "mtu 1400" in links["vs"] and "02:00:00:00:00:20" in links["vs"], r
    assert "mtu 1500" in links["vs1"] and "mtu 1300" in links["wide"], r
    routes = [l for l in r.out.splitlines() if l.startswith("default")]
    assert routes[0].startswith("default via 10.77.0.1 dev vs") and "metric" not in routes[0], routes
    assert len(routes) == 4, routes  # the first interface is preferred, the others have higher metrics
    got = jail(*opts, attempts=["tcp,10.77.0.1,8000", "tcp,10.77.0.1,8000,10.77.0.21", "tcp,fd77::2,8000",
                                "tcp,10.78.0.1,8000"])
    assert got == ["ok 10.77.0.20", "ok 10.77.0.21", "ok fd77::20", "ok 10.78.0.22"]
    assert "mtu 1500" in world.host.sh("ip link show own0")  # came back as it was


@privileged
def test_loopback_up_or_down(world):
    show = ("--", "/bin/sh", "-c", "ip -o link show lo")
    iface = ("--net_iface", "macvlan=lan0,ip=10.77.0.20/24")
    assert "LOOPBACK,UP" in run("-c", "/", *iface, *show).ok().out
    assert "LOOPBACK,UP" not in run("-c", "/", *iface, "--iface_no_lo", *show).ok().out


@privileged
@pytest.mark.core
@pytest.mark.parametrize("form", ["text", "json"])
def test_from_a_file(world, tmp, form):
    if form == "text":
        text = ('net_iface { own: "own0" ip: "10.78.0.10/24" ip: "fd78::10/64" }\n'
                'traffic_rule { proto: TCP dport: 8001 dport_end: 8002 action: REJECT }\n')
    else:
        text = ('{"netIface": [{"own": "own0", "ip": ["10.78.0.10/24", "fd78::10/64"]}],'
                ' "trafficRule": [{"proto": "TCP", "dport": 8001, "dportEnd": 8002, "action": "REJECT"}]}')
    (tmp / "net.cfg").write_text(text)
    r = run("-C", tmp / "net.cfg", "-c", "/", "--", PYTHON, "-", f"tcp,{SERVER},8000", f"tcp,{SERVER},8002",
            stdin=source()).ok()
    assert r.out == '["ok 10.78.0.10", "refused"]\n'


# ---------------------------------------------------------------- interfaces of the host

@privileged
@pytest.mark.core
def test_iface_own_moves_and_comes_back(world):
    r = nsjail("--chroot", "/", "--iface_own", "own0", "--", "/bin/sh", "-c", "ip -o link").ok()
    assert "own0@" in r.out and "lan0" not in r.out, r
    assert "UP" in world.host.links()["own0"]


@privileged
def test_iface_own_is_the_jails_to_configure(world):
    """As in nsjail. What it did to the name does not keep it from coming back under the old one."""
    script = ("ip link set own0 name mine; ip link set mine up; ip addr add 10.78.0.9/24 dev mine;"
              f"{PYTHON} - tcp,{SERVER},8000")
    r = nsjail("--chroot", "/", "--keep_caps", "--iface_own", "own0", "--", "/bin/sh", "-c", script,
               stdin=source()).ok()
    assert r.out == '["ok 10.78.0.9"]\n', r
    assert "UP" in world.host.links()["own0"]


@privileged
def test_iface_own_that_was_down_comes_back_down(world):
    world.host.sh("ip link set own0 down")
    run("-c", "/", "--net_iface", OWN, "--", "/bin/true").ok()
    assert "UP" not in world.host.links()["own0"]


@privileged
def test_iface_comes_back_when_set_up_fails(world):
    for bad in (["--net_iface", OWN, "--net_iface", "macvlan=nosuchif0"],
                ["--net_iface", OWN + ",gw=10.99.0.1"],
                ["--iface_own", "own0", "--cwd", "/nonexistent/dir"]):
        assert run("-c", "/", *bad, "--", "/bin/true").rc == 125
        assert "UP" in world.host.links()["own0"], bad


@privileged
def test_iface_comes_back_under_another_name_when_its_own_is_taken(world):
    p = start(["run", "-c", "/", "--iface_own", "own0", "--", "/bin/sleep", "60"])
    assert wait_for(lambda: "own0" not in world.host.links())
    world.host.sh("ip link add own0 type veth peer name own0peer")
    p.send_signal(signal.SIGTERM)
    r = toast.finish(p)
    assert "another name" in r.err, r
    links = world.host.links()
    assert "own0" in links and [n for n in links if n.startswith("back")], links


@privileged
@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL", "SIGKILL to the group"])
@pytest.mark.parametrize("opts", [["--iface_own", "own0"], ["--net_iface", OWN]], ids=["jails", "ours"])
def test_iface_comes_back_when_the_launcher_is_ended(world, how, opts):
    p = start(["run", "-c", "/", *opts, "--", "/bin/sleep", "60"], start_new_session=True)
    assert wait_for(lambda: "own0" not in world.host.links())
    if how == "SIGKILL to the group":
        os.killpg(p.pid, signal.SIGKILL)
    else:
        p.send_signal(getattr(signal, how.split()[0]))
    toast.finish(p)
    assert wait_for(lambda: "UP" in world.host.links().get("own0", []))


@privileged
def test_iface_comes_back_whenever_the_launcher_is_killed(world):
    """Also during the set-up: killed after 0, 1, 2, ... of the milliseconds that it takes."""
    for ms in range(0, 30):
        p = start(["run", "-c", "/", "--net_iface", OWN, "--", "/bin/sleep", "60"])
        time.sleep(ms / 1000)
        p.kill()
        toast.finish(p)
        assert wait_for(lambda: "UP" in world.host.links().get("own0", []), 3), f"lost after {ms} ms"


@privileged
def test_rerun_gets_the_interface_each_time(world):
    r = nsjail("-Mr", "--rerun_count", "3", "--chroot", "/", "--iface_own", "own0", "--", "/bin/sh", "-c",
               "ip -o link show own0").ok()
    assert r.out.count("own0@") == 3, r
    assert "UP" in world.host.links()["own0"]


@privileged
def test_mode_execve_gives_back(world):
    r = toast.toast("-Q", "-Me", "--disable_clone_newuser", "--chroot", "/", "--net_iface", OWN, "--traffic_rule",
                    "proto=udp,action=drop", "--", PYTHON, "-", f"tcp,{SERVER},8000", f"udp,{SERVER},8000",
                    stdin=source())
    assert r.rc == 0 and r.out.startswith('["ok 10.78.0.10", ') and "ok" not in r.out[20:], r
    assert wait_for(lambda: "UP" in world.host.links().get("own0", []))


# ---------------------------------------------------------------- traffic rules: packets that go out

T, U, T6, U6 = f"tcp,{SERVER},8000", f"udp,{SERVER},8000", f"tcp,{SERVER6},8000", f"udp,{SERVER6},8000"
I, I6 = f"icmp,{SERVER}", f"icmp,{SERVER6}"
ALL = (T, U, I, T6, U6, I6)
PORT1, PORT5, PORT9 = (f"tcp,{SERVER},800{n}" for n in (1, 5, 9))
FROM = f"tcp,{SERVER},8000,10.78.0.10,5555"
TO_OTHER, TO_OTHER6 = f"tcp,{OTHER},8000", f"tcp,{OTHER6},8000"
# rules; attempts that pass; attempts that do not
OUTGOING = {
    "nothing": ([], ALL, ()),
    "tcp": (["proto=tcp,action=drop"], (U, I, T6, U6, I6), (T,)),
    "udp": (["proto=udp,action=drop"], (T, I, T6, U6, I6), (U,)),
    "icmp": (["proto=icmp,action=drop"], (T, U, T6, U6, I6), (I,)),
    "all of IPv4": (["action=drop"], (T6, U6, I6), (T, U, I)),
    "all of IPv6": (["ip_family=ipv6,action=drop"], (T, U, I), (T6, U6, I6)),
    "tcp6": (["ip_family=ipv6,proto=tcp,action=drop"], (T, U, U6, I6), (T6,)),
    "icmp6": (["ip_family=ipv6,proto=icmpv6,action=drop"], (T6, U6, I), (I6,)),
    "the default action is drop": (["proto=tcp"], (U,), (T,)),
    "port": (["proto=tcp,dport=8001,action=drop"], (T, PORT5, f"udp,{SERVER},8001"), (PORT1,)),
    "ports": (["proto=tcp,dport=8001,dport_end=8005,action=drop"], (T, PORT9), (PORT1, PORT5)),
    "port of any protocol": (["dport=8001,action=drop"], (T, U, I), (PORT1, f"udp,{SERVER},8001")),
    "source port": (["proto=tcp,sport=5000,sport_end=5999,action=drop"], (f"tcp,{SERVER},8000,,6000",), (FROM,)),
    "destination": ([f"dst_ip={SERVER},action=drop"], (TO_OTHER, T6), (T, U, I)),
    "destination6": ([f"ip_family=ipv6,dst_ip={SERVER6},action=drop"], (TO_OTHER6, T), (T6,)),
    "network": (["dst_ip=10.78.0.0/31,action=drop"], (TO_OTHER, T6), (T, U)),
    "network6": (["ip_family=ipv6,dst_ip=fd78::/127,action=drop"], (TO_OTHER6, T), (T6,)),
    "source": (["src_ip=10.78.0.10,action=drop"], (f"tcp,{SERVER},8000,10.78.0.11", T6), (T, FROM)),
    "source6": (["ip_family=ipv6,src_ip=fd78::10/128,action=drop"], (f"tcp,{SERVER6},8000,fd78::11",),
                (f"tcp,{SERVER6},8000,fd78::10",)),
    "interface": (["oif=lan,action=drop"], ("tcp,10.77.0.1,8000", T6), (T, U)),
    "another interface": (["oif=vs,action=drop"], (T, U, T6), ("tcp,10.77.0.1,8000",)),
    "incoming interface": (["iif=lan,action=drop"], ("tcp,10.77.0.1,8000", T6), (T, U)),
    "incoming interface6": (["iif=lan,ip_family=ipv6,proto=udp,action=drop"], (T6, U), (U6,)),
    "the last that matches decides": (
        ["proto=udp,action=allow", "action=drop", f"dst_ip={OTHER},action=allow",
         f"dst_ip={SERVER},proto=tcp,dport=8000,action=allow"], (T, TO_OTHER, T6), (U, PORT1, I)),
    "allow list of IPv6": (
        ["ip_family=ipv6,action=drop", f"ip_family=ipv6,dst_ip={SERVER6},proto=tcp,action=allow"],
        (T6, T, U), (U6, TO_OTHER6, I6)),
    "own network, seen from both sides": (
        ["dst_ip=10.0.0.0/8,action=drop", f"dst_ip={SERVER},action=allow"], (T, U, I), (TO_OTHER,)),
}


def with_rules(rules):
    return [a for r in rules for a in ("--traffic_rule", r)]


@privileged
@pytest.mark.parametrize("name", OUTGOING)
def test_rules_outgoing(world, name):
    rules, passing, blocked = OUTGOING[name]
    opts = ["--net_iface", OWN + ",ip=10.78.0.11/24,ip=fd78::11/64", "--net_iface", "macvlan=lan0,ip=10.77.0.10/24",
            "--cap", "CAP_NET_RAW", *with_rules(rules)]
    got = jail(*opts, attempts=[*passing, *blocked])
    assert all(g.startswith("ok") for g in got[:len(passing)]), dict(zip(passing, got))
    assert not any(g.startswith("ok") for g in got[len(passing):]), dict(zip(blocked, got[len(passing):]))


@privileged
@pytest.mark.parametrize("face", [run, nsjail], ids=["run", "nsjail"])
def test_reject_is_told_at_once_and_drop_is_not(world, face):
    opts = ["--net_iface", OWN]
    attempts = [T, U, T6, U6]
    both = ["action=reject", "ip_family=ipv6,action=reject"]
    got = jail(*opts, *with_rules(both), attempts=attempts, face=face)
    assert got[0] == got[2] == "refused" and {got[1], got[3]} <= {"refused", "EPERM"}, got
    tcp = ["proto=tcp,action=reject", "ip_family=ipv6,proto=tcp,action=reject"]
    got = jail(*opts, *with_rules(tcp), attempts=attempts, face=face)
    assert got[0] == got[2] == "refused" and got[1].startswith("ok") and got[3].startswith("ok"), got
    drop = ["proto=tcp,action=drop"]
    assert jail(*opts, *with_rules(drop), attempts=[T], face=face) == ["timeout"]


@privileged
def test_loopback_is_not_the_rules_business(world):
    """Unless a rule names it: as in nsjail, whose rules are asked after the routes to own addresses."""
    def local(*rules):
        r = run("-c", "/", "--net_iface", OWN, *with_rules(rules), "--", "/bin/sh", "-c",
                f"t=$(cat); {PYTHON} -c \"$t\" serve - 127.0.0.1 ::1 >/dev/null & sleep 0.5;"
                f"{PYTHON} -c \"$t\" tcp,127.0.0.1,8000 tcp,127.0.0.1,8001 tcp,::1,8000 tcp,{SERVER},8000; kill $!",
                stdin=source()).ok()
        return [x.split()[0].strip('",[]') for x in r.out.strip("[]\n").split(", ")]

    assert local() == ["ok"] * 4
    assert local("action=drop", "ip_family=ipv6,action=drop") == ["ok", "ok", "ok", "timeout"]
    assert local("proto=tcp,dport=8001,oif=lo,action=drop") == ["ok", "timeout", "ok", "ok"]
    assert local("dst_ip=127.0.0.0/8,dport=8000,action=reject") == ["refused", "ok", "ok", "ok"]
    assert local("ip_family=ipv6,dst_ip=::1,proto=tcp,action=drop") == ["ok", "ok", "timeout", "ok"]


# ---------------------------------------------------------------- traffic rules: packets that come in

A, B = "tcp,10.78.0.10,800{},10.78.0.1", "tcp,10.78.0.10,800{},10.78.0.2"
A6, B6 = "tcp,fd78::10,800{},fd78::1", "tcp,fd78::10,800{},fd78::2"
UA = "udp,10.78.0.10,800{},10.78.0.1"
INCOMING = {
    "nothing": ([], (A, B, A6, B6, UA), ()),
    "source": (["src_ip=10.78.0.1,action=drop"], (B, A6), (A, UA)),
    "source6": (["ip_family=ipv6,src_ip=fd78::1,action=drop"], (B6, A), (A6,)),
    "port": (["proto=tcp,dport=8003,action=drop"], (UA, A6), (A.format(3), B.format(3))),
    "interface": (["iif=lan,proto=tcp,action=drop"], (UA, A6), (A, B)),
    "interface, and who": (["iif=lan,src_ip=10.78.0.2/32,action=drop"], (A, UA), (B,)),
    "another interface": (["iif=vs,action=drop"], (A, B, A6), ()),
    "what goes out only": (["oif=vs,action=drop"], (A, B, A6), ()),
    "answers from a port": (["proto=tcp,sport=8003,action=drop"], (A.format(4), UA.format(3)), (A.format(3),)),
}


@privileged
@pytest.mark.parametrize("name", INCOMING)
def test_rules_incoming(world, name):
    rules, passing, blocked = INCOMING[name]
    p = start(["run", "-c", "/", "--net_iface", OWN, "--net_iface", "macvlan=lan0,ip=10.77.0.10/24", *with_rules(rules),
               "--", PYTHON, "-", "serve", "-", "10.78.0.10", "fd78::10"], stdin=open(TRY, "rb"))
    assert p.stdout.readline() == b"ready\n"
    attempts = [a.format(0) for a in (*passing, *blocked)]
    got = world.out.try_(*attempts)
    p.terminate()
    toast.finish(p)
    assert all(g.startswith("ok") for g in got[:len(passing)]), dict(zip(attempts, got))
    assert not any(g.startswith("ok") for g in got[len(passing):]), dict(zip(attempts, got))


@privileged
def test_many_rules(world):
    rules = [f"proto=tcp,dst_ip=10.1.{n // 250}.{n % 250},dport={1000 + n},action=drop" for n in range(400)]
    rules.append("proto=tcp,dport=8001,action=reject")
    assert jail("--net_iface", OWN, *with_rules(rules), attempts=[T, PORT1]) == ["ok 10.78.0.10", "refused"]


@pytest.mark.modes("root")
def test_rules_without_an_interface():
    """They hold also for what is there alone, the loopback interface."""
    got = jail("--traffic_rule", "dst_ip=127.0.0.2,action=drop", attempts=["udp,127.0.0.1,9", "udp,127.0.0.2,9"])
    assert got == ["refused", "EPERM"]  # the first: nobody listens
    r = run("-c", "/", "--traffic_rule", "action=drop", "--", "/bin/sh", "-c", "ip -o link").ok()
    assert r.out.count("\n") == 1 and "LOOPBACK,UP" in r.out, r


@privileged
def test_nft_sees_them(world):
    p = start(["run", "-c", "/", "--net_iface", OWN, "--traffic_rule", "proto=tcp,dport=80,dport_end=90,action=reject",
               "--", "/bin/sh", "-c", "echo; exec sleep 60"])
    assert p.stdout.readline() == b"\n"
    child = toast.read(f"/proc/{p.pid}/task/{p.pid}/children").split()
    seen = [subprocess.run(["nsenter", f"--net=/proc/{int(c)}/ns/net", "nft", "list", "ruleset"], capture_output=True,
                           text=True).stdout for c in child]
    p.terminate()
    toast.finish(p)
    assert any("table inet toastainer" in s and "tcp dport 80-90 reject with tcp reset" in s for s in seen), seen


# ---------------------------------------------------------------- what follows from a namespace outside

@privileged
@pytest.mark.parametrize("face", [run, nsjail], ids=["run", "nsjail"])
def test_sysfs_shows_the_jails_network(world, face):
    root = ["-c", "/"] if face is run else ["--chroot", "/"]
    r = face(*root, "-m", "none:/sys:sysfs:ro", "--net_iface", OWN, "--", "/bin/sh", "-c",
             "ls /sys/class/net; echo x > /sys/class/net/lo/ifalias").out
    assert r.split() == ["lan", "lo"]
    r = run("-c", "/", "--experimental_mnt", "old", "-m", "none:/sys:sysfs:ro", "--net_iface", OWN, "--", "/bin/true")
    assert r.rc == 125 and "sysfs" in r.errors()[0], r


@privileged
@pytest.mark.parametrize("opts", [["--iface_own", "own0"], ["--net_iface", OWN, "--traffic_rule", "proto=udp"]],
                         ids=["jails", "ours"])
def test_exec_joins_the_network(world, opts, tmp, monkeypatch):
    (tmp / "runtime").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp / "runtime"))  # where /run is not ours to write
    name = f"net-{os.getpid()}"
    p = start(["run", "-c", "/", "--name", name, *opts, "--", "/bin/sh", "-c", "echo; exec sleep 60"])
    assert p.stdout.readline() == b"\n"
    r = toast.toast("exec", name, "--", "/bin/sh", "-c", "ip -o link")
    p.terminate()
    toast.finish(p)
    assert r.rc == 0 and r.out.count("\n") == 2 and ("own0" if opts[0] == "--iface_own" else "lan") in r.out, r


@privileged
def test_receipt(world, tmp):
    def protections(*opts):
        run("-c", "/", *opts, "--result_json", tmp / "r.json", "--", "/bin/true").ok()
        return json.loads((tmp / "r.json").read_text())["receipt"]

    rule = ["--traffic_rule", "action=drop"]
    got = protections("--net_iface", OWN, *rule)
    assert "traffic_rules" in str(got) and "net_namespace" in str(got), got
    assert "traffic_rules" not in str(protections("--net_iface", OWN))
    assert "traffic_rules" not in str(protections())


@privileged
def test_low_ports_and_ping_follow_the_capabilities(world):
    bind = "import socket; socket.socket().bind(('0.0.0.0', 80)); print('bound')"
    opts = ("-c", "/", "--net_iface", OWN)
    assert run(*opts, "--cap", "CAP_NET_BIND_SERVICE", "--", PYTHON, "-c", bind).out == "bound\n"
    assert "PermissionError" in run(*opts, "--", PYTHON, "-c", bind).err
    assert jail("--net_iface", OWN, attempts=[I]) == ["EACCES"]


# ---------------------------------------------------------------- errors

WRONG = {
    "--iface_own a/b": "'a/b' is not the name of an interface",
    "--iface_own averyveryverylongname": "is not the name of an interface",
    "--iface_own lo": "'lo'",
    "-I x0 --macvlan_vs_ip 300.1.1.1": "macvlan_vs_ip: '300.1.1.1' is not an address",
    "-I x0 --macvlan_vs_nm 255.0.255.0": "'255.0.255.0' is not a netmask",
    "-I x0 --macvlan_vs_gw fd00::1": "different families",
    "-I x0 --macvlan_vs_ma 02:00": "'02:00' is not a hardware address",
    "-I x0 --macvlan_vs_ma 01:00:00:00:00:00": "multicast",
    "-I x0 --macvlan_vs_mo sideways": "'sideways' is none of: private, vepa, bridge, passthru",
    "--net_iface ip=10.0.0.1/24": "net_iface 1: needs one of own and macvlan",
    "--net_iface own=a,macvlan=b": "net_iface 1: needs one of own and macvlan",
    "--net_iface own=a --net_iface own=b,ip=10.0.0.1": "net_iface 2: ip: '10.0.0.1' is without its prefix",
    "--net_iface macvlan=a,gw=10.0.0.1,gw=10.0.0.2": "one gateway a family",
    "--net_iface macvlan=a,mtu=20": "mtu: 20 is not from 68 to 65535",
    "--net_iface own=a,mac=02:00:00:00:00:01": "mac is for a macvlan",
    "--net_iface macvlan=a,name=q --net_iface macvlan=b,name=q": "two interfaces of the jail are called 'q'",
    "--iface_own a --net_iface own=a,name=b": "interface 'a' is moved into the jail already",
    "--net_iface macvlan=a,colour=red": "there is no 'colour='",
    "--net_iface macvlan": "'macvlan' is not KEY=VALUE",
    "--traffic_rule action=unknown_action": "traffic rule 1: an action is DROP, REJECT or ALLOW",
    "--traffic_rule dst_ip=10.0.0.0/33": "traffic rule 1: dst_ip: '33' is neither a prefix length",
    "--traffic_rule proto=tcp --traffic_rule src_ip=fd00::/8": "traffic rule 2: src_ip: 'fd00::/8' is not an IPv4",
    "--traffic_rule dport_end=80": "dport_end without dport",
    "--traffic_rule sport=80,sport_end=70": "sport 80 comes after sport_end 70",
    "--traffic_rule dport=70000": "70000 is not a port",
    "--traffic_rule proto=icmp,dport=1": "ICMP has no ports",
    "--traffic_rule proto=icmp,ip_family=ipv6": "ICMP is no protocol of IPv6",
    "--traffic_rule proto=icmpv6": "ICMPV6 is no protocol of IPv4",
    "--traffic_rule action=drop --net host": "traffic_rule needs a network namespace",
    "--iface_own a -N": "iface_own needs a network namespace",
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_settings(line):
    r = run("-c", "/", *line.split(), "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and WRONG[line] in r.errors()[0], r


@privileged
def test_errors_of_the_kernel_name_the_object(world):
    def error(*opts):
        r = run("-c", "/", *opts, "--", "/bin/true")
        assert r.rc == 125 and len(r.errors()) == 1, r
        return r.errors()[0], " ".join(r.hints())

    assert error("--iface_own", "nosuchif1")[0] == "network: there is no interface 'nosuchif1'"
    assert "'nosuchif1'" in error("--net_iface", "macvlan=nosuchif1")[0]
    e, hint = error("--net_iface", OWN + ",gw=10.99.0.1")
    assert "10.99.0.1" in e and "'lan'" in e and "must lie in the network" in hint
    e, hint = error("--net_iface", "macvlan=lan0,mtu=9000")
    assert "'lan0'" in e and "MTU" in hint
    same = "macvlan=lan0,mode=bridge,mac=02:00:00:00:00:01"
    e, hint = error("--net_iface", same, "--net_iface", same)
    assert "'vs1'" in e and "hardware address" in hint
    assert "10.78.0.10/24" in error("--net_iface", OWN + ",ip=10.78.0.10/24")[0]


@pytest.mark.modes("user")
@pytest.mark.parametrize("opts", ["-I lo", "--iface_own lo0", "--net_iface own=lo0", "--traffic_rule action=drop"])
def test_without_privileges(opts):
    r = run("-c", "/", *opts.split(), "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and "start as root" in r.hints()[0], r


@pytest.mark.modes("nested")
def test_without_power_over_the_callers_network():
    """Root of a user namespace, whose network namespace is not its own: told before anything is changed."""
    for opts in (["--traffic_rule", "action=drop"], ["--iface_own", "lo0"]):
        r = run("-c", "/", *opts, "--", "/bin/true")
        assert r.rc == 125 and "come back" in r.errors()[0] and "start as root" in r.hints()[0], r


@pytest.mark.modes("root")
def test_warns_when_the_program_could_get_around(world):
    r = run("-c", "/", "--disable_clone_newuser", "--keep_caps", "--traffic_rule", "action=drop", "--", "/bin/true").ok()
    assert "get around the traffic rules" in r.err, r
    r = run("-c", "/", "--keep_caps", "--traffic_rule", "action=drop", "--", "/bin/true").ok()
    assert "get around" not in r.err, r
