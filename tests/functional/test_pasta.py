# SPDX-License-Identifier: BSD-3-Clause
"""nsjail's user_net with the backend PASTA: a jail's network by pasta(1), in namespaces that the test made."""
import ast
import os
import pathlib
import shutil
import signal
import socket
import subprocess

import pytest

import netns
import toast
from netns import PYTHON, TRY, Internet, inside
from toast import finish, nsjail, start, wait_for

pytestmark = [pytest.mark.modes("root"), pytest.mark.skipif(not os.path.exists("/usr/bin/pasta"), reason="pasta is not installed")]
I = Internet


@pytest.fixture(autouse=True)
def world():
    w = Internet()
    with inside(w.host):
        yield w
    w.close()


@pytest.fixture
def argv(tmp):
    def make(settings="", *opts, cmd):
        (tmp / "c").write_text(f"user_net {{ backend: PASTA {settings} }}\n")
        (tmp / "c").chmod(0o644)
        return ["-Q", "-Mo", "-C", tmp / "c", "--chroot", "/", *opts, "--", *cmd]
    return make


@pytest.fixture
def sh(argv):
    return lambda settings, script, *opts: toast.toast(*argv(settings, *opts, cmd=["/bin/sh", "-c", script]))


@pytest.fixture
def attempts(argv):
    def go(settings, *tries):
        p = toast.toast(*argv(settings, cmd=[PYTHON, "-", *tries]), stdin=pathlib.Path(TRY).read_bytes())
        return ast.literal_eval(p.ok().out)
    return go


def pastas(launcher):
    """The helper of a launcher, and its pasta."""
    kids = lambda pid: [int(x) for x in toast.read(f"/proc/{pid}/task/{pid}/children").split()]
    helper = [k for k in kids(launcher) if toast.read(f"/proc/{k}/comm") == b"toastainer-net\n"]
    return helper + [k for h in helper for k in kids(h)]


def gone(pids):
    return not any(os.path.exists(f"/proc/{p}") and b"Z" not in toast.read(f"/proc/{p}/stat").split()[2:3] for p in pids)


def test_defaults(sh, attempts):
    """nsjail's addresses; nothing comes in; the gateway is the host's loopback."""
    r = sh("", "ip -o addr show dev eth0; ip route; ip -6 route").ok()
    for text in ("10.255.255.2/24", "fc00::2/64", "default via 10.255.255.1 dev eth0", "default via fc00::1 dev eth0"):
        assert text in r.out, r
    assert attempts("", f"tcp,{I.PUBLIC},8000", f"udp,{I.PUBLIC},8000", f"tcp,{I.PUBLIC6},8000",
                    "tcp,10.255.255.1,8000") == [f"ok {I.HOST}"] * 2 + [f"ok {I.HOST6}", "ok 127.0.0.1"]


def test_settings(sh, attempts):
    tries = [f"tcp,{I.PUBLIC},8000", f"udp,{I.PUBLIC},8000", f"tcp,{I.PUBLIC6},8000", "tcp,10.255.255.1,8000"]
    assert attempts("pasta { enable_tcp: false }", tries[0], tries[1]) == ["timeout", f"ok {I.HOST}"]
    assert attempts("pasta { enable_udp: false }", tries[0], tries[1]) == [f"ok {I.HOST}", "timeout"]
    got = attempts("pasta { map_gw: false ip6_enabled: false }", tries[0], tries[2], tries[3])
    assert got[0].startswith("ok") and not any(x.startswith("ok") for x in got[1:]), got
    got = attempts('ip4: ""', tries[0], tries[2])
    assert not got[0].startswith("ok") and got[1].startswith("ok"), got
    r = sh('ip4: "192.168.77.9" gw4: "192.168.77.1" ns_iface: "net7" pasta { mask4: "255.255.0.0" }', "ip -o -4 addr; ip -4 route")
    assert "net7" in r.ok().out and "192.168.77.9/16" in r.out and "default via 192.168.77.1" in r.out, r
    r = sh("pasta { nat: false }", "ip -o addr show dev eth0").ok()  # the host's own
    assert f"{I.HOST}/24" in r.out and f"{I.HOST6}/64" in r.out, r


def test_ports(world, argv):
    """A port of the host leads in, and one of the jail's loopback to the host's."""
    code = ("import socket; s=socket.create_server(('0.0.0.0',8080)); print('up', flush=True); c,_=s.accept();"
            "c.send(b'hello'); c.close(); print(socket.create_connection(('127.0.0.1',8001)).recv(9).decode())")
    p = start(argv('pasta { tcp_map_in: "8070:8080" tcp_map_out: "8001" }', cmd=[PYTHON, "-c", code]))
    assert p.stdout.readline() == b"up\n", p.stderr.read()
    assert world.host.try_("tcp,127.0.0.1,8070") == ["ok hello"]
    r = finish(p)
    assert r.rc == 0 and r.out == "127.0.0.1\n", r


def test_an_ordinary_user(world, argv):
    setpriv = ["setpriv", "--reuid=31234", "--regid=31234", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
    toast.WRAP = [*toast.WRAP, *setpriv]
    r = toast.toast(*argv(cmd=[PYTHON, "-", f"tcp,{I.PUBLIC},8000"]), stdin=pathlib.Path(TRY).read_bytes())
    if os.stat("/dev/net/tun").st_mode & 0o006 == 0o006:
        assert r.rc == 0 and ast.literal_eval(r.out) == [f"ok {I.HOST}"], r
    else:
        assert r.rc == 255 and "Failed to open tun socket in namespace" in r.err, r


@pytest.mark.parametrize("who", ["launcher", "pasta", "helper", "program"])
def test_they_end_together(argv, who):
    p = start(argv(cmd=["/bin/sh", "-c", "echo up; exec sleep 60"]))
    assert p.stdout.readline() == b"up\n", p.stderr.read()
    pids = pastas(p.pid)
    assert len(pids) == 2, pids
    if who == "program":
        p.terminate()
    else:
        os.kill({"launcher": p.pid, "helper": pids[0], "pasta": pids[1]}[who], signal.SIGKILL)
    r = finish(p)
    assert wait_for(lambda: gone(pids)), pids
    if who in ("pasta", "helper"):
        assert r.rc == 255 and "the network helper has ended" in r.err, r


ERRORS = {
    'rule4 { action: DROP }': "rule4 and rule6 are for the backend NSTUN",
    'pasta { ip4_enabled: false ip6_enabled: false }': "neither IPv4 nor IPv6",
    'pasta { mask4: "255.0.255.0" }': "is not a netmask",
    'pasta { mask6: "48" }': "pasta has networks of 64 bits only",
    'pasta { dns_forward: "x" }': "dns_forward: 'x' is not an address",
    'pasta { tcp_map_in: "" }': "tcp_map_in: '' is not a list of ports",
    'pasta { udp_map_out: "-1" }': "udp_map_out: '-1' is not a list of ports",
    'pasta { tcp_map_out: "80;81" }': "is not a list of ports",
    'pasta { tcp_map_in: "9x" }': "network: /usr/bin/pasta ended at once: Invalid port specifier 9x",
    'gw4: ""': "needs a gateway",
}


def test_errors(sh):
    for settings, why in ERRORS.items():
        r = sh(settings, "echo ran")
        assert r.rc == 255 and why in r.err and "ran" not in r.out, r


def test_what_it_does_not_go_with(sh):
    assert "needs a user namespace" in sh("", "true", "--disable_clone_newuser").err
    assert "does not go with traffic rules" in sh("", "true", "--traffic_rule", "action=drop").err
    assert "cannot hold to the policy" in sh("", "true", "--net", "user").err
