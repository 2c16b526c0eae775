# SPDX-License-Identifier: BSD-3-Clause
"""A resolver for tests: dns_server.py LOG ADDRESS... answers on port 53 of each, UDP and TCP, until killed.

Every name has the address 192.0.2.N, N: its length. Names that begin with "big" have 200 addresses, more than
fits into UDP; "silent" gets no answer. LOG gets a line a question: protocol, name, port that it came from, identifier.
A line on standard output says that it listens.
"""
import selectors
import socket
import struct
import sys


def parse(query):
    """Name, and where the question ends."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin1"))
        at += 1 + query[at]
    return ".".join(labels), at + 5


def answer(query, udp):
    name, end = parse(query)
    kind = struct.unpack("!H", query[end - 4:end - 2])[0]
    n = 0 if kind != 1 else 200 if name.startswith("big") else 1
    cut = n > 1 and udp
    records = b"" if cut else b"".join(
        struct.pack("!HHHIH4B", 0xc00c, 1, 1, 60, 4, 192, 0, 2, (len(name) + i) % 256) for i in range(n))
    head = query[:2] + bytes([0x81 | 2 * cut, 0x80]) + struct.pack("!HHHH", 1, 0 if cut else n, 0, 0)
    return head + query[12:end] + records


def main():
    log = open(sys.argv[1], "a", buffering=1)
    sel = selectors.DefaultSelector()
    for address in sys.argv[2:]:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind((address, 53))
            if kind == socket.SOCK_STREAM:
                s.listen()
            sel.register(s, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in sel.select():
            s = key.fileobj
            udp = s.type == socket.SOCK_DGRAM
            if udp:
                query, peer = s.recvfrom(70000)
            else:
                c, peer = s.accept()
                c.settimeout(5)
                query = c.recv(2, socket.MSG_WAITALL)
                query = c.recv(struct.unpack("!H", query)[0], socket.MSG_WAITALL)
            name, _ = parse(query)
            log.write(f"{'udp' if udp else 'tcp'} {name} {peer[1]} {query[:2].hex()}\n")
            if name.startswith("silent"):
                continue
            if udp:
                s.sendto(answer(query, True), peer)
            else:
                text = answer(query, False)
                c.sendall(struct.pack("!H", len(text)) + text)
                c.close()


main()
