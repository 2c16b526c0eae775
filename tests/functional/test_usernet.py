# SPDX-License-Identifier: BSD-3-Clause
"""Networks without root: --net user and nsjail's user_net, against servers in namespaces that the test made."""
import ast
import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import time

import pytest

import netns
import toast
from netns import PYTHON, inside
from toast import finish, nsjail, run, start, wait_for

privileged = pytest.mark.modes("root", "nested")
HERE = pathlib.Path(__file__).resolve().parent.parent
TRY = HERE / "programs" / "user_try.py"
OUT, OUT6, PRIVATE, HOST, HOST6 = "8.8.8.8", "2001:4860:4860::8888", "10.77.0.1", "10.77.0.100", "fd77::100"
SAID = "you are {}\nping\nbye\n"
DENIED = "ECONNREFUSED"


class World:
    """`host`, where jails are started, with a private network to `net`, which has public addresses as well."""

    def __init__(self):
        self.host, self.net = netns.Namespace(), netns.Namespace()
        self.host.sh(f"ip link add h0 type veth peer name n0 netns {self.net.holder.pid}; ip link set h0 up;"
                     f"ip addr add {HOST}/24 dev h0; ip addr add {HOST6}/64 dev h0 nodad")
        self.net.sh(f"ip link set n0 up; ip addr add {PRIVATE}/24 dev n0; ip addr add fd77::1/64 dev n0 nodad;"
                    f"ip addr add {OUT}/32 dev lo; ip addr add {OUT6}/128 dev lo nodad; ip addr add 169.254.169.254/32 dev lo;"
                    "ip route add unreachable 9.9.9.1/32; echo 1 > /proc/sys/net/ipv4/ip_forward")
        self.host.sh(f"ip route add default via {PRIVATE}; ip -6 route add default via fd77::1;"
                     "ip route add unreachable 9.9.9.2/32; ip route add blackhole 9.9.9.3/32;"
                     "cd /proc/sys/net/ipv4; (echo 0 2147483647 || echo 0 0) 2>/dev/null > ping_group_range")
        world = str(HERE / "programs" / "net_world.py")
        self.serve(self.net, world, OUT, OUT6, PRIVATE, "169.254.169.254")
        self.serve(self.host, world, "127.0.0.1", "::1", HOST, HOST6)

    def serve(self, ns, *argv):
        p = subprocess.Popen([*ns.prefix, PYTHON, *argv], stdout=subprocess.PIPE)
        ns.servers.append(p)
        assert p.stdout.readline() == b"ready\n"

    def counts(self):
        code = f"import socket; print(socket.create_connection(('{OUT}', 98)).recv(1000).decode())"
        return ast.literal_eval(subprocess.check_output([*self.host.prefix, PYTHON, "-c", code]).decode())

    def close(self):
        self.host.close()
        self.net.close()


def children(pid):
    return [int(x) for x in toast.read(f"/proc/{pid}/task/{pid}/children").split()]


def helpers(p):
    return [k for k in children(p.pid) if toast.read(f"/proc/{k}/comm") == b"toastainer-net\n"]


@pytest.fixture
def host():
    w = World()  # in a user namespace of one group, that group is all who may ping
    with inside(w.host):
        yield w
    w.close()


def argv(*attempts):
    return ["--", PYTHON, "-c", TRY.read_text(), *attempts]


def user(*opts, attempts, **kw):
    return ast.literal_eval(run("-c", "/", "--net", "user", *opts, *argv(*attempts), timeout=60, **kw).ok().out)


def config(tmp_path, text):
    path = tmp_path / "jail.cfg"
    path.write_text('mount { src: "/" dst: "/" is_bind: true }\n' + text)
    return path


def with_rules(tmp_path, rules, *attempts, face=("--config",)):
    path = config(tmp_path, f"user_net {{ {rules} }}")
    r = nsjail("--config", str(path), *argv(*attempts), timeout=60).ok()
    return ast.literal_eval(r.out)


