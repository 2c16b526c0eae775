# SPDX-License-Identifier: BSD-3-Clause
"""Class 17: a file outside of the root is opened by its handle, a number, through any descriptor of its file system
(shocker). CAP_DAC_READ_SEARCH over the host is what it takes; a policy refuses it besides."""
import errno
import subprocess

import pytest

from toast import nsjail, run

FACES = {"run": run, "nsjail": nsjail}
DENIED = f"refused {errno.EPERM}\n"
# All of root's rights over the host: what a jail should not be given, and what shows that the attack works.
CRIPPLED = ["--disable_clone_newuser", "--keep_caps"]


@pytest.fixture
def shocker(compile_c, canary, tmp):
    """shocker(FACE, OPTIONS...): what a jail gets that has a directory of the canary's file system, and its handle."""
    program = compile_c("attack/handle.c")
    handle = subprocess.run([program, "take", canary.path / "secret"], check=True, capture_output=True, text=True).stdout
    (tmp / "door").mkdir()

    def go(face, *opts):
        r = face("-R", f"{program}:/handle", "-B", f"{tmp / 'door'}:/door", *opts, "--", "/handle", "open",
                 handle.strip(), "/door")
        assert not canary.touched()
        return r.ok().out

    return go


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("opts", [[], ["--keep_caps"], ["--user", "1000"], ["--cap", "CAP_DAC_READ_SEARCH"]], ids=" ".join)
def test_denied_by_capability(shocker, face, opts):
    """Capabilities of the jail's own user namespace are not enough: the file system is not its own."""
    assert shocker(FACES[face], *opts) in (DENIED, "dead\n")


@pytest.mark.modes("root")
@pytest.mark.parametrize("face", FACES)
def test_denied_without_a_user_namespace(shocker, face):
    assert shocker(FACES[face], "--disable_clone_newuser") == DENIED


@pytest.mark.modes("root")
@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("policy", ["USE toastainer_default", "USE toastainer_default DEFAULT ALLOW",
                                    "ERRNO(1) { open_by_handle_at } DEFAULT ALLOW"])
def test_denied_by_seccomp(shocker, face, policy):
    """With all of root's rights, by the policy alone."""
    assert shocker(FACES[face], *CRIPPLED, "--seccomp_string", policy) == DENIED


@pytest.mark.modes("root")
@pytest.mark.parametrize("opts", [[], ["--seccomp_string", "ALLOW { open_by_handle_at } USE toastainer_default"]],
                         ids=["no policy", "permitted"])
@pytest.mark.parametrize("face", FACES)
def test_detects_broken(shocker, canary, face, opts):
    """With the capability and without the policy the secret is read."""
    assert shocker(FACES[face], *CRIPPLED, *opts) == (canary.path / "secret").read_text()
