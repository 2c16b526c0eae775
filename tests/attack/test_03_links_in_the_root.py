# SPDX-License-Identifier: BSD-3-Clause
"""Class 3: the root's own paths are symbolic links that point out of it."""
import pytest

from toast import nsjail, run

# How a link reaches the canary: absolute, or by more dot-dots than there are directories.
WAYS = {
    "absolute": lambda c: str(c.path),
    "dots": lambda c: "../" * 40 + str(c.path)[1:],
    "through proc": lambda c: "/proc/self/root" + str(c.path),
    "through proc 1": lambda c: "/proc/1/root" + str(c.path),
    "through cwd": lambda c: "/proc/self/cwd/canary",
}
LOOK = "ls -la / /proc /dev /tmp /mnt /mnt/deep 2>/dev/null | grep -c canary; cat /*/secret /*/*/secret 2>/dev/null; true"
TARGETS = {
    "proc": [],
    "dev": ["--dev"],
    "tmp": ["--private_tmp"],
    "mnt": ["-T", "/mnt"],
    "mnt/": ["-T", "/mnt/deep/er"],
    "opt": ["-R", "/etc:/opt/etc"],
    "var": ["-B", "{tmp}:/var"],
    "etc": ["--file", "/etc/new:text"],
    "home": ["-s", "/bin:/home/link"],
}


def untouched(canary, r):
    assert not canary.touched(), r
    assert "canary's secret" not in r.out, r
    assert r.rc in (0, 125, 255), r


@pytest.mark.parametrize("api, way", [("new", w) for w in WAYS] + [("old", "absolute"), ("old", "dots")])
@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("face", ["run", "run --rw", "nsjail", "nsjail --rw"])
def test_directory(own_root, canary, tmp, face, name, way, api):
    place = own_root / name.rstrip("/")
    place.rmdir()
    place.symlink_to(WAYS[way](canary))
    f, *rw = face.split()
    opts = [o.replace("{tmp}", str(tmp / "own")) for o in TARGETS[name]]
    (tmp / "own").mkdir()
    go = run if f == "run" else nsjail
    r = go("-c", own_root, f"--experimental_mnt={api}", *rw, *opts, "--", "/bin/sh", "-c", LOOK, cwd=tmp)
    untouched(canary, r)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("opts", [["-R", "/etc/hostname:/etc/f"], ["--file", "/etc/f:overwritten"], ["-T", "/etc/f"],
                                  ["-s", "/x:/etc/f"]])
@pytest.mark.parametrize("face", ["run --rw", "nsjail --rw"])
def test_file(own_root, canary, way, opts, face):
    """The target itself is a link to a file outside, and a dangling link to a file to be made there."""
    f, *rw = face.split()
    go = run if f == "run" else nsjail
    for end in ("secret", "made"):
        link = own_root / "etc" / "f"
        link.unlink(missing_ok=True)
        link.symlink_to(WAYS[way](canary) + "/" + end)
        untouched(canary, go("-c", own_root, *rw, *opts, "--", "/bin/true", cwd=canary.path.parent))


@pytest.mark.parametrize("inner", ["null", "pts", "shm", "ptmx", "fd", "console", "tty"])
@pytest.mark.parametrize("face", ["run", "nsjail"])
def test_below_dev(own_root, canary, inner, face):
    (own_root / "dev" / inner).symlink_to(canary.path / ("secret" if inner in ("null", "tty", "console") else "sub"))
    go = run if face == "run" else nsjail
    opts = ["--rw"] + (["--dev"] if face == "nsjail" else [])
    r = go("-c", own_root, *opts, "--", "/bin/sh", "-c", "echo x > /dev/null; ls -l /dev")
    untouched(canary, r)
    assert r.rc == 0 and "canary" not in r.out, r


def test_targets_with_dots(own_root, canary):
    for dst in (f"/../../../..{canary.path}", f"/mnt/../../..{canary.path}/sub", f"/..{canary.path}/new"):
        for go in (run, nsjail):
            untouched(canary, go("-c", own_root, "--rw", "-T", dst, "--", "/bin/true"))


def test_root_through_links_of_links(own_root, canary):
    a = own_root / "a"
    a.symlink_to("b/c")
    (own_root / "b").symlink_to(".")
    (own_root / "c").symlink_to(canary.path)
    for go in (run, nsjail):
        untouched(canary, go("-c", own_root, "--rw", "-T", "/a/sub", "-T", "/b/c/sub/x", "--", "/bin/true"))


def test_endless_links(own_root):
    (own_root / "a").symlink_to("b")
    (own_root / "b").symlink_to("a")
    r = run("-c", own_root, "-T", "/a/x", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and "/a/x" in r.errors()[0], r


@pytest.mark.parametrize("way", ["absolute", "dots"])
def test_detects_broken(own_root, canary, naive, way):
    (own_root / "opt").rmdir()
    (own_root / "opt").symlink_to(WAYS[way](canary))
    naive("-U", "-r", own_root, "-b", "/etc:/opt/etc", "--", "/bin/true")
    assert canary.touched()


def test_file_detects_broken(own_root, canary, naive):
    (own_root / "etc" / "f").symlink_to(canary.path / "secret")
    naive("-U", "-r", own_root, "-f", "/etc/f:overwritten", "--", "/bin/true")
    assert canary.touched()