CONNECTIONS = (
    (f"tcp('{OUT}')", SAID.format(HOST)),
    (f"tcp('{OUT6}')", SAID.format(HOST6)),
    (f"tcp('{OUT}', 81)", DENIED),                      # nobody listens: at once, as directly
    (f"tcp('{OUT6}', 81)", DENIED),
    (f"udp('{OUT}')", True),
    (f"udp('{OUT6}')", True),
    (f"udp('{OUT}', n=0)", True),
    (f"udp('{OUT}', n=65507)", True),                   # more than any link takes: fragments outside
    (f"udp('{OUT6}', n=60000)", True),
    (f"udp('{OUT}', 8)", DENIED),
    (f"udp('{OUT6}', 8)", DENIED),
    (f"length('{OUT}', 83)", 1000000),
    (f"after_reset('{OUT}')", "ECONNRESET"),
    (f"urgent('{OUT}')", "abcdef! is urgent"),
    (f"urgent_now_and_then('{OUT}')", True),
    (f"fast_open('{OUT}')", SAID.format(HOST)),
    (f"fast_open('{OUT6}')", SAID.format(HOST6)),
    (f"fast_open('{OUT}', 81)", DENIED),
    ("tcp('9.9.9.2')", "EHOSTUNREACH"),                 # the host has no way there
    ("tcp('9.9.9.3')", "timeout"),                      # ... and says nothing: EINVAL from its own connect
    ("ping('8.8.8.8')", (0, 7, "hi")),
    (f"ping('{OUT6}')", (129, 7, "hi")),
    ("ping('10.255.255.1')", (0, 7, "hi")),
)
@privileged
def test_connections(host):
    """What a direct connection would come to, comes here: also when it fails, and as fast."""
    calls = [c for c in CONNECTIONS if "ping" not in c[0]]
    assert user(attempts=[a for a, _ in calls]) == [b for _, b in calls]


@pytest.mark.modes("root")
def test_ordinary_user(host, tmp_path):
    """The same without any privilege, in a namespace whose owner is somebody else."""
    binary = tmp_path / "toastainer"
    shutil.copy(toast.BIN, binary)
    for d in (tmp_path, *tmp_path.parents):
        if d.stat().st_uid == 0 and d != pathlib.Path("/") and not d.stat().st_mode & 1:
            d.chmod(d.stat().st_mode | 0o11)
    calls = [c for c in CONNECTIONS if "ping" not in c[0]]
    calls += [(f"tcp('{PRIVATE}')", DENIED), (f"tcp('{HOST}')", DENIED), ("name('www.example.com')", "9.8.7.6")]
    cmd = [*host.host.prefix, "setpriv", "--reuid", "31234", "--regid", "31234", "--clear-groups", str(binary), "run", "-c",
           "/", "--net", "user", "--dns", OUT, *argv(*[a for a, _ in calls])]
    r = subprocess.run(cmd, capture_output=True, text=True, timeout=60, cwd="/")
    assert r.returncode == 0, r
    assert ast.literal_eval(r.stdout) == [b for _, b in calls]


@privileged
def test_ping(host, tmp_path):
    """ICMP echo goes through ICMP sockets of the host. In the jail any program that may send ICMP can ping."""
    code = TRY.read_text().replace("socket.SOCK_DGRAM, 1 if v4", "socket.SOCK_RAW, 1 if v4")
    code = code.replace("got = s.recv(100)", "got = s.recv(100)[20 if v4 else 0:]")
    attempts = [a for a, _ in CONNECTIONS if "ping" in a]
    r = run("-c", "/", "--net", "user", "--cap", "CAP_NET_RAW", "--", PYTHON, "-c", code, *attempts).ok()
    assert ast.literal_eval(r.out) == [b for a, b in CONNECTIONS if "ping" in a]


@privileged
def test_blocked_by_default(host):
    """The host itself, private networks and metadata services are out of reach; and each of them answers others."""
    calls = [f"tcp('{a}')" for a in (PRIVATE, HOST, "169.254.169.254", "10.255.255.1", HOST6, "fd77::1")]
    assert user(attempts=calls) == [DENIED] * len(calls)
    assert user(attempts=[c.replace("tcp", "udp") for c in calls]) == [DENIED] * len(calls)
    assert user("--net_private", attempts=calls)[:2] == [SAID.format(HOST), SAID.format(HOST)]


