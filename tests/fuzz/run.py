#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the fuzzers for a number of executions and says what came out.

    CC=clang meson setup build-fuzz -Dfuzzers=true -Dlauncher=dynamic
    ninja -C build-fuzz
    tests/fuzz/run.py --build build-fuzz [--runs 10000000] [--merge] [NAME...]

New inputs are collected under the build directory; --merge takes those that reach new code into the
corpus of the tree. A finding is left in the build directory; the exit status then is not 0.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent


def settings_words(build):
    """Every name and value of the settings table, from the .proto that the program prints."""
    proto = subprocess.run([build / "toastainer", "config", "schema", "--proto"],
                           check=True, capture_output=True, text=True).stdout
    code = re.sub(r"//.*", "", proto)
    names = set(re.findall(r"(\w+) = \d+", code))
    return names | {re.sub(r"_+([a-z0-9])", lambda m: m[1].upper(), n) for n in names}


def option_words(build):
    """Every option of the settings table; the words of a command line are separated by NUL."""
    table = json.loads(subprocess.run([build / "tools" / "schema-dump"], check=True,
                                      capture_output=True, text=True).stdout)
    words = set()
    for row in table["messages"][-1]["rows"] + table["messages"][0]["rows"]:
        if row["opt"]:
            words.add(f"--{row['opt']}" + (r"\x00" if row["arg"] else ""))
        if row["short"]:
            words.add(f"-{row['short']}" + (r"\x00" if row["arg"] else ""))
        words |= {e["name"] for e in row["enum"]}
    return words | {r"\x00--\x00", "inherit", ":", "=", "tmpfs", "/dev/null", "-1", "0x10"}


def policy_words(_build):
    """The language's keywords, and the words of the corpus: calls, arguments, constants."""
    text = (SOURCE / "src/kafel/lexer.c").read_text()
    words = set(re.findall(r'"(\w+)"', text[text.index("keywords[]"):text.index("static_assert")]))
    for path in (HERE / "corpus" / "kafel").iterdir():
        words |= set(re.findall(r"[A-Za-z_]\w+", path.read_bytes().decode("latin-1")))
    return words | {"==", "!=", "<=", ">=", "&&", "||", "#define ", "0xffffffff", "0x100000000"}


def image_words(_build):
    """What descriptions of images and build files consist of."""
    text = "".join((SOURCE / "src/image" / f).read_text() for f in ("ociconf.c", "dockerfile.c"))
    return set(re.findall(r'"([\w.]{2,})"', text)) | {"sha256:" + "0" * 50, "0" * 14, "${", ":-", "[\\\"", "\\\\"}


def archive_words(_build):
    return {"..", "../n/f", "/", ".wh.", ".wh..wh..opq", "a", "b", "a/b", "../n", "n/f", ".", "user::rwx", ",user:7:r-x", ",group::r-x", ",mask::rwx", ",other::---", r"\x02\x00\x00\x00"}


WORDS = {"text": settings_words, "json": settings_words, "cli": option_words, "kafel": policy_words,
         "oci": image_words, "archive": archive_words}


def dictionary(name, build):
    """Options of libFuzzer: the words that an input of this kind is made of, if it is text."""
    if name not in WORDS:
        return []
    path = build / f"fuzz-{name}.dict"
    path.write_text("".join(f'"{w}"\n' for w in sorted(WORDS[name](build)) if len(w) < 60))
    return [f"-dict={path}"]


def fuzz(name, opts):
    program = opts.build / "tests" / "fuzz" / f"fuzz_{name}"
    found = opts.build / f"fuzz-{name}"
    found.mkdir(exist_ok=True)
    corpus = HERE / "corpus" / name
    limits = ["-max_len=2048", "-rss_limit_mb=1024", "-timeout=10"]
    p = subprocess.run([program, f"-runs={opts.runs}", *dictionary(name, opts.build), *limits,
                        "-print_final_stats=1", f"-artifact_prefix={found}-", found, corpus],
                       stderr=subprocess.PIPE, text=True, errors="replace")
    done = re.search(r"stat::number_of_executed_units:\s*(\d+)", p.stderr)
    done = int(done[1]) if done else 0
    if p.returncode:
        print(p.stderr[-6000:])
    outcome = {0: "no finding", 72: "interrupted"}.get(p.returncode, "a FINDING")
    print(f"{name}: {done} executions, {outcome}", flush=True)
    if opts.merge and p.returncode == 0:
        subprocess.run([program, "-merge=1", *limits, corpus, found], check=True, stderr=subprocess.DEVNULL)
    return p.returncode == 0 and done >= opts.runs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--runs", type=int, default=10_000_000)
    parser.add_argument("--merge", action="store_true")
    parser.add_argument("names", nargs="*")
    opts = parser.parse_args()
    opts.build = opts.build.resolve()
    names = opts.names or sorted(d.name for d in (HERE / "corpus").iterdir())
    sys.exit(0 if all([fuzz(name, opts) for name in names]) else 1)


if __name__ == "__main__":
    main()
