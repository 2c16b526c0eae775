# SPDX-License-Identifier: BSD-3-Clause
"""Tries to reach servers, for the network tests: net_try.py ATTEMPT... prints what came of each as JSON.

ATTEMPT: tcp|udp|icmp,ADDRESS[,PORT[,SOURCE-ADDRESS[,SOURCE-PORT]]]. "ok ADDRESS" is an answer and how the
server saw us; "refused", "timeout", or the error's name.

    net_try.py serve READY ADDRESS... answers on TCP and UDP ports 8000 to 8009 of each address until killed,
and makes the file READY when it listens ("-": prints a line instead).
"""
import concurrent.futures
import errno
import json
import selectors
import socket
import sys

TIMEOUT = 0.5
PORTS = range(8000, 8010)


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def source(f, address, port):
    return (address or ("::" if f == socket.AF_INET6 else "0.0.0.0"), int(port or 0))


def tcp(address, port, src, sport):
    f = family(address)
    with socket.socket(f, socket.SOCK_STREAM) as s:
        s.settimeout(TIMEOUT)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(source(f, src, sport))
        s.connect((address, int(port)))
        return s.recv(100).decode()


def udp(address, port, src, sport):
    f = family(address)
    with socket.socket(f, socket.SOCK_DGRAM) as s:
        s.settimeout(TIMEOUT)
        s.bind(source(f, src, sport))
        s.connect((address, int(port)))
        s.send(b"hello")
        return s.recv(100).decode()


def icmp(address, _port, src, _sport):
    f = family(address)
    proto = socket.IPPROTO_ICMPV6 if f == socket.AF_INET6 else socket.IPPROTO_ICMP
    with socket.socket(f, socket.SOCK_DGRAM, proto) as s:
        s.settimeout(TIMEOUT)
        s.bind(source(f, src, 0))
        s.connect((address, 0))
        s.send(bytes([128 if f == socket.AF_INET6 else 8, 0, 0, 0, 0, 0, 0, 1]) + b"ping")
        s.recv(100)
        return src or "?"


def attempt(text):
    kind, address, port, src, sport = (text.split(",") + [""] * 4)[:5]
    try:
        return "ok " + {"tcp": tcp, "udp": udp, "icmp": icmp}[kind](address, port, src, sport)
    except TimeoutError:
        return "timeout"
    except ConnectionRefusedError:
        return "refused"
    except OSError as e:
        return errno.errorcode.get(e.errno, str(e))


def serve(ready, addresses):
    sel = selectors.DefaultSelector()
    for a in addresses:
        for port in PORTS:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                s = socket.socket(family(a), kind)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if ":" in a:
                    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                s.bind((a, port))
                if kind == socket.SOCK_STREAM:
                    s.listen(20)
                sel.register(s, selectors.EVENT_READ, kind)
    if ready == "-":
        print("ready", flush=True)
    else:
        open(ready, "w").close()
    while True:
        for key, _ in sel.select():
            if key.data == socket.SOCK_STREAM:
                c, peer = key.fileobj.accept()
                c.sendall(peer[0].encode())
                c.close()
            else:
                _, peer = key.fileobj.recvfrom(100)
                key.fileobj.sendto(peer[0].encode(), peer)


if sys.argv[1] == "serve":
    serve(sys.argv[2], sys.argv[3:])
# Together, so that what times out is waited for once; after unshare(CLONE_NEWPID) there can be no threads.
attempts = sys.argv[1:]
try:
    with concurrent.futures.ThreadPoolExecutor(len(attempts)) as pool:
        answers = list(pool.map(attempt, attempts))
except RuntimeError:
    answers = [attempt(a) for a in attempts]
print(json.dumps(answers))
