# SPDX-License-Identifier: BSD-3-Clause
"""Names in jails with a routed network: who answers, from where, and the files that say so."""
import json
import os
import pathlib
import socket
import struct
import subprocess
import time

import pytest

import netns
import toast
from netns import PYTHON, Internet, inside
from toast import run, start

pytestmark = pytest.mark.modes("root", "nested")

NAT = ("--net", "nat")
SERVER = pathlib.Path(__file__).resolve().parent.parent / "programs" / "dns_server.py"
FORWARDER = "127.0.0.153"
LOOK = "import json,socket,sys\nprint(json.dumps([sorted({a[4][0] for a in socket.getaddrinfo(n,80,socket.AF_INET)}) for n in sys.argv[1:]]))"


class World(Internet):
    """With a resolver of the internet, one with a private address, and one on the host itself."""

    def __init__(self, log):
        super().__init__(serve=False)
        self.log = log
        self.host.sh("ip addr add 127.0.0.53/8 dev lo")
        for ns, addresses in ((self.out, (self.PUBLIC, self.LAN)), (self.host, ("127.0.0.53",))):
            p = subprocess.Popen([*ns.prefix, PYTHON, SERVER, log, *addresses], stdout=subprocess.PIPE)
            ns.servers.append(p)
            assert p.stdout.readline() == b"ready\n"

    def asked(self):
        return [line.split() for line in self.log.read_text().splitlines()]


@pytest.fixture
def world(tmp):
    w = World(tmp / "log")
    with inside(w.host):
        yield w
    w.close()


def look(*opts, names, **kw):
    r = run("-c", "/", *NAT, *opts, "--", PYTHON, "-c", LOOK, *names, **kw)
    return json.loads(r.ok().out)


def addresses(name, n=1):
    return sorted(f"192.0.2.{(len(name) + i) % 256}" for i in range(n))


@pytest.fixture
def resolv_conf(tmp, world):
    """resolv_conf(TEXT): what the host's file says, for the launcher."""
    def say(text):
        (tmp / "resolv.conf").write_text(text)
        toast.WRAP = [*world.host.prefix, "unshare", "-m", "sh", "-c",
                      f'mount --bind {tmp}/resolv.conf /etc/resolv.conf && exec "$@"', "sh"]
    return say


# ---------------------------------------------------------------- who answers

@pytest.mark.core
def test_names(world):
    """Over UDP, over TCP where the answer does not fit; ports and identifiers are our own and differ."""
    names = ["www.example.org", "big.example.org", "a.b"]
    assert look("--dns", Internet.PUBLIC, names=names) == [addresses(names[0]), addresses(names[1], 200), addresses("a.b")]
    asked = world.asked()
    assert {tuple(a[:2]) for a in asked} == {("udp", n) for n in names} | {("tcp", names[1])}
    assert len({a[2] for a in asked}) > 2 and len({a[3] for a in asked}) > 2, asked


def test_a_private_resolver_answers_and_is_not_open(world):
    """It is asked from the host's side; the jail itself does not reach it."""
    assert look("--dns", Internet.LAN, names=["x.example"]) == [addresses("x.example")]
    tried = netns.jail(*NAT, "--dns", Internet.LAN, attempts=[f"tcp,{Internet.LAN},53", f"udp,{Internet.LAN},53"])
    assert not any(t.startswith("ok") or t == "timeout" for t in tried), tried
    assert world.out.try_(f"tcp,{Internet.LAN},53") == ["timeout"]  # it is there, and waits for a question


def test_the_hosts_resolvers(world, resolv_conf):
    """Also the one that listens on the host's own loopback; a change is seen."""
    resolv_conf("# a comment\nnameserver 127.0.0.53\noptions edns0\n")
    assert look(names=["host.example"]) == [addresses("host.example")]
    assert [a[1] for a in world.asked()] == ["host.example"]
    world.host.sh("ip route add unreachable 10.9.9.9")
    resolv_conf(f"nameserver 10.9.9.9\nnameserver {Internet.LAN}\n")  # unreachable: the second is asked
    assert look(names=["other.example"], timeout=40) == [addresses("other.example")]


def test_nobody_answers(world):
    """A failure is said at once, and does not look like a name that is not there."""
    code = ("import socket,time\nt=time.monotonic()\n"
            "try: socket.getaddrinfo('x.example',80)\nexcept socket.gaierror as e: print(e.errno==socket.EAI_AGAIN, time.monotonic()-t<4)")
    r = run("-c", "/", *NAT, "--dns", Internet.HOST, "--", PYTHON, "-c", code).ok()  # a port where nobody is
    assert r.out == "True True\n", r


