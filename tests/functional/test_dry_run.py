# SPDX-License-Identifier: BSD-3-Clause
"""--dry_run prints what would run, as text or JSON; a file of that gives the same again, and the same jail."""
import json
import os
import pathlib
import random
import re
import subprocess

import pytest

import toast
from toast import state_of, toast as program

COMPAT = pathlib.Path(os.environ.get("TOASTAINER_COMPAT_DIR") or toast.REPO / ".." / "shared" / "compat")
FACES = {"run": ["run"], "nsjail": ["-Mo"]}
FORMS = ["--dry_run", "--dry_run_json"]

# Each is a choice of options; none needs anything outside.
CHOICES = [
    ["-H", "name \"with\" quotes\n"], ["-D", "/tmp"], ["-E", "A=b"], ["-E", "EMPTY="], ["-E", "UTF=ä€"], ["-e"], ["-q"], ["-v"],
    ["-t", "5"], ["--rlimit_as", "max"], ["--rlimit_as", "123"], ["--rlimit_core", "inf"], ["--rlimit_nofile", "soft"],
    ["--rlimit_cpu", "inherit"], ["-R", "/bin"], ["-R", "/bin:/mnt"], ["-B", "/tmp:/mnt"], ["-T", "/mnt"], ["-s", "/a:/b"],
    ["-m", "none:/mnt:tmpfs:size=8"], ["--bindmount_ro_try", "/none:/x"], ["-u", "5:0:1"], ["-u", "a name"], ["-g", "0x10"],
    ["-U", "1:100000:10"], ["-N"], ["--disable_clone_newuser"], ["--disable_clone_newns"], ["--keep_caps"],
    ["--cap", "CAP_NET_RAW"], ["--disable_proc"], ["--proc_rw"], ["--proc_path", "/p"], ["--rw"], ["--no_pivotroot"],
    ["--seccomp_string", "ALLOW { read }\n// \\ \"\n", "--seccomp_string", "DEFAULT ALLOW"], ["-P", "/none"], ["--seccomp_log"],
    ["--cgroup_mem_max", "18446744073709551615"], ["--cgroup_mem_swap_max", "-1"], ["--cgroup_pids_max", "7"],
    ["--nice_level", "-5"], ["--oom_score_adj", "0"], ["--pass_fd", "3", "--pass_fd", "4"], ["--skip_setsid"],
    ["--persona_addr_no_randomize"], ["--macvlan_iface", "eth0"], ["--iface_no_lo"], ["-Ml", "--port", "99"], ["-Mr"], ["-Me"],
    ["--argv0", "other"], ["-x", "/bin/state"], ["--execute_fd"], ["--init"], ["--no_init"], ["--umask", "027"], ["--cpus", "0"],
    ["--rerun_count", "3", "--rerun_stop", "failure"], ["--log_format", "json"], ["--result_json", "/r.json"], ["--tty", "off"],
    ["--mnt_api", "old"], ["--create_file", "/f:text\n"], ["--private_tmp"], ["--no_private_tmp"], ["--dev"], ["--no_dev"],
    ["--user_net"], ["-l", "/log"], ["-L", "2"], ["--daemon"], ["--forward_signals"], ["-C", "/dev/stdin"],
]


def usable(face, choice):
    return choice[0] != "-C" and program(*FACES[face], "--dry_run", *choice, "--", "x").rc == 0


def dry(face, *args, form="--dry_run"):
    return program(*FACES[face][:1] if face == "run" else [], form, *args).ok().out


def check(tmp, face, args):
    """The dump in each form gives, read again, the same dump in each form."""
    want = {form: dry(face, *args, form=form) for form in FORMS}
    json.loads(want["--dry_run_json"])
    for written in FORMS:
        (tmp / "config").write_text(want[written])
        for form in FORMS:
            assert dry(face, "-C", tmp / "config", form=form) == want[form], (written, form, args)


@pytest.mark.parametrize("face", FACES)
def test_each_option_reads_back(tmp, face):
    n = 0
    for choice in CHOICES:
        if usable(face, choice):
            check(tmp, face, [*choice, "--", "/bin/x", "", "-a", "b c"])
            n += 1
    assert n > 60


