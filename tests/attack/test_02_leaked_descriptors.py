# SPDX-License-Identifier: BSD-3-Clause
"""Class 2: a descriptor of the host leaks into the jail; the working directory through one (CVE-2024-21626)."""
import os

import pytest

from toast import nsjail, run, state_of, toast


@pytest.fixture
def everywhere(canary):
    """The canary directory on every free descriptor up to 63, without close-on-exec."""
    first = os.open(canary.path, os.O_RDONLY | os.O_DIRECTORY)
    fds = []
    for n in range(3, 64):
        try:
            os.fstat(n)
        except OSError:
            os.dup2(first, n)
            fds.append(n)
    os.set_inheritable(first, True)
    yield sorted({first, *fds})
    for n in {first, *fds}:
        os.close(n)


LIST = "ls -l /proc/self/fd /proc/1/fd 2>/dev/null; for f in /proc/self/fd/* /proc/1/fd/*; do cat $f/secret 2>/dev/null; done"


@pytest.mark.parametrize("opts", [["run"], ["run", "--no_init"], ["-Q", "-Mo"], ["run", "--tty", "on"],
                                  ["run", "--user", "0", "--keep_caps"]])
def test_no_descriptor_of_the_host(root, canary, everywhere, opts):
    r = toast(*opts, "-c", root, "--", "/bin/sh", "-c", LIST, pass_fds=everywhere)
    assert "secret" not in r.out, r


def test_only_what_is_passed(root, everywhere):
    s = state_of(run("-c", root, "--pass_fd", str(everywhere[0]), "--", "/bin/state", pass_fds=everywhere))
    assert s["fds"] == [0, 1, 2, everywhere[0]]


@pytest.mark.parametrize("opts", [["run"], ["-Q", "-Mo"]])
def test_working_directory_through_a_descriptor(root, canary, everywhere, opts):
    """Whatever number the host's directory, or one of our own, has: no start there."""
    for n in range(3, 64):
        r = toast(*opts, "-c", root, "-D", f"/proc/self/fd/{n}", "--", "/bin/sh", "-c", "echo started; cat secret; cd ..; pwd",
                  pass_fds=everywhere)
        assert r.rc in (125, 255) and "started" not in r.out, (n, r)


@pytest.mark.parametrize("path", ["/proc/self/fd/0", "/proc/1/fd/0", "/proc/self/cwd", "/proc/1/cwd", "/proc/1/root",
                                  "/proc/self/root/proc/self/fd/0", "/proc/thread-self/fd/0", "/dev/fd/0", "/dev/stdin"])
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_working_directory_through_standard_input(root, canary, face, path):
    """Standard input is a directory of the host; the working directory never becomes it."""
    f = run if face == "run" else nsjail
    here = os.open(canary.path, os.O_RDONLY | os.O_DIRECTORY)
    r = f("-c", root, "-D", path, "--", "/bin/sh", "-c", "cat secret ../canary/secret", stdin=here, cwd=canary.path)
    os.close(here)
    assert "secret" not in r.out, r


@pytest.mark.parametrize("link", ["/proc/self/fd/{}", "/proc/1/fd/{}"])
def test_root_link_to_a_descriptor(own_root, canary, everywhere, link):
    """The same, hidden behind a link inside the root."""
    for n in everywhere[:12]:
        name = f"link{n}"
        (own_root / name).symlink_to(link.format(n))
        r = run("-c", own_root, "-D", f"/{name}", "--", "/bin/cat", "secret", pass_fds=everywhere)
        assert "secret" not in r.out, r


def test_passed_on_purpose_detects_broken(root, canary, everywhere):
    """The look into the descriptors finds a directory that was handed in."""
    n = str(everywhere[0])
    r = run("-c", root, "--pass_fd", n, "--", "/bin/sh", "-c", LIST, pass_fds=everywhere)
    assert "canary's secret" in r.out, r


def test_working_directory_detects_broken(root, canary, everywhere, naive):
    r = naive("-U", "-r", root, "-b", "/proc:/proc", "-w", f"/proc/self/fd/{everywhere[0]}", "--", "/bin/sh", "-c",
              "cat secret; cat ../canary/secret", pass_fds=everywhere)
    assert r.out.count("canary's secret") == 2, r
