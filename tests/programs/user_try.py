# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of user networks say inside a jail. Reads lines of calls, prints a list of what came of them."""
import errno
import hashlib
import os
import socket
import struct
import sys
import threading
import time

SECONDS = float(os.environ.get("TRY_SECONDS", "2"))


def family(a):
    return socket.AF_INET6 if ":" in a else socket.AF_INET


def plug(a, port, kind=socket.SOCK_STREAM):
    s = socket.socket(family(a), kind)
    s.settimeout(SECONDS)
    s.connect((a, port))
    return s


def everything(s):
    data = b""
    while more := s.recv(65536):
        data += more
    return data


def tcp(a, port=80):
    """Who the server says we are, then an echo and a half-close."""
    with plug(a, port) as s:
        s.sendall(b"ping\n")
        s.shutdown(socket.SHUT_WR)
        return everything(s).decode()


def udp(a, port=7, n=5):
    with plug(a, port, socket.SOCK_DGRAM) as s:
        data = os.urandom(n)
        s.send(data)
        return s.recv(65535) == data


def fast_open(a, port=80):
    """With data in the first packet (TCP Fast Open)."""
    with socket.socket(family(a)) as s:
        s.settimeout(SECONDS)
        s.setsockopt(socket.IPPROTO_TCP, 34, 1)  # TCP_FASTOPEN_NO_COOKIE
        s.sendto(b"ping\n", socket.MSG_FASTOPEN, (a, port))
        said = s.recv(1)  # nothing can be shut down before that
        s.shutdown(socket.SHUT_WR)
        return (said + everything(s)).decode()


def forged(a, port=80):
    """A forged packet of IPv6 that begins a connection to an IPv4 address."""
    src, dst = socket.inet_pton(socket.AF_INET6, "fc00::2"), bytes(10) + b"\xff\xff" + socket.inet_aton(a)
    syn = struct.pack("!HHIIBBHHH", 4000, port, 1, 0, 5 << 4, 2, 65535, 0, 0)
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM) as s:
        s.sendto(struct.pack("!IHBB", 6 << 28, len(syn), 6, 64) + src + dst + syn, ("eth0", 0x86dd, 0, 0, b"\xff" * 6))
    time.sleep(0.5)


def ping(a):
    v4 = family(a) == socket.AF_INET
    with socket.socket(family(a), socket.SOCK_DGRAM, 1 if v4 else 58) as s:
        s.settimeout(SECONDS)
        s.connect((a, 0))
        s.send(struct.pack("!BBHHH", 8 if v4 else 128, 0, 0, 0, 7) + b"hi")
        got = s.recv(100)
        return got[0], struct.unpack("!H", got[6:8])[0], got[8:].decode()


def length(a, port):
    with plug(a, port) as s:
        return len(everything(s))


def after_reset(a):
    with plug(a, 82) as s:
        s.sendall(b"x")
        return everything(s).decode()


def push(a, n):
    """To a server that takes its time."""
    with plug(a, 84) as s:
        s.settimeout(20)
        s.sendall(b"y" * n)
        s.shutdown(socket.SHUT_WR)
        return int(everything(s))


def last_words(a, n):
    """To the same, and it is not waited for."""
    s = plug(a, 84)
    s.settimeout(20)
    s.sendall(b"y" * n)


def last_datagrams(a, n):
    s = plug(a, 9, socket.SOCK_DGRAM)
    for _ in range(n):
        s.send(b"z" * 1000)


def stuff(a):
    """As much as goes to somebody who does not read."""
    global stuffed
    stuffed = plug(a, 85)
    stuffed.settimeout(0.2)
    try:
        while True:
            stuffed.send(bytes(1 << 20))
    except socket.timeout:
        return "full"


def urgent(a):
    """Something urgent in the middle, there and back."""
    with plug(a, 86) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
        s.sendall(b"abc")
        s.send(b"!", socket.MSG_OOB)
        time.sleep(0.1)
        s.sendall(b"def")
        s.shutdown(socket.SHUT_WR)
        return everything(s).decode()


def urgent_now_and_then(a):
    sent = hashlib.sha256()
    with plug(a, 88) as s:
        s.settimeout(20)
        for i in range(1000):
            data = os.urandom((0, 1, 1000, 30000)[i * 7 % 4])
            s.sendall(data)
            s.send(b"!", socket.MSG_OOB)
            sent.update(data + b"!")
        s.shutdown(socket.SHUT_WR)
        return everything(s).decode() == sent.hexdigest()


def measured(call, *args):
    began = time.monotonic()
    return call(*args), time.monotonic() - began


def sinks(a, n, size):
    """That many at once."""
    got = []

    def one():
        with plug(a, 87) as s:
            s.settimeout(20)
            s.sendall(bytes(size))
            s.shutdown(socket.SHUT_WR)
            got.append(int(everything(s)))
    threads = [threading.Thread(target=one) for _ in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return got


def crowd(a, n):
    """That many at once, more than can be: some are answered, and once they have gone, another one is."""
    all_ = [socket.socket(family(a)) for _ in range(n)]
    for s in all_:
        s.setblocking(False)
        s.connect_ex((a, 80))
    time.sleep(0.7)
    answered = 0
    for s in all_:
        try:
            answered += s.recv(7) == b"you are"
        except BlockingIOError:
            pass
        s.close()
    time.sleep(0.2)
    return answered > 20, tcp(a)


def many(a, n):
    """That many at once, all of them used."""
    all_ = [plug(a, 80) for _ in range(n)]
    for i, s in enumerate(all_):
        s.sendall(b"%d\n" % i)
        s.shutdown(socket.SHUT_WR)
    good = 0
    for i, s in enumerate(all_):
        s.settimeout(20)
        good += everything(s).decode().endswith(f"\n{i}\nbye\n")
        s.close()
    return good


def name(host):
    return socket.gethostbyname(host)


def sh(command):
    return os.popen(command + " 2>&1").read()


def serve(port, kind="tcp"):
    """One connection or datagram from outside, echoed."""
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind(("::", port))
    s.settimeout(10)
    if kind == "udp":
        print("serving", flush=True)
        data, peer = s.recvfrom(65535)
        s.sendto(data.upper(), peer)
        return peer[0]
    s.listen()
    print("serving", flush=True)
    c, peer = s.accept()
    c.sendall(everything(c).upper())
    return peer[0]


def attempt(line):
    began = time.monotonic()
    try:
        got = eval(line)  # of our own tests
    except socket.timeout:
        got = "timeout"
    except OSError as e:
        got = errno.errorcode.get(e.errno, str(e))
    if got in ("ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH") and time.monotonic() - began > 1:
        got += ", late"
    return got


print([attempt(line) for line in sys.argv[1:]])
