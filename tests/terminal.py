# SPDX-License-Identifier: BSD-3-Clause
"""A terminal that a test drives, with the program under test as its session's leader."""
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time

import toast


class Terminal:
    """A terminal with the program under test as its session's leader."""

    def __init__(self, *args, rows=37, columns=91, stdout=None, under_shell=False):
        self.master, self.slave = os.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.slave)
        self.text = b""
        argv = [*toast.WRAP, toast.BIN, *map(os.fspath, args)]

        def lead():
            os.setsid()
            signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup(1) a terminal that goes away says nothing
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.proc = subprocess.Popen(argv, stdin=self.slave, stdout=stdout or self.slave, stderr=self.slave,
                                     preexec_fn=lead, env={**os.environ, "TERM": "dumb"})

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, data):
        os.write(self.master, data.encode() if isinstance(data, str) else data)

    def pump(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            try:
                self.text += os.read(self.master, 65536)
            except OSError:
                pass

    def expect(self, pattern, seconds=5):
        """Wait until the pattern comes; what it matched is taken from the text."""
        end = time.monotonic() + seconds
        while True:
            m = re.search(pattern.encode(), self.text)
            if m:
                self.text = self.text[m.end():]
                return m
            assert time.monotonic() < end, f"{pattern!r} did not come; there is {self.text[-600:]!r}"
            self.pump(0.05)

    def wait(self, seconds=5):
        """Wait for the end, reading along; the exit status."""
        end = time.monotonic() + seconds
        while self.proc.poll() is None:
            assert time.monotonic() < end, f"does not end; there is {self.text[-600:]!r}"
            self.pump(0.02)
        while select.select([self.master], [], [], 0)[0]:
            self.pump(0)
        return self.proc.returncode

    def attributes(self):
        return termios.tcgetattr(self.slave)

    def is_raw(self):
        return not self.attributes()[3] & termios.ICANON

    def queued_input(self):
        """Bytes that wait to be read on the caller's terminal."""
        return struct.unpack("i", fcntl.ioctl(self.slave, termios.FIONREAD, b"\0\0\0\0"))[0]

    def close(self):
        toast.kill_and_reap(self.proc)
        os.close(self.master)
        os.close(self.slave)
