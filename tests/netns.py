# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces for tests, with veth pairs between them. Nothing here touches the machine's own network."""
import ast
import contextlib
import pathlib
import subprocess

import toast

TRY = str(pathlib.Path(__file__).resolve().parent / "programs" / "net_try.py")
PYTHON = "/usr/bin/python3"


class Namespace:
    """A network namespace that lives as long as a process of ours."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec sleep 600"],
                                       stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        assert self.holder.stdout.read(1) == b"\n"
        self.path = f"/proc/{self.holder.pid}/ns/net"
        self.servers = []
        # A new namespace takes after the machine's, which may be a router.
        self.sh("ip link set lo up; for f in ipv4/ip_forward ipv6/conf/all/forwarding; do"
                " [ ! -e /proc/sys/net/$f ] || echo 0 >/proc/sys/net/$f; done")

    @property
    def prefix(self):
        return ["nsenter", f"--net={self.path}", "--"]

    def sh(self, script, check=True):
        r = subprocess.run([*self.prefix, "sh", "-ec", script], capture_output=True, text=True)
        assert not check or r.returncode == 0, (script, r.stderr)
        return r.stdout

    def links(self):
        """Names of the interfaces, with their flags."""
        found = {}
        for line in self.sh("ip -o link").splitlines():
            _, name, rest = line.split(": ", 2)
            found[name.partition("@")[0]] = rest[1:rest.index(">")].split(",")
        return found

    def try_(self, *attempts):
        r = subprocess.run([*self.prefix, PYTHON, TRY, *attempts], capture_output=True, text=True)
        assert r.returncode == 0, r.stderr
        return ast.literal_eval(r.stdout)

    def serve(self, *addresses):
        p = subprocess.Popen([*self.prefix, PYTHON, TRY, "serve", "-", *addresses], stdout=subprocess.PIPE)
        self.servers.append(p)
        assert p.stdout.readline() == b"ready\n"

    def close(self):
        for p in [*self.servers, self.holder]:
            p.kill()
            p.wait()
            p.stdout.close()


@contextlib.contextmanager
def inside(ns):
    """The program under test is started in the namespace."""
    old = toast.WRAP
    toast.WRAP = [*ns.prefix, *old]
    try:
        yield
    finally:
        toast.WRAP = old


def jail(*opts, attempts, face=toast.run, timeout=40):
    """What came of attempts out of a jail (net_try.py); opts: its network."""
    root = ["-c", "/"] if face is toast.run else ["--chroot", "/"]
    r = face(*root, *opts, "--", PYTHON, "-", *attempts, stdin=pathlib.Path(TRY).read_bytes(), timeout=timeout)
    assert r.rc == 0, r
    return ast.literal_eval(r.out)


class World:
    """Two namespaces: `host`, where jails are started, and `out`, with servers.

    host lan0 -- wan0 out: for macvlans     host own0 -- far0 out: to be moved into jails
    10.77.0.0/24, fd77::/64                 10.78.0.0/24, fd78::/64
    out has .1, .2, ::1, ::2 in each; the host has 10.77.0.100 and fd77::100.
    """

    def __init__(self):
        self.host, self.out = Namespace(), Namespace()
        pid = self.out.holder.pid
        self.host.sh(f"ip link add lan0 type veth peer name wan0 netns {pid};"
                     f"ip link add own0 type veth peer name far0 netns {pid};"
                     "ip link set lan0 up; ip link set own0 up;"
                     "ip addr add 10.77.0.100/24 dev lan0; ip addr add fd77::100/64 dev lan0 nodad")
        script = ""
        for dev, n in (("wan0", 77), ("far0", 78)):
            script += f"ip link set {dev} up;"
            for i in (1, 2):
                script += f"ip addr add 10.{n}.0.{i}/24 dev {dev};"
                script += f"ip addr add fd{n}::{i}/64 dev {dev} nodad;"
        self.out.sh(script)
        self.out.serve(*(a for n in (77, 78) for i in (1, 2) for a in (f"10.{n}.0.{i}", f"fd{n}::{i}")))

    def close(self):
        self.host.close()
        self.out.close()


class Internet:
    """Two namespaces: `host`, where jails are started, and `out`, the internet and the host's neighbours.

    host up0 -- down0 out: 203.0.113.2 and .1, 2600:7::2 and ::1; the host's default routes lead there.
    In out: 9.9.9.9, 2620:fe::9 are of the internet; 192.168.3.3, 169.254.169.254, fd03::3 are not.
    Servers there, and on the host's own addresses, answer on the ports 8000 to 8009.
    """
    HOST, HOST6, PUBLIC, PUBLIC6 = "203.0.113.2", "2600:7::2", "9.9.9.9", "2620:fe::9"
    LAN, LAN6, METADATA = "192.168.3.3", "fd03::3", "169.254.169.254"

    def __init__(self, serve=True):
        self.host, self.out = Namespace(), Namespace()
        self.host.sh(f"ip link add up0 type veth peer name down0 netns {self.out.holder.pid}; ip link set up0 up;"
                     "ip addr add 203.0.113.2/24 dev up0; ip -6 addr add 2600:7::2/64 dev up0 nodad")
        self.out.sh("ip link set down0 up; ip addr add 203.0.113.1/24 dev down0; ip addr add 2600:7::1/64 dev down0 nodad;"
                    + "".join(f"ip addr add {a} dev lo{' nodad' * (':' in a)};" for a in (self.PUBLIC, self.PUBLIC6, self.LAN, self.LAN6,
                                                                   self.METADATA)))
        self.host.sh("ip route add default via 203.0.113.1; ip -6 route add default via 2600:7::1")
        if serve:
            self.out.serve(self.PUBLIC, self.PUBLIC6, self.LAN, self.LAN6, self.METADATA)
            self.host.serve(self.HOST, self.HOST6, "127.0.0.1", "::1")

    def close(self):
        self.host.close()
        self.out.close()

    def state(self):
        """What the host's network is made of, to be compared."""
        return self.host.sh("ip -br link; ip -br addr; ip route; ip -6 route; nft list ruleset; ip neigh show nud permanent;"
                            "sysctl -a 2>/dev/null | grep -E '^net.ipv[46].*(forwarding|ip_forward|accept_ra|accept_redirects"
                            "|rp_filter|route_localnet|proxy_arp) ' || true")

    def jails(self):
        """Names of the interfaces of jails."""
        return [l for l in self.host.links() if l.startswith("toast-")]