@privileged
def test_allow_and_deny(host):
    calls = [f"tcp('{PRIVATE}')", f"length('{PRIVATE}', 83)", f"udp('{PRIVATE}')", f"tcp('{OUT}')", f"udp('{OUT}')"]
    assert user("--net_allow", f"{PRIVATE}:80/tcp", "--net_deny", f"{OUT}/tcp", attempts=calls) == [
        SAID.format(HOST), DENIED, DENIED, DENIED, True]
    assert user("--net_deny", "all", "--net_allow", f"{OUT}:7/udp", attempts=calls) == [DENIED] * 4 + [True]


@privileged
def test_names(host):
    assert user("--dns", OUT, attempts=["name('www.example.com')"]) == ["9.8.7.6"]
    assert user("--dns", "none", attempts=["sh('cat /etc/resolv.conf')"]) == [toast.read("/etc/resolv.conf").decode()]


@privileged
def test_publish(host):
    ask = ("import socket,sys; k=socket.SOCK_DGRAM if sys.argv[3]=='udp' else socket.SOCK_STREAM;"
           "s=socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, k); s.settimeout(5);"
           "s.connect((sys.argv[1], int(sys.argv[2]))); s.send(b'abc');"
           "k == socket.SOCK_DGRAM or s.shutdown(1); print(s.recv(100).decode())")
    for published, kind, address in (("8080:80", "tcp", PRIVATE), ("8080:80", "tcp", HOST6),
                                     (f"{HOST}:8080:80/udp", "udp", HOST)):
        p = start(["run", "-c", "/", "--net", "user", "--cap", "CAP_NET_BIND_SERVICE", "--publish", published, "--keep_caps",
                   *argv(f"serve(80, '{kind}')")])
        assert p.stdout.readline() == b"serving\n"
        helper, = helpers(p)
        maker, = children(helper)
        for pid in (helper, maker):  # neither may do more than its work takes
            status = toast.read(f"/proc/{pid}/status")
            assert b"Seccomp:\t2\n" in status and b"NoNewPrivs:\t1\n" in status and b"CapPrm:\t0000000000000000\n" in status
        near = host.net if address != HOST else host.host
        where = HOST if address == PRIVATE else address
        got = subprocess.check_output([*near.prefix, PYTHON, "-c", ask, where, "8080", kind], timeout=20)
        assert got == b"ABC\n"
        r = finish(p)
        assert r.rc == 0 and "10.255.255.1" in r.out or "fc00::1" in r.out, r


@privileged
def test_rules(host, tmp_path):
    """nsjail's: the first that matches decides, what none matches is allowed; and the gateway is the host."""
    rules = (f'rule4 {{ action: ALLOW proto: TCP dst_ip: "{OUT}" dport: 80 }}'
             f'rule4 {{ action: DROP dst_ip: "{OUT}/32" proto: TCP dport: 83 }}'
             f'rule4 {{ action: REJECT dst_ip: "8.0.0.0/8" dport: 1 dport_end: 100 }}'
             f'rule4 {{ action: REDIRECT proto: TCP dst_ip: "1.2.3.4" redirect_ip: "{PRIVATE}" redirect_port: 80 }}'
             f'rule4 {{ action: REDIRECT proto: UDP dst_ip: "1.2.3.4" redirect_ip: "{PRIVATE}" redirect_port: 7 }}'
             f'rule6 {{ action: REJECT dst_ip: "2000::/3" proto: TCP }}')
    calls = (("tcp", OUT), ("length", f"{OUT}', 83, '"), ("tcp", f"{OUT}', 82, '"), ("udp", OUT), ("tcp", "1.2.3.4"),
             ("udp", "1.2.3.4"), ("tcp", OUT6), ("udp", OUT6), ("tcp", PRIVATE), ("tcp", "10.255.255.1"), ("tcp", "fc00::1"))
    got = with_rules(tmp_path, rules, *[f"{f}('{a}')".replace(", '')", ")") for f, a in calls])
    assert got == [SAID.format(HOST), "timeout", DENIED, DENIED, SAID.format(HOST), True, DENIED, True, SAID.format(HOST),
                   SAID.format("127.0.0.1"), SAID.format("::1")]


