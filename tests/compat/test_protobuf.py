# SPDX-License-Identifier: BSD-3-Clause
"""Random configurations, valid and not, in both forms: the same verdict as protobuf's, and the same message.

Protobuf itself is asked, through oracle.cc. TOASTAINER_SEED gives another series, TOASTAINER_INPUTS its length."""
import os
import random
import re
import shutil
import subprocess

import pytest

import toast

pytestmark = [pytest.mark.modes("root"), pytest.mark.slow]

# Where we refuse on purpose what protobuf passes on (docs/nsjail.md): it would not mean what it says.
STRICTER = re.compile(r"NUL byte|no character above|overlaps|the count is 0|the range ends|is not in /etc/|an id |does not begin with 0|"
                      r'unknown value "-?\d+"|found a list|is not a number')
NUMBERS = ("0 1 -1 5 007 08 0x1F 0X1f 0x 0xffffffff 4294967295 4294967296 18446744073709551615 18446744073709551616 -2147483648 -2147483649 "
           "2147483647 2147483648 -9223372036854775808 -9223372036854775809 9223372036854775807 9223372036854775808 1.0 1e3 1f 1. .5 -0 --1 "
           "+1 -0x1 -07 02000000000000000000000 1e 1.5 inf nan 0b1 true '1' 00 -.5").split() + ["- 1", "1 2", "1#c\n"]
BOOLS = "true false True False t f 0 1 2 TRUE tru 0x1 01 00 -0 'true' 1.0 0x0 -1 T".split()
STRINGS = ['"a"', "'a'", '""', '"a" "b"', "'a'\n\"b\"", '"a"#x\n"b"', r'"\x41"', r'"\x4"', r'"\X4g"', r'"\101"', r'"\1011"', r'"\377"', r'"\400"',
           r'"\777"', r'"\8"', r'"\u00e9"', r'"\ud83d\ude00"', r'"\ud83d"', r'"\U0001F600"', r'"\U00110000"', r'"\n\t\r\a\b\f\v\\' + r"\'" + r'\"\?"',
           r'"\q"', '"a\nb"', '"a', '"\\', "a", "5", '"\t"', '"é"', r'"\0"', r'"\x"', r'"\u12"', '"a"b', "'\"'", "'a\\\nb'", '"a";"b"', "`a`"]
J_NUMBERS = ("0 1 -1 5 '5' '-1' '0x5' 1.0 1e2 1.5 '1.0' '1e2' 4294967295 4294967296 '4294967295' 18446744073709551615 '18446744073709551615' "
             "18446744073709551616 '9223372036854775808' -2147483648 -2147483649 2147483648 true null 'x' '' '5_' 01 -0 [] {} 1e400 1E+2 1e-1 100e-2 "
             "0.0 '-0' .5 5. 0x5 '007' +5 NaN 1e19 9007199254740993 1.8446744073709552e19").replace("'", '"').replace("_", " ").split()
J_BOOLS = "true false 'true' 'false' null 1 0 '1' True 'True' 't' '' [] {} 1.0 tru".replace("'", '"').split()
J_STRINGS = [r'"a"', r'""', r'"\u0041"', r'"\n\t\"\\\/\b\f\r"', r'"\ud83d\ude00"', r'"\ud83d"', r'"\q"', r'"\x41"', '"a\nb"', '"\t"', "'a'", "5", "null",
             "true", r'"\u0000"', '"é"', "[]", "{}", '"a', r'"\u12"', "a"]
J_BYTES = '"aGVsbG8=" "aGVsbG8" "aGVsbA==" "aGVsbA" "aGVsbA=" "_-_-" "/+/+" "a" "" "a*" 5 null "====" "aGVsbG8==" "YQ" "YR==" "_+"'.split()
BLANKS = [" ", "", "\n", "\t", " # c\n", "\r\n", "\v", "\f"]
JUNK = "{}<>[]:;,\"'\\#-+.0x1eE/*_ \n\t\x00\x01é~@()"


