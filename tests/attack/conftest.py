# SPDX-License-Identifier: BSD-3-Clause
"""What the attacks share. Each file is one class; each attack is shown to succeed against a jail without the
protection, in a test whose name ends in `detects_broken`."""
import pathlib
import subprocess

import pytest

import toast

SECRET = "the canary's secret\n"


@pytest.fixture
def naive(compile_c):
    """naive(ARGS...): the launcher with the faults (naive.c), for the counterparts."""
    program = compile_c("attack/naive.c")

    def go(*args, timeout=20, **kw):
        p = subprocess.Popen([program, *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, **kw)
        return toast.finish(p, timeout=timeout)

    return go


class Canary:
    """A directory outside of every jail that no jail may read, change or cover."""

    def __init__(self, path):
        self.path = path
        path.mkdir()
        (path / "secret").write_text(SECRET)
        (path / "sub").mkdir()
        path.chmod(0o777)
        (path / "secret").chmod(0o666)
        self.before = self.look()

    def look(self):
        return sorted((str(p.relative_to(self.path)), p.lstat().st_mode, p.read_bytes() if p.is_file() else b"")
                      for p in self.path.rglob("*"))

    def touched(self):
        return self.look() != self.before


@pytest.fixture
def canary(tmp):
    tmp.chmod(0o777)
    return Canary(tmp / "canary")


@pytest.fixture(autouse=True)
def core_pattern_stays():
    """No attack changes the machine's core_pattern."""
    f = pathlib.Path("/proc/sys/kernel/core_pattern")
    before = f.read_text()
    yield
    assert f.read_text() == before
