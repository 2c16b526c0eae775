# SPDX-License-Identifier: BSD-3-Clause
"""A real Debian: bootstrapped by mmdebstrap from the package sources that this machine uses, and built up with
apt-get inside. Needs a Debian machine that reaches its mirror; hence not in every run."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

import toast
from toast import MODE, run

pytestmark = [pytest.mark.slow, pytest.mark.modes("root", "user")]


def image(*args, **kw):
    return toast.toast("image", *args, timeout=600, **kw)


def mirror():
    """The option for where this machine gets Debian from."""
    text = ""
    for p in [pathlib.Path("/etc/apt/sources.list"), *pathlib.Path("/etc/apt/sources.list.d").glob("debian*")]:
        text += p.read_text() if p.exists() else ""
    found = re.search(r"^(?:deb\s+(?:\[.*\]\s+)?|URIs:\s*)(https?://\S*/debian)/?\s", text, re.M)
    return ["--mirror", found[1]] if found else []


@pytest.fixture(scope="module")
def debian(base):
    if not shutil.which("mmdebstrap"):
        pytest.skip("no mmdebstrap")
    codename = subprocess.run(["sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME"], capture_output=True, text=True)
    d = base / "debian"
    r = image("bootstrap", d, "--from", "debian", "--suite", codename.stdout.strip(), *mirror())
    r.ok()
    assert "I: " in r.err, "progress is shown"
    yield d
    # Not by a jail of ours, which might be broken. The files of a user's image belong to his subordinate ids.
    become = ["unshare", "--map-root-user", "--map-auto"] if MODE == "user" else []
    subprocess.run([*become, "rm", "-rf", "--one-file-system", d], check=True)
    assert not d.exists()


def test_owners(debian):
    """Inside, files belong to whom Debian says."""
    r = image("shell", debian, "--", "/usr/bin/stat", "-c", "%u:%g", "/", "/usr/bin/chage", "/var/mail").ok()
    assert r.out.split() == ["0:0", "0:42", "0:8"]


def test_apt_get_install(debian, tmp):
    s = tmp / "setup.sh"
    s.write_text("#!/bin/sh\nset -eux\nexport DEBIAN_FRONTEND=noninteractive\napt-get update\n"
                 "apt-get install -y curl openssh-client\ncurl --version > /curl-version\n")
    before = (debian / "etc/resolv.conf").read_bytes()
    r = toast.toast(f"--create_image={debian}", f"--use_script={s}", timeout=600).ok()
    assert "W: " not in r.err, r  # apt warns when it cannot drop to its own user
    assert (debian / "curl-version").read_text().startswith("curl ")
    # openssh-client has a file of a group of its own
    assert image("shell", debian, "--", "/usr/bin/stat", "-c", "%G", "/usr/bin/ssh-agent").ok().out == "_ssh\n"
    assert (debian / "etc/resolv.conf").read_bytes() == before
    assert os.listdir(debian / "dev") == [] and os.listdir(debian / "proc") == []
    assert run("-c", debian, "--", "/usr/bin/curl", "--version").ok().out.startswith("curl ")