class Maker:
    """Makes inputs after the schema. bad: how likely a value, a name or a bracket is an odd one."""

    def __init__(self, pool, seed):
        self.r, self.pool = random.Random(seed), pool
        self.top = pool.FindMessageTypeByName("nsjail.NsJailConfig")

    def chance(self, p):
        return self.r.random() < p

    def fields(self, message, depth, bad):
        chosen = []
        for f in self.r.choices(message.fields, k=self.r.choice([0, 1, 1, 2, 3] if depth else [1, 1, 2, 4, 7])):
            if (depth < 4 or f.type != f.TYPE_MESSAGE) and (f not in chosen or f.label == f.LABEL_REPEATED or self.chance(bad / 4)):
                chosen.append(f)
        return chosen + [f for f in message.fields if f.label == f.LABEL_REQUIRED and f not in chosen and not self.chance(bad / 8)]

    def mutate(self, s):
        b = list(s)
        for _ in range(self.r.choice([1, 1, 2, 3])):
            i = self.r.randrange(len(b) + 1)
            b[i:i + self.r.choice([0, 1])] = self.r.choice([[], [self.r.choice(JUNK)]])
        return "".join(b)

    # ---- text
    def blank(self):
        return self.r.choice(BLANKS) if self.chance(.15) else ""

    def text_value(self, f, bad):
        odd = self.chance(bad)
        if f.type == f.TYPE_BOOL:
            return self.r.choice(BOOLS if odd else BOOLS[:8])
        if f.type in (f.TYPE_STRING, f.TYPE_BYTES):
            if f.name.endswith("_id"):
                return f'"{self.r.randrange(1, 999)}"'
            return self.r.choice(STRINGS if odd else STRINGS[:7])
        if f.type == f.TYPE_ENUM:
            names = [v.name for v in f.enum_type.values]
            return self.r.choice(names + ([names[0].lower(), names[0] + "x", f"'{names[0]}'", "0", "1", "9", "-1", "0x1", "1.0"] if odd else []))
        return self.r.choice(NUMBERS if odd else ["0", "1", "7", "0x10", "010"])

    def text_field(self, f, depth, bad):
        name = f.name
        if self.chance(bad / 10):
            name = self.r.choice([name.upper(), name + "x", f'"{name}"', f"[{name}]", f.json_name, str(f.number)])
        if f.type == f.TYPE_MESSAGE:
            opening, closing = self.r.choice(["{}", "<>"])
            closing = self.r.choice("}>])") if self.chance(bad / 10) else closing
            one, sep = lambda: opening + self.text(f.message_type, depth + 1, bad) + closing, self.r.choice([":", "", ""])
        else:
            one, sep = lambda: self.text_value(f, bad), self.r.choice(["", "=", "::"]) if self.chance(bad / 10) else ":"
        if self.chance(.3 if f.label == f.LABEL_REPEATED else bad / 10):
            value = "[" + f"{self.blank()},{self.blank()}".join(one() for _ in range(self.r.choice([0, 1, 2, 3]))) + ("," if self.chance(bad / 10) else "") + "]"
        else:
            value = one()
        return self.blank() + name + self.blank() + sep + self.blank() + value

    def text(self, message, depth, bad):
        seps = [" ", "\n", " ", ";", ",", " , "] + ([";;", ",,", ""] if self.chance(bad) else [])
        return " " + "".join(self.text_field(f, depth, bad) + self.r.choice(seps) for f in self.fields(message, depth, bad))

    # ---- JSON
    def json_value(self, f, bad):
        odd = self.chance(bad)
        if f.type == f.TYPE_ENUM:
            v = self.r.choice(f.enum_type.values)
            return self.r.choice([f'"{v.name}"', str(v.number)] + ([f'"{v.name.lower()}"', f'"{v.name}x"', '"1"', "1.0", "null", "true", '""', "[]", "1.5"] if odd else []))
        if f.type == f.TYPE_STRING and f.name.endswith("_id"):
            return f'"{self.r.randrange(1, 999)}"'
        table = {f.TYPE_BOOL: J_BOOLS, f.TYPE_BYTES: J_BYTES, f.TYPE_STRING: J_STRINGS}.get(f.type, J_NUMBERS)
        return self.r.choice(table if odd else table[:2])

    def json_field(self, f, depth, bad):
        name = self.r.choice([f.json_name, f.name])
        if self.chance(bad / 10):
            name = self.r.choice([name + "x", name.upper(), f.name.replace("_", ""), str(f.number), "@type"])
        name = self.r.choice([name, f"'{name}'"]) if self.chance(bad / 20) else f'"{name}"'
        one = (lambda: self.json(f.message_type, depth + 1, bad)) if f.type == f.TYPE_MESSAGE else lambda: self.json_value(f, bad)
        if (f.label == f.LABEL_REPEATED) != self.chance(bad / 10):
            value = "[" + ", ".join(one() for _ in range(self.r.choice([0, 1, 2]))) + ("," if self.chance(bad / 20) else "") + "]"
        else:
            value = one()
        return name + self.r.choice(["", " ", "\n"]) + ":" + self.r.choice(["", "\t"]) + ("null" if self.chance(bad / 20) else value)

    def json(self, message, depth, bad):
        return "{" + ", ".join(self.json_field(f, depth, bad) for f in self.fields(message, depth, bad)) + ("," if self.chance(bad / 20) else "") + "}"

    def make(self, form):
        kind = self.r.random()
        bad = 0 if kind < .3 else .4
        s = self.text(self.top, 0, bad) if form == "t" else self.json(self.top, 0, bad)
        return self.mutate(s) if kind > .75 else s