@privileged
def test_forged(host, tmp_path):
    """What is refused over IPv4 is so in the clothes of IPv6 (::ffff:8.8.8.8), which the host would take for IPv4."""
    path = config(tmp_path, f'cap: "CAP_NET_RAW" user_net {{ rule4 {{ action: REJECT dst_ip: "{OUT}" }} }}')
    before = host.counts()["echo"]
    r = nsjail("--config", str(path), *argv(f"tcp('{OUT}')", f"forged('{OUT}')", f"tcp('{OUT6}')"), timeout=60).ok()
    assert ast.literal_eval(r.out) == [DENIED, None, SAID.format(HOST6)]
    assert host.counts()["echo"] == before + 1


@privileged
def test_proxies(host, tmp_path):
    """SOCKS5 for TCP and UDP, HTTP CONNECT; what a proxy cannot reach is refused in the jail."""
    calls = [f"tcp('{OUT}')", f"tcp('{OUT}', 81)", f"udp('{OUT}')", f"udp('{OUT}', n=3000)", f"tcp('{OUT6}')",
             f"length('{OUT}', 83)"]
    before = host.counts()
    rules = "".join(f'rule{v} {{ action: ENCAP_SOCKS5 {what} redirect_ip: "{OUT}" redirect_port: 1080 }}'
                    for v, what in ((4, f'dst_ip: "{OUT}"'), (6, "")))
    got = with_rules(tmp_path, rules, *calls)
    assert got == [SAID.format(OUT), DENIED, True, True, SAID.format(OUT6), 1000000]
    after = host.counts()
    assert after["socks"] - before["socks"] == 4 and after["socks_udp"] - before["socks_udp"] == 2
    rules = f'rule4 {{ action: ENCAP_CONNECT proto: TCP redirect_ip: "{OUT}" redirect_port: 3128 }}'
    assert with_rules(tmp_path, rules, *calls[:4]) == [SAID.format(OUT), DENIED, True, True]
    assert host.counts()["connect"] - after["connect"] == 2


@privileged
def test_forwards(host, tmp_path):
    rules = (f'rule4 {{ direction: HOST_TO_GUEST action: REDIRECT proto: TCP src_ip: "{HOST}" dport: 8081 '
             'redirect_ip: "10.255.255.2" redirect_port: 8000 }')
    p = start(["-Q", "-Mo", "--config", str(config(tmp_path, f"user_net {{ {rules} }}")), *argv("serve(8000)")])
    assert p.stdout.readline() == b"serving\n"
    ask = f"import socket; s=socket.create_connection(('{HOST}', 8081)); s.send(b'abc'); s.shutdown(1); print(s.recv(9))"
    assert subprocess.check_output([*host.net.prefix, PYTHON, "-c", ask], timeout=20) == b"b'ABC'\n"
    assert finish(p).ok().out == "['::ffff:10.255.255.1']\n"


@privileged
def test_slow_reader_and_many(host):
    got = user("--rlimit_nofile", "4096", attempts=[f"push('{OUT}', 30000000)", f"many('{OUT}', 1000)"])
    assert got == [30000000, 1000]


@privileged
def test_last_words(host):
    """What a program has sent arrives, though it has ended and its reader takes a second to begin."""
    assert user(attempts=[f"last_words('{OUT}', 3000000)", f"last_datagrams('{OUT}', 20)"]) == [None, None]
    assert wait_for(lambda: (host.counts()["slow"], host.counts()["datagrams"]) == (3000000, 20))


@privileged
def test_last_words_of_nsjails(host, tmp_path):
    """Also where the helper answers no names, so that nobody but the data holds the jail's network; and by a proxy."""
    assert with_rules(tmp_path, "", f"last_words('{OUT}', 3000000)") == [None]
    assert wait_for(lambda: host.counts()["slow"] == 3000000)
    rule = f'rule4 {{ action: ENCAP_SOCKS5 redirect_ip: "{OUT}" redirect_port: 1081 }}'
    assert with_rules(tmp_path, rule, f"last_datagrams('{OUT}', 1)") == [None]
    assert wait_for(lambda: host.counts()["datagrams"] == 1)


@privileged
def test_nobody_reads(host, tmp_path):
    """What nobody takes is given up after a while, which is not the program's time: no limit counts it."""
    report = tmp_path / "result.json"
    r = run("-c", "/", "--net", "user", "-t", str(int(3 * toast.SCALE)), "--result_json", str(report),
            *argv(f"stuff('{OUT}')", "time.sleep(1.5)")).ok()
    j = json.loads(report.read_text())
    assert r.out == "['full', None]\n" and j["reason"] == "exited" and r.seconds > j["wall_us"] / 1e6 + 1.5, (r, j)


