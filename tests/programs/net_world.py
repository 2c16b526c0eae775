# SPDX-License-Identifier: BSD-3-Clause
"""Servers of a small 'internet' for the tests of networks. Prints "ready" and serves until it is killed.

    net_world.py ADDRESS...

On each address:  TCP 80 says who is asking and echoes until the end of input; 81 is shut; 82 resets after the first
byte; 83 sends 1 MB and closes; 84 takes in slowly and says how much it got; 85 never reads; 86 says what of it was
urgent, urgently; 87 says how much it got, 88 the sum of it, the urgent in its place; UDP 7 echoes, 8 is shut, 9 counts; UDP 53 answers names with 9.8.7.6. On the first address also: 1080 SOCKS5 (TCP and UDP), 1081 the same but slow, 3128 HTTP CONNECT; both say through UDP 99
nothing, and count in what TCP 98 tells.
"""
import hashlib
import select
import socket
import struct
import sys
import threading
import time

COUNT = {"echo": 0, "socks": 0, "socks_udp": 0, "connect": 0, "slow": 0, "datagrams": 0, "never": 0}


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def thread(f, *args):
    threading.Thread(target=f, args=args, daemon=True).start()


def bound(address, port, kind):
    s = socket.socket(family(address), kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, port))
    return s


def tcp(address, port, handler):
    s = bound(address, port, socket.SOCK_STREAM)
    if handler is digest:  # before a connection comes: it may begin with what is urgent, and two of that
        s.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    s.listen(2000)

    def loop():
        while True:
            c, peer = s.accept()
            thread(guarded, handler, c, peer)
    thread(loop)


def guarded(handler, c, peer):
    try:
        handler(c, peer)
    except OSError:
        pass
    finally:
        c.close()


def udp(address, port, handler):
    s = bound(address, port, socket.SOCK_DGRAM)

    def loop():
        while True:
            data, peer = s.recvfrom(65535)
            answer = handler(data)
            if answer is not None:
                s.sendto(answer, peer)
    thread(loop)


def echo(c, peer):
    COUNT["echo"] += 1
    c.sendall(f"you are {peer[0]}\n".encode())
    while data := c.recv(65536):
        c.sendall(data)
    c.sendall(b"bye\n")


def reset(c, _peer):
    c.recv(1)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def megabyte(c, _peer):
    c.sendall(b"x" * 1000000)


def never(c, _peer):
    COUNT["never"] += 1
    time.sleep(60)


def urgent(c, _peer):
    data, last = b"", b""
    while True:
        if select.select([c], [], [c])[2]:
            last = c.recv(1, socket.MSG_OOB)
        more = c.recv(100)
        if not more:
            break
        data += more
    c.sendall(data)
    c.send(last, socket.MSG_OOB)
    c.sendall(b" is urgent")


def digest(c, _peer):
    seen = hashlib.sha256()
    while data := c.recv(7000):
        seen.update(data)
    c.sendall(seen.hexdigest().encode())


def slow(c, _peer, wait=1):
    total = 0
    time.sleep(wait)
    while data := c.recv(1 << 20):
        total += len(data)
    COUNT["slow"] += total
    c.sendall(str(total).encode())


def count(_data):
    COUNT["datagrams"] += 1


def name(data):
    end = data.index(0, 12) + 5
    a = data[end - 4:end - 2] == b"\0\1"
    answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x09\x08\x07\x06" if a else b""
    return data[:2] + b"\x81\x80\0\1\0" + bytes([a]) + b"\0\0\0\0" + data[12:end] + answer


def exactly(c, n):
    data = b""
    while len(data) < n:
        more = c.recv(n - len(data))
        if not more:
            raise OSError("ended")
        data += more
    return data


def join(a, b):
    def copy(x, y):
        try:
            while data := x.recv(65536):
                y.sendall(data)
            y.shutdown(socket.SHUT_WR)
        except OSError:
            pass
    thread(copy, a, b)
    copy(b, a)


def end_of(c):
    size = {1: 4, 4: 16}[exactly(c, 1)[0]]
    ip = socket.inet_ntop(socket.AF_INET if size == 4 else socket.AF_INET6, exactly(c, size))
    return ip, struct.unpack("!H", exactly(c, 2))[0]


def socks(c, _peer):
    exactly(c, exactly(c, 2)[1])
    c.sendall(b"\5\0")
    command = exactly(c, 3)[1]
    ip, port = end_of(c)
    if command == 3:
        relay(c)
        return
    COUNT["socks"] += 1
    try:
        out = socket.create_connection((ip, port), 3)
    except ConnectionRefusedError:
        c.sendall(b"\5\5\0\1\0\0\0\0\0\0")
        return
    c.sendall(b"\5\0\0\1\0\0\0\0\0\0hello from the server's side\n"[:10])
    join(c, out)


def relay(c):
    COUNT["socks_udp"] += 1
    s = bound(c.getsockname()[0], 0, socket.SOCK_DGRAM)
    c.sendall(b"\5\0\0\1\0\0\0\0" + struct.pack("!H", s.getsockname()[1]))

    def loop():
        while True:
            data, peer = s.recvfrom(65535)
            size = {1: 4, 4: 16}[data[3]]
            fam = socket.AF_INET if size == 4 else socket.AF_INET6
            ip, port = socket.inet_ntop(fam, data[4:4 + size]), struct.unpack("!H", data[4 + size:6 + size])[0]
            o = socket.socket(fam, socket.SOCK_DGRAM)
            o.settimeout(2)
            o.sendto(data[6 + size:], (ip, port))
            s.sendto(data[:6 + size] + o.recv(65535), peer)
    thread(loop)
    c.recv(1)


def connect(c, _peer):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += exactly(c, 1)
    COUNT["connect"] += 1
    host, _, port = head.split()[1].decode().rpartition(":")
    if port == "81":
        c.sendall(b"HTTP/1.1 503 No\r\n\r\n")
        return
    out = socket.create_connection((host.strip("[]"), int(port)), 3)
    c.sendall(b"HTTP/1.1 200 Fine\r\nX-Proxy: yes\r\n\r\n")
    join(c, out)


def main():
    addresses = sys.argv[1:]
    for a in addresses:
        for port, handler in ((80, echo), (82, reset), (83, megabyte), (84, slow), (85, never), (86, urgent),
                              (87, lambda c, p: slow(c, p, 0)), (88, digest)):
            tcp(a, port, handler)
        udp(a, 7, lambda data: data)
        udp(a, 9, count)
        udp(a, 53, name)
    tcp(addresses[0], 1080, socks)
    tcp(addresses[0], 1081, lambda c, p: (time.sleep(0.5), socks(c, p)))
    tcp(addresses[0], 3128, connect)
    tcp(addresses[0], 98, lambda c, _: c.sendall(repr(COUNT).encode()))
    print("ready", flush=True)
    time.sleep(3600)


main()