@pytest.fixture(scope="module")
def world(base):
    """The schema as protobuf has it, and the oracle."""
    pools = pytest.importorskip("google.protobuf.descriptor_pool", reason="no python3-protobuf")
    from google.protobuf import descriptor_pb2
    if not (shutil.which("protoc") and shutil.which("g++") and os.path.exists("/usr/include/google/protobuf/text_format.h")):
        pytest.skip("no protoc, g++ or libprotobuf-dev")
    d = base / "protobuf"
    d.mkdir()
    (d / "c.proto").write_text(toast.toast("config", "schema", "--proto").ok().out)
    subprocess.run(["protoc", "-I", d, "--descriptor_set_out", d / "c.desc", "c.proto"], check=True)
    subprocess.run(["g++", "-O1", "-std=c++17", "-o", d / "oracle", toast.REPO / "tests/compat/oracle.cc", "-lprotobuf", "-lpthread"], check=True)
    pool = pools.DescriptorPool()
    for f in descriptor_pb2.FileDescriptorSet.FromString((d / "c.desc").read_bytes()).file:
        pool.Add(f)

    def ask(form, texts):
        lines = "".join(form + t.encode(errors="surrogateescape").hex() + "\n" for t in texts)
        p = subprocess.run([d / "oracle", d / "c.desc", "nsjail.NsJailConfig"], input=lines, capture_output=True, text=True, errors="replace")
        answers = p.stdout.split("\n")[:-1]
        assert len(answers) == len(texts), p
        return answers

    return pool, ask


def ours(files):
    """{name: True or the error} of toastainer config check."""
    r = toast.toast("config", "check", "--face", "run", *files, timeout=120)
    said = {line[:-len(": ok")]: True for line in r.out.split("\n") if line.endswith(": ok")}
    for name, why in re.findall(r"^(/\S+?\.(?:cfg|json)):(.*)$", r.err, re.M):
        said.setdefault(name, why)
    return said


@pytest.mark.parametrize("form", ["t", "j"], ids=["text", "json"])
def test_same_verdict(world, tmp, form):
    pool, ask = world
    maker = Maker(pool, os.environ.get("TOASTAINER_SEED", "1") + form)
    texts = [maker.make(form) for _ in range(int(os.environ.get("TOASTAINER_INPUTS", "3000")))]
    files, wrong, valid = [], [], 0
    for i, text in enumerate(texts):
        files.append(tmp / f"{i}.{'cfg' if form == 't' else 'json'}")
        files[-1].write_text(text, newline="")
    said = {}
    for at in range(0, len(files), 500):
        said |= ours(files[at:at + 500])
    for f, text, answer in zip(files, texts, ask(form, texts)):
        mine, theirs = said.get(str(f)), answer.startswith("ok")
        valid += theirs
        if form == "j" and not text.lstrip().startswith("{"):
            continue  # for us it is text, then
        if (mine is True) != theirs and not (theirs and mine and STRICTER.search(mine)):
            wrong.append(f"{text!r}\n  protobuf: {answer}\n  ours:     {mine}")
        elif mine is True and hash(text) % 4 == 0 and "oastainer" not in text:  # the marker is no part of what is printed
            again = toast.toast("config", "convert", "--face", "run", "--to", "text", f).ok().out
            if ask("t", [again])[0].split() != answer.split():
                wrong.append(f"{text!r} is converted to something else: {again!r}")
    assert not wrong, f"{len(wrong)} differences\n" + "\n".join(wrong[:20])
    assert len(texts) / 5 < valid < len(texts) * 4 / 5