@contextlib.contextmanager
def held(*args):
    """A jail that has ended, but whose helper is stopped, so that the launcher waits for it."""
    p = start([*args, "--", "/bin/sh", "-c", "echo up; read x; exit 3"], stdin=subprocess.PIPE)
    assert p.stdout.readline() == b"up\n"
    helper, = helpers(p)
    os.kill(helper, signal.SIGSTOP)
    p.stdin.write(b"\n")
    p.stdin.flush()
    assert wait_for(lambda: children(p.pid) == [helper])
    time.sleep(0.1)
    assert p.poll() is None
    yield p
    p.kill()
    finish(p)


@privileged
def test_no_time_for_last_words(host, tmp_path):
    """Whoever does not want to wait for them ends it; the program's end is what it was. A rerun is the last one."""
    report = tmp_path / "result.json"
    for sig, args in ((signal.SIGINT, ["run"]), (signal.SIGTERM, ["run", "--forward_signals"]),
                      (signal.SIGTERM, ["-Q", "-Mo"]), (signal.SIGINT, ["run", "-Mr"])):
        with held(*args, "-c", "/", "--net", "user", "--result_json", str(report)) as p:
            p.send_signal(sig)
            r = finish(p)
            assert r.rc == 3 and json.loads(report.read_text())["reason"] == "exited", (args, r)


@privileged
@pytest.mark.slow(seconds=30)
def test_a_helper_that_does_not_end(host):
    with held("run", "-c", "/", "--net", "user") as p:
        assert finish(p).rc == 3


@privileged
@pytest.mark.slow(seconds=30)
def test_last_words_without_end(host):
    """A connection that a process outside holds, too, and that never stops, ends a few seconds after the jail."""
    ours, theirs = socket.socketpair()
    code = f"""
import array, socket
s = socket.create_connection(('{OUT}', 87))
socket.socket(fileno=0).sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [s.fileno()]))])
"""
    p = start(["run", "-c", "/", "--net", "user", "--", PYTHON, "-c", code], stdin=theirs)
    _, (fd,), *_ = socket.recv_fds(ours, 1, 1)
    data = bytes(1 << 20)
    with socket.socket(fileno=fd) as s, contextlib.suppress(ConnectionError):
        while True:
            s.sendall(data)
    assert finish(p).rc == 0


@privileged
def test_last_words_of_many(host, tmp_path):
    """Mode listen: all of them arrive, and a client is let go when its program ends, not when its network has."""
    path = str(tmp_path / "socket")
    say = (f"read n; case $n in s) exec {PYTHON} -c \"$TRY\" \"stuff('{OUT}')\";; esac;"
           f"head -c 300000 /dev/zero > /dev/tcp/{OUT}/84; echo said")
    p = start(["-Q", "-Ml", "--bindhost", path, "-c", "/", "--net", "user", "-E", "TRY=" + TRY.read_text(), "--",
               "/bin/bash", "--norc", "-c", say])
    assert wait_for(lambda: os.path.exists(path))

    def call(what):
        s = socket.socket(socket.AF_UNIX)
        s.connect(path)
        s.settimeout(30)
        s.sendall(what)
        return s
    try:
        stuffed = call(b"s\n")
        assert stuffed.makefile().read() == "['full']\n"
        assert helpers(p)  # it is still about that
        clients = [call(b"n\n") for _ in range(20)]
        assert [c.makefile().read() for c in clients] == ["said\n"] * 20
        assert wait_for(lambda: host.counts()["slow"] == 20 * 300000, 10), host.counts()
        assert wait_for(lambda: not children(p.pid), 10)
    finally:
        p.terminate()
        r = finish(p)
    assert r.rc == 0, r