def test_none(world):
    script = f"cat /etc/resolv.conf; grep -c {FORWARDER} /etc/resolv.conf"
    r = run("-c", "/", *NAT, "--dns", "none", "--", "/bin/sh", "-c", script)
    assert FORWARDER not in r.out, r
    assert netns.jail(*NAT, "--dns", "none", attempts=[f"tcp,{FORWARDER},53"]) == ["refused"]
    assert netns.jail(*NAT, attempts=[f"tcp,{FORWARDER},53"]) == ["timeout"]


def test_errors(world):
    r = run("-c", "/", *NAT, "--iface_no_lo", "--", "/bin/true")
    assert r.rc == 125 and "names need the loopback interface" in r.err, r
    r = run("-c", "/", "--dns", "1.1.1.1", "--", "/bin/true")
    assert r.rc == 125 and "dns needs a network that toastainer routes" in r.err, r


def test_in_listen_mode(world, tmp):
    """One supervisor serves several jails, each with a forwarder of its own."""
    p = start(["run", "-Ml", "--port", "8060", "--bindhost", "127.0.0.1", "--listen_prefork", "2", "-c", "/", *NAT, "--dns",
               Internet.PUBLIC, "--", PYTHON, "-c", LOOK, "a.example", "bb.example"])
    code = ("import socket,sys\nc=[]\nfor i in range(4):\n s=socket.create_connection(('127.0.0.1',8060));c.append(s)\n"
            "for s in c:\n print(s.makefile().read().strip())")
    try:
        def listens():
            return world.host.try_("tcp,127.0.0.1,8060") != ["refused"]
        assert toast.wait_for(listens)
        out = subprocess.run([*world.host.prefix, PYTHON, "-c", code], capture_output=True, text=True, timeout=40)
        assert out.stdout.splitlines() == [json.dumps([addresses("a.example"), addresses("bb.example")])] * 4, out
    finally:
        p.terminate()
        p.wait()
        p.stdout.close()
        p.stderr.close()


# ---------------------------------------------------------------- a hostile jail

FLOOD = f"""
import socket,struct,threading,time,json
q=lambda i,n: struct.pack('!HHHHHH',i,256,1,0,0,0)+bytes([len(n)])+n.encode()+bytes([0,0,1,0,1])
at=('{FORWARDER}',53)
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.setblocking(False)
end=time.monotonic()+0.7; sent=0
idle=[]
for i in range(30):
    c=socket.socket(); c.setblocking(False); c.connect_ex(at); idle.append(c)
while time.monotonic()<end:
    try: s.sendto(q(sent&65535,'flood%d'%sent),at); sent+=1
    except BlockingIOError: pass
print('flooded',sent,flush=True)
for c in idle: c.close()
t=time.monotonic()
while True:
    try:
        print(socket.gethostbyname('late.example'), time.monotonic()-t < 30); break
    except OSError as e:
        assert time.monotonic()-t < 30, e
"""


@pytest.mark.slow(60)
def test_a_flood_stays_bounded(world, tmp):
    """It is answered in the end, the resolver saw no flood, and the launcher neither."""
    r = run("-c", "/", *NAT, "--dns", Internet.PUBLIC, "--", PYTHON, "-c", FLOOD, timeout=60).ok()
    lines = r.out.splitlines()
    assert int(lines[0].split()[1]) > 10000, r
    assert lines[1] == f"{addresses('late.example')[0]} True", r
    flood = [a for a in world.asked() if a[1].startswith("flood")]
    assert 64 <= len(flood) <= 4000, len(flood)


# ---------------------------------------------------------------- the files

def files(root, *opts, **kw):
    r = run("-c", root, *NAT, *opts, "--", "/bin/sh", "-c", "cat /etc/resolv.conf; echo --; cat /etc/hosts", **kw)
    return r


def generated(r):
    resolv, _, hosts = r.ok().out.partition("--\n")
    return resolv == f"nameserver {FORWARDER}\n" and "127.0.0.1\tlocalhost\n" in hosts and "::1\tlocalhost" in hosts


def missing(root):
    pass


def plain(root):
    (root / "etc" / "resolv.conf").write_text("nameserver 1.2.3.4\n")
    (root / "etc" / "hosts").write_text("1.2.3.4 localhost\n")


