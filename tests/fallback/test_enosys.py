# SPDX-License-Identifier: BSD-3-Clause
"""The wrapper itself: without this the runs with missing system calls would prove nothing."""
import os
import platform
import subprocess

import pytest

NUMBERS = {"openat2": 437, "clone3": 435, "fsopen": 430, "open_tree": 428, "move_mount": 429,
           "mount_setattr": 442, "close_range": 436, "pidfd_open": 434, "pidfd_send_signal": 424,
           "execveat": {"x86_64": 322}.get(platform.machine(), 281)}
PROBE = ("import ctypes,sys; l=ctypes.CDLL(None,use_errno=True);"
         "print(l.syscall(int(sys.argv[1]),-1,0,0,0,0,0), ctypes.get_errno())")


def probe(calls, nr):
    argv = ["/usr/bin/python3", "-c", PROBE, str(nr)]
    if calls:
        argv = [os.environ["ENOSYS"], calls, *argv]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("name", NUMBERS)
def test_call_says_enosys(name):
    assert probe(name, NUMBERS[name]) == ["-1", "38"]


def test_other_calls_are_left_alone():
    assert probe("openat2", NUMBERS["pidfd_open"]) == probe("", NUMBERS["pidfd_open"]) != ["-1", "38"]


def test_another_error():
    assert probe("clone3=EPERM", NUMBERS["clone3"]) == ["-1", "1"]


def test_unknown_call_is_refused():
    r = subprocess.run([os.environ["ENOSYS"], "nonsense", "/bin/true"], capture_output=True)
    assert r.returncode == 99