@privileged
def test_library(host, tmp_path):
    """Its descriptor tells when the last words are out, and nobody turns round and round until then."""
    code = f"""
import ctypes, resource, select, sys
lib = ctypes.CDLL(sys.argv[1])
P = ctypes.c_void_p
lib.toastainer_config_new.restype = P
config, jail, text = P(lib.toastainer_config_new(1)), P(), ctypes.create_string_buffer(8192)
def good(r):
    assert r == 0, text.raw[28:].replace(b"\\0", b" ")
words = [b"/usr/bin/python3", b"-c", sys.argv[2].encode(), b"last_words('{OUT}', 3000000)", b"stuff('{OUT}')", None]
for name, value in ((b"chroot", b"/"), (b"net", b"user")):
    good(lib.toastainer_config_set(config, name, value, text))
good(lib.toastainer_config_command(config, (ctypes.c_char_p * 6)(*words), text))
good(lib.toastainer_jail_start(config, ctypes.byref(jail), text))
turns = 0
while not lib.toastainer_jail_step(jail):
    select.select([lib.toastainer_jail_fd(jail)], [], [])
    turns += 1
lib.toastainer_jail_free(jail)
print(turns)
"""
    built = "build" if toast.SANITIZED else pathlib.Path(toast.BIN).parent  # python3 has no sanitizer's library
    library = toast.REPO / built / "src" / "libtoastainer.so"
    r = subprocess.run([*host.host.prefix, PYTHON, "-c", code, str(library), TRY.read_text()], capture_output=True, text=True,
                       timeout=60)
    assert r.returncode == 0 and int(r.stdout.splitlines()[-1]) < 50, r
    assert wait_for(lambda: host.counts()["slow"] == 3000000)


@pytest.mark.modes("root")
def test_no_descriptors(host):
    """A connection that finds no descriptor waits for one, and the helper sleeps meanwhile."""
    code = f"print('up', flush=True); input(); print(tcp('{OUT}'))"
    p = start(["run", "-c", "/", "--net", "user", *argv(f"exec({code!r})")], stdin=subprocess.PIPE)
    assert p.stdout.readline() == b"up\n"
    helper, = helpers(p)

    def ticks():
        return sum(map(int, toast.read(f"/proc/{helper}/stat").rpartition(b") ")[2].split()[11:13]))
    used = {int(x) for x in os.listdir(f"/proc/{helper}/fd")}
    limits = resource.prlimit(helper, resource.RLIMIT_NOFILE)
    free = next(n for n in range(1000) if n not in used)
    resource.prlimit(helper, resource.RLIMIT_NOFILE, (free + 1, limits[1]))  # the outer connection, and no more
    p.stdin.write(b"\n")
    p.stdin.flush()
    assert wait_for(lambda: host.counts()["echo"] == 1)
    before = ticks()
    time.sleep(0.7)
    spent = ticks() - before
    resource.prlimit(helper, resource.RLIMIT_NOFILE, limits)
    assert finish(p, stdin=b"").ok().out.startswith(SAID.format(HOST)) and spent < 12, spent


@privileged
def test_rates(host):
    """1 MB at 1 MB/s takes a second, but for what passes at once; each of many connections gets on."""
    (got, seconds), = user("--net_rate_in", "1000000", attempts=[f"measured(length, '{OUT}', 83)"])
    assert got == 1000000 and seconds > 0.7
    (got, seconds), none = user("--net_rate_out", "1000000", attempts=[f"measured(sinks, '{OUT}', 10, 100000)",
                                                                       f"last_datagrams('{OUT}', 300)"])
    assert got == [100000] * 10 and seconds > 0.7 and none is None
    time.sleep(0.2)
    assert 0 < host.counts()["datagrams"] < 250  # of those that come too fast some are lost


@privileged
def test_few_descriptors(host):
    cmd = [*host.host.prefix, "prlimit", "--nofile=128:128", toast.BIN, "run", "-c", "/", "--net", "user", *argv(f"crowd('{OUT}', 110)")]
    r = subprocess.run(cmd, capture_output=True, text=True, timeout=60, check=True)
    assert ast.literal_eval(r.stdout) == [(True, SAID.format(HOST))]


@privileged
def test_counted(host, tmp_path):
    report = tmp_path / "result.json"
    user("--result_json", str(report), attempts=[f"length('{OUT}', 83)", f"push('{OUT}', 2000000)", f"udp('{OUT}', n=1000)"])
    j = json.loads(report.read_text())
    assert 1001000 <= j["net_in_bytes"] < 1002000 and 2001000 <= j["net_out_bytes"] < 2002000, j
    assert j["sources"]["net_in_bytes"] == "launcher" and j["net_in_packets"] is None