@pytest.mark.parametrize("face", FACES)
def test_many_options_read_back(tmp, face):
    rng = random.Random(7)
    choices = [c for c in CHOICES if usable(face, c)]
    for _ in range(40):
        args = [word for c in rng.sample(choices, rng.randrange(2, 12)) for word in c]
        check(tmp, face, [*args, "--", "/bin/x", "a"])


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("args", [["-x", "/bin/true"], ["-x", "/bin/true", "--argv0", "t"], ["--argv0", "t"], ["--execute_fd"], []],
                         ids=" ".join)
def test_without_a_program(tmp, face, args):
    """The program may come from -x, or later."""
    check(tmp, face, args)
    if args:
        assert "exec_bin" in dry(face, *args)


def test_program_given_later(root, tmp):
    """A dump that knows argv[0] but no program is completed by the command line."""
    (tmp / "config").write_text(dry("run", "-c", root, "--argv0", "name"))
    s = state_of(program("run", "-C", tmp / "config", "--", "/bin/state"))
    assert s["argv"][0] == "name", s


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("opts", [
    [], ["-H", "box", "-D", "/tmp", "-E", "A=b c", "--umask", "022"],
    ["--rlimit_as", "900", "--rlimit_nofile", "50", "--rlimit_core", "inf", "--rlimit_cpu", "inherit"],
    ["--cap", "CAP_NET_RAW", "--no_pivotroot", "--persona_addr_no_randomize"],
    ["-T", "/mnt", "-R", "/bin:/opt", "--proc_rw", "--disable_clone_newuts"],
    ["--init", "--dev", "--tty", "off", "--argv0", "cat"],
], ids=range(6))
def test_same_jail(root, tmp, face, opts, form):
    """What the program finds is the same, started by the options or by the file."""
    start = ["run"] if face == "run" else []
    for cmd in (["/bin/state", "x"], ["/bin/cat", "/proc/mounts"]):
        args = ["-c", root, "-Mo", "-q", *opts, "--", *cmd]
        (tmp / "config").write_text(dry(face, *args, form=form))
        outs = [program(*start, *words).ok().out for words in (args, ["-C", tmp / "config"])]
        a, b = (re.sub(r":\[\d+\]", "", out) for out in outs)  # the numbers of new namespaces
        assert a == b


def test_own_settings_for_nsjails_face(tmp):
    """The dump says that it has some; without that, they are refused as nsjail would."""
    text = dry("nsjail", "--init", "--", "x")
    assert text.startswith("toastainer: true\n") and "init: true" in text
    assert "toastainer" not in dry("nsjail", "--", "x") + dry("run", "--umask", "022", "--", "x")
    (tmp / "config").write_text(text.replace("toastainer: true\n", ""))
    r = program("-C", tmp / "config", "--dry_run")
    assert r.rc == 255 and "no field \"init\"" in r.errors()[0] and "toastainer: true" in r.err, r
    (tmp / "config").write_text("init: true toastainer: true")
    assert program("-C", tmp / "config", "--dry_run").rc == 255


def test_json_cannot_carry_other_bytes(tmp):
    args = ["--dry_run_json", "-H", b"\xff", "--", "x"]
    r = subprocess.run([*toast.WRAP, toast.BIN, *args], capture_output=True)
    assert r.returncode == 255 and not r.stdout and b"UTF-8" in r.stderr


@pytest.mark.modes("root")
@pytest.mark.parametrize("face", FACES)
def test_real_configs_read_back(tmp, face):
    """Those collected from public projects."""
    table = COMPAT / "configs.tsv"
    if not table.exists():
        pytest.skip(f"no {table} (TOASTAINER_COMPAT_DIR)")
    n = 0
    for row in table.read_text(errors="replace").splitlines()[1:]:
        name, _, verdict, *_ = row.split("\t")
        if verdict == "accepted":
            check(tmp, face, ["-C", COMPAT / "configs" / name])
            n += 1
    assert n > 50


def test_help_of_a_command():
    for name in ("run", "config", "doctor", "policy", "image"):
        assert program("help", name).ok().out == program(name, "--help").ok().out
    assert program("help").ok().out == program("help", "help").ok().out == program("help", "version").ok().out
    assert program("help", "rum").rc == 125