def dangling(root):
    (root / "etc" / "resolv.conf").symlink_to("../run/systemd/resolve/stub-resolv.conf")


def outward(root):
    (root / "etc" / "resolv.conf").symlink_to("../../../../../../../../etc/passwd")
    (root / "etc" / "hosts").symlink_to("/etc/passwd")
    (root / "etc" / "passwd").write_text("the root's own\n")


def looping(root):
    (root / "etc" / "resolv.conf").symlink_to("resolv.conf")


def no_etc(root):
    (root / "etc").rmdir()


def linked_etc(root):
    (root / "etc").rmdir()
    (root / "opt" / "etc").mkdir()
    (root / "etc").symlink_to("opt/etc")
    plain(root)


@pytest.mark.parametrize("api", ["auto", "old"])
@pytest.mark.parametrize("make", [missing, plain, pytest.param(dangling, marks=pytest.mark.core), outward, looping, no_etc, linked_etc])
def test_files(world, own_root, make, api):
    """Over whatever the root has there; a link is covered, not followed; the root itself does not change."""
    make(own_root)
    before = sorted((str(p), os.readlink(p) if p.is_symlink() else p.read_text() if p.is_file() else "")
                    for p in own_root.glob("etc/**/*"))
    r = files(own_root, "--experimental_mnt", api)
    assert generated(r), r
    assert "127.0.1.1\ttoastainer\n" in r.out, r
    if make is outward:
        assert run("-c", own_root, *NAT, "--", "/bin/cat", "/etc/passwd").ok().out == "the root's own\n"
    r = run("-c", own_root, *NAT, "--", "/bin/sh", "-c", "echo x > /etc/resolv.conf || rm /etc/resolv.conf || umount /etc/resolv.conf")
    assert r.rc != 0, r
    after = sorted((str(p), os.readlink(p) if p.is_symlink() else p.read_text() if p.is_file() else "")
                   for p in own_root.glob("etc/**/*"))
    assert before == after


def test_files_in_a_writable_root(world, own_root):
    """It is never changed: what is missing is said; what is there is covered, also from a program that may write."""
    r = run("-c", own_root, "--rw", *NAT, "--", "/bin/ls", "/etc").ok()
    assert r.out == "" and f"'{own_root}' has no /etc/resolv.conf, which the network brings" in r.err, r
    dangling(own_root)
    (own_root / "etc" / "hosts").write_text("")
    assert generated(files(own_root, "--rw"))
    assert run("-c", own_root, "--rw", *NAT, "--", "/bin/rm", "/etc/resolv.conf").rc != 0
    assert (own_root / "etc" / "resolv.conf").is_symlink()


def test_files_of_the_user_win(world, own_root, tmp):
    (tmp / "mine").write_text("mine\n")
    r = files(own_root, "-R", f"{tmp}/mine:/etc/resolv.conf")
    assert r.ok().out.startswith("mine\n--\n127.0.0.1\tlocalhost"), r
    # a directory of the user's that lacks them is left as it is
    (tmp / "etc").mkdir()
    r = run("-c", own_root, "-R", f"{tmp}/etc:/etc", *NAT, "--", "/bin/ls", "/etc")
    assert r.rc == 0 and r.out == "", r
    (tmp / "etc" / "resolv.conf").symlink_to("../run/nowhere")
    (tmp / "etc" / "hosts").write_text("")
    assert generated(files(own_root, "-R", f"{tmp}/etc:/etc"))
    assert (tmp / "etc" / "hosts").read_text() == ""
    # an empty root of tmpfs
    assert generated(run("-R", "/bin/busybox:/bin/sh", "-R", "/bin/busybox:/bin/cat", *NAT, "--", "/bin/sh", "-c",
                         "cat /etc/resolv.conf; echo --; cat /etc/hosts"))


def test_files_come_with_routed_networks_only(own_root):
    plain(own_root)
    r = run("-c", own_root, "--", "/bin/cat", "/etc/resolv.conf", "/etc/hosts").ok()
    assert r.out == "nameserver 1.2.3.4\n1.2.3.4 localhost\n"


def test_a_hostname_is_one_word(world, own_root):
    assert "127.0.1.1\tjail-7.example\n" in files(own_root, "--hostname", "jail-7.example").ok().out
    assert "127.0.1.1" not in files(own_root, "--hostname", "a\n9.9.9.9 bank.example").ok().out