@privileged
@pytest.mark.slow(seconds=900)
def test_nothing_leaks(host):
    """After 100,000 connections, reset and refused ones among them, the helper holds no more than before."""
    code = f"""
import socket, sys, threading
def some(n):
    for i in range(n):
        s = socket.socket()
        if i % 10 == 9:
            assert s.connect_ex(("{OUT}", 81)) == 111
        else:
            s.connect(("{OUT}", 82))
            s.send(b"x")
            try:
                s.recv(1)
            except ConnectionResetError:
                pass
        s.close()
def all(n):
    threads = [threading.Thread(target=some, args=(n // 16,)) for _ in range(16)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    print(n, flush=True)
    sys.stdin.readline()
all(1600)
all(100000)
"""
    def held(p):
        helper, = helpers(p)
        rss = [int(l.split()[1]) for l in toast.read(f"/proc/{helper}/status").splitlines() if l.startswith(b"VmRSS")]
        return len(os.listdir(f"/proc/{helper}/fd")), rss[0]

    p = start(["run", "-c", "/", "--net", "user", "--", PYTHON, "-c", code], stdin=subprocess.PIPE)
    assert p.stdout.readline() == b"1600\n"
    before = held(p)
    p.stdin.write(b"\n")
    p.stdin.flush()
    assert p.stdout.readline() == b"100000\n"
    after = held(p)
    print(f"descriptors and KiB: {before}, then {after}")
    assert after[0] <= before[0] + 4 and after[1] <= before[1] + 512, (before, after)
    assert finish(p, stdin=b"\n").rc == 0


@privileged
def test_nsjail_defaults(host):
    r = nsjail("--chroot", "/", "--user_net", "--", "/bin/sh", "-c", "ip -4 -o addr show eth0; ip -6 -o addr show eth0;"
               "ip -4 route; ip -6 route").ok()
    for text in ("10.255.255.2/24", "fc00::2/64", "default via 10.255.255.1 dev eth0", "default via fc00::1 dev eth0"):
        assert text in r.out, r


@privileged
def test_settings(host, tmp_path):
    text = ('user_net { ip4: "192.168.5.9" gw4: "192.168.5.1" ip6: "" ns_iface: "net7" }')
    r = nsjail("--config", str(config(tmp_path, text)), "--", "/bin/sh", "-c", "ip -o addr show net7; ip -4 route").ok()
    assert "192.168.5.9/24" in r.out and "via 192.168.5.1" in r.out and "fc00" not in r.out, r
    for bad, why in (('ip4: "1.2.3"', "not an IPv4 address"), ('gw4: ""', "gateway"), ('ns_iface: "a/b"', "interface"),
                     ('rule4 { sport: 70000 }', "not a port"), ('rule4 { action: ENCAP_SOCKS5 }', "redirect_ip"),
                     ('rule4 { action: REDIRECT }', "redirect_ip"), ('rule4 { dst_ip: "::1" }', "IPv4"),
                     ('rule4 { direction: HOST_TO_GUEST action: REDIRECT proto: TCP redirect_port: 5 }', "dport"),
                     ('rule4 { action: ENCAP_CONNECT proto: ICMP redirect_ip: "1.1.1.1" redirect_port: 1 }', "proxy")):
        r = nsjail("--config", str(config(tmp_path, f"user_net {{ {bad} }}")), "--", "/bin/true")
        assert r.rc == 255 and why in r.err, (bad, r)


@privileged
def test_they_die_together(host):
    """The helper's end is the jail's, and nothing of either is left when the launcher is killed."""
    p = start(["run", "-c", "/", "--net", "user", "--", "/bin/sh", "-c", "echo up; exec sleep 60"])
    assert p.stdout.readline() == b"up\n"
    victim, = helpers(p)
    os.kill(victim, 9)
    r = finish(p)
    assert r.rc == 125 and "network helper has ended" in r.err, r
    p = start(["run", "-c", "/", "--net", "user", "--", "/bin/sh", "-c", "echo up; exec sleep 60"])
    assert p.stdout.readline() == b"up\n"
    victim, = helpers(p)
    p.kill()
    finish(p)
    assert wait_for(lambda: toast.read(f"/proc/{victim}/stat", b") Z").rpartition(b") ")[2][:1] == b"Z")
