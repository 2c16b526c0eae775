# SPDX-License-Identifier: BSD-3-Clause
"""Configuration files: the same verdict as nsjail's, and `toastainer config` as scripts see it.

The verdicts of real files come from the directory TOASTAINER_COMPAT_DIR; protoc, where it is installed,
judges the inputs that are written here.
"""
import csv
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

import toast

pytestmark = pytest.mark.modes("root")

WHERE = pathlib.Path(os.environ.get("TOASTAINER_COMPAT_DIR") or toast.REPO / ".." / "shared" / "compat")
# What people write into files that nsjail never had or no longer has: the message must say what to write.
REPLACED = {"chroot", "chroot_dir", "disable_proc", "enable", "nat", "port_map", "use_nstun"}


def config(*args, **kw):
    return toast.toast("config", *args, **kw)


def check(path, *args, **kw):
    r = config("check", *args, "--", path, **kw)
    assert r.rc in (0, 1), r
    return r


@pytest.fixture(scope="module")
def verdicts():
    table = WHERE / "configs.tsv"
    if not table.exists():
        pytest.skip(f"no {table} (TOASTAINER_COMPAT_DIR)")
    with open(table, newline="") as f:
        return [(WHERE / "configs" / row[0], row[2], row[3])
                for row in list(csv.reader(f, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]]


def test_verdicts(verdicts):
    assert len(verdicts) > 100
    accepted = {str(path) for path, verdict, _ in verdicts if verdict == "accepted"}
    r = config("check", *(path for path, _, _ in verdicts))
    ours = {line[: -len(": ok")] for line in r.out.splitlines()}
    assert ours == accepted, (ours - accepted, accepted - ours, r.err)


def test_messages_have_a_place_and_a_hint(verdicts):
    """A field that has been replaced is refused with the name of what replaces it."""
    hinted = 0
    for path, verdict, why in verdicts:
        if verdict == "accepted" or not why:
            continue
        first = check(path).err
        assert first.count("\n") == 1, first
        assert re.match(re.escape(str(path)) + r":\d+:\d+: \S", first), first
        field = re.search(r'no field named "(\w+)"', why)
        if field and field[1] in REPLACED:
            assert "; hint: " in first, first
            hinted += 1
    assert hinted > 20


def test_both_forms_say_the_same(verdicts, tmp):
    """text -> JSON -> text and text -> text are one config, for every file that is valid."""
    done = 0
    for path, verdict, _ in verdicts:
        if verdict != "accepted":
            continue
        text = config("convert", "--to", "text", path).ok().out
        (tmp / "a.json").write_text(config("convert", "--to", "json", path).ok().out)
        (tmp / "a.cfg").write_text(text)
        json.loads((tmp / "a.json").read_text())
        assert config("convert", "--to", "text", tmp / "a.json").ok().out == text, path
        assert config("convert", "--to", "text", tmp / "a.cfg").ok().out == text, path
        done += 1
    assert done > 100


def test_check_goes_through_all_files(tmp):
    good, bad = tmp / "good.cfg", tmp / "bad.cfg"
    good.write_text('hostname: "x"\n')
    bad.write_text('hostname: "x"\nhostnme: "y"\n')
    r = config("check", good, bad, good)
    assert (r.rc, r.out) == (1, f"{good}: ok\n{good}: ok\n"), r
    assert r.err == f'{bad}:2:1: NsJailConfig has no field "hostnme"; did you mean "hostname"?\n', r
    r = config("check", tmp / "none.cfg", good)
    assert (r.rc, r.out) == (1, f"{good}: ok\n") and "none.cfg" in r.err, r


def test_users_that_do_not_exist(tmp):
    for which in ("uidmap", "gidmap"):
        f = tmp / "c.cfg"
        f.write_text(which + ' { inside_id: "no_such_user_q" }')
        r = check(f)
        assert r.rc == 1 and r.err.startswith(f"{f}:1:21: {which}[0].inside_id: ") and "no_such_user_q" in r.err, r


@pytest.mark.parametrize("text, place", [
    ('uidmap { }\ngidmap {\n\toutside_id: "no_such_group"\n}', "3:14: gidmap[0].outside_id"),
    ('{"uidmap": [{"insideId": "1"},\n {"outsideId": "no_such_user"}]}', "2:16: uidmap[1].outside_id"),
    ('uidmap { inside_id: "1" count: 0 }', "1:21: uidmap[0].inside_id"),
    ('uidmap { inside_id: "1" }\nuidmap { inside_id: "1" }', "2:21: uidmap[1].inside_id"),
])
def test_what_is_judged_later_has_its_place_too(text, place):
    r = config("check", "-", stdin=text.encode())
    assert r.rc == 1 and r.err.startswith(f"stdin:{place}: ") and r.err.count("\n") == 1, r


def test_capability_of_a_config(tmp):
    f = tmp / "c.cfg"
    f.write_text('cap: ["CAP_CHOWN",\n "CAP_NONSENSE"]')
    r = toast.run("--config", f, "-c", "/", "--", "/bin/true")
    assert r.rc == 125 and f"{f}:2:2: cap[1]: 'CAP_NONSENSE'" in r.errors()[0], r


def test_standard_input():
    r = config("check", "-", stdin=b"port: x")
    assert r.rc == 1 and r.err.startswith("stdin:1:7: port: "), r
    assert config("convert", "--to", "json", "-", stdin=b"port: 5").ok().out == '{\n  "port": 5\n}\n'
    assert config("convert", "--to", "text", "-", stdin=b"# nothing").ok().out == ""


def test_faces():
    own = b'tty: on chroot: "/x"'
    assert config("check", "-", stdin=own).rc == 1
    assert config("check", "--face", "nsjail", "-", stdin=own).rc == 1
    assert config("check", "--face", "run", "-", stdin=own).rc == 0
    assert config("check", "--face", "image", "-", stdin=own).rc == 0


@pytest.mark.parametrize("args", [
    (), ("nonsense",), ("check",), ("check", "--bad", "f"), ("check", "--face", "x", "f"), ("convert", "f"),
    ("convert", "--to", "yaml", "f"), ("convert", "--to", "json"), ("convert", "--to", "json", "f", "g"),
    ("schema", "--proto", "--json"), ("schema", "--proto", "f"), ("convert", "--to"),
], ids=" ".join)
def test_wrong_use(args):
    r = config(*args)
    assert r.rc == 125 and r.out == "" and "Usage:" in r.err, r


def test_the_schema_is_a_proto_unless_told_otherwise():
    assert config("schema").ok().out == config("schema", "--proto").ok().out


def test_help():
    assert "Usage:" in config("--help").ok().out


def test_unwritable_output(tmp):
    f = tmp / "c.cfg"
    f.write_text("port: 5")
    with open("/dev/full", "w") as full:
        for args in (("check", f), ("convert", "--to", "text", f), ("schema", "--proto")):
            p = subprocess.run([toast.BIN, "config", *args], stdout=full, stderr=subprocess.PIPE, text=True)
            assert p.returncode == 1 and p.stderr, args


def test_json_schema():
    """Every field with its type, under both names; nothing else is allowed."""
    schema = json.loads(config("schema", "--json").ok().out)
    root = schema["$defs"]["NsJailConfig"]
    assert root["additionalProperties"] is False
    assert root["properties"]["rlimitAs"]["default"] == "4096"
    assert root["properties"]["rlimit_as"] == root["properties"]["rlimitAs"]
    assert root["properties"]["mode"]["enum"][:2] == ["LISTEN", 0]
    assert root["properties"]["mount"]["items"] == {"$ref": "#/$defs/MountPt"}
    assert schema["$defs"]["MountPt"]["required"] == ["dst"]


# Numbers, strings and so on in every spelling: protoc and we must agree on each.
NUMBERS = ("0 1 -1 007 08 0x1F 0X1f 0x 4294967295 4294967296 18446744073709551615 18446744073709551616 -2147483648 "
           "-2147483649 2147483647 1.0 1e3 1f 1. .5 1e 0. 00 1.2.3 0x1. 5x - --1 +1 017777777777 -0 '1' true").split()
BOOLS = "true false True False t f 0 1 2 -1 TRUE tru 0x1 01 00 'true' 1.0".split()
STRINGS = [r"'a'", r'"a"', r"'a' \"b\"", r"'a'\n'b'", r"''", r"'\x4'", r"'\x41f'", r"'\X41'", r"'\xg'", r"'\101'", r"'\8'",
           r"'\777'", r"'\u0041'", r"'\u004'", r"'\U0010ffff'", r"'\U00200000'", r"'\ud83d\ude00'", r"'\ud83d'", r"'\q'",
           r"'\?\a\b\f\n\r\t\v\\'", "'a\nb'", "'a", "'a\\", "a", "5", "'\t'", "'\xe9'"]
SHAPES = ["exec_bin { path: 'a' }", "exec_bin: { path: 'a' }", "exec_bin < path: 'a' >", "exec_bin { path: 'a' >",
          "exec_bin { path: 'a' } exec_bin { path: 'a' }", "exec_bin [{ path: 'a' }]", "mount { dst: '/' ; }",
          "mount [{ dst: '/' }, < dst: '/' >]", "mount: []", "mount []", "mount [,]", "envar: ['a', 'b' 'c']", "envar: ['a',]",
          "envar: []", "envar ['a']", "envar 'a'", "pass_fd: [1, -2]", "port: [1]", "port: 1 port: 1", "port: 1, max_conns: 1; daemon: t",
          "port: 1,, daemon: t", "port: 1;, daemon: t", ", port: 1", "port: 1max_conns: 1", "port # c\n : # c\n 1", "[a.b]: 1",
          "[a.b/c.d] {}", "no_such: 1", "Port: 1", "user_net {} user_net {}", "user_net { rule4 {} rule4 {} rule6: [] }",
          "mode: ONCE", "mode: once", "mode: 3", "mode: 4", "mode: -0", "mode: 0x1", "mode: 'ONCE'", "mode:ONCE#", "port",
          "port:", "}", "port: 1 \x01", "\x7f", "\ufeffport: 1", "\v\f port: 1", "uidmap:{count:1}gidmap:{}", "port: - 1",
          "nice_level: - # c\n 1", "seccomp_string: 'a' 'b', seccomp_string: \"c\""]


def spellings():
    for n in NUMBERS:
        for field in ("port", "nice_level", "rlimit_as", "cgroup_mem_swap_max", "mode", "log_level"):
            yield f"{field}: {n}"
    for b in BOOLS:
        yield f"daemon: {b}"
    for s in STRINGS:
        yield f"hostname: {s}"
        yield f"mount {{ dst: '/' src_content: {s} }}"
    yield from SHAPES


def test_verdicts_of_protoc(tmp):
    """The printed .proto compiles, and its text format is ours."""
    if not shutil.which("protoc"):
        pytest.skip("protoc is not installed")
    (tmp / "c.proto").write_text(config("schema", "--proto").ok().out)
    encode = ["protoc", "-I", tmp, "--encode=nsjail.NsJailConfig", "c.proto"]
    files, wrong = [], []
    for i, text in enumerate(spellings()):
        f = tmp / f"{i}.cfg"
        f.write_text(text, encoding="utf-8")
        p = subprocess.run(encode, stdin=open(f), capture_output=True)
        files.append((f, text, p.returncode == 0, p.stdout, p.stderr))
    ours = config("check", "--face", "run", *(f for f, *_ in files))
    for f, text, valid, binary, why in files:
        if (f"{f}: ok" in ours.out) != valid:
            wrong.append(f"{text!r}: protoc: {'valid' if valid else why.decode(errors='replace')}")
        elif valid:
            again = config("convert", "--face", "run", "--to", "text", f).ok()
            p = subprocess.run(encode, input=again.raw, capture_output=True)
            if p.stdout != binary:
                wrong.append(f"{text!r} is converted to something else: {again.out!r}")
    assert not wrong, "\n".join(wrong)
    assert sum(valid for _, _, valid, *_ in files) > 60
