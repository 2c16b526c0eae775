#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Manual pages, reference and completions have every option, field and value of the settings table, and bash's
completion completes.

    tests/docs/complete.py SCHEMA-DUMP
"""
import json
import pathlib
import re
import subprocess
import sys
import unittest

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
TABLE = json.loads(subprocess.run([sys.argv.pop(1)], stdout=subprocess.PIPE, check=True).stdout)
OPTIONS = [r for r in TABLE["messages"][0]["rows"] if r["opt"]]
COMPLETE = """
source "$1"
shift
COMP_WORDS=(toastainer "$@")
COMP_CWORD=$#
_toastainer
printf '%s\\n' "${COMPREPLY[@]}"
"""


def missing(text, patterns):
    """Those of the patterns (what is looked for: regular expression) that the text lacks."""
    return [name for name, pattern in patterns.items() if not re.search(pattern, text, re.M)]


def both(row, spelling):
    """Patterns for the long and the short spelling of an option."""
    found = {"--" + row["opt"]: spelling("--", row["opt"])}
    if row["short"]:
        found["-" + row["short"]] = spelling("-", row["short"])
    return found


class Complete(unittest.TestCase):
    def check(self, file, spelling):
        text = (REPO / file).read_text()
        wanted = {}
        for row in OPTIONS:
            wanted |= both(row, spelling)
        self.assertGreater(len(wanted), 100)
        self.assertEqual(missing(text, wanted), [], file)
        # It would be seen if one was not there.
        first = next(iter(wanted))
        self.assertIn(first, missing(re.sub(wanted[first], "", text, flags=re.M), wanted), file)

    def test_man_page(self):
        self.check("man/toastainer.1", lambda dashes, name: rf"^(.*, )?\\fB{dashes.replace('-', '.-')}{name}\\fR")

    def test_bash(self):
        self.check("completions/toastainer.bash", lambda dashes, name: rf"(?<=[ ']){dashes}{name}(?=[ '])")

    def test_zsh(self):
        self.check("completions/toastainer.zsh", lambda dashes, name:
                   rf"^\t'.*?(?<=[{{,'*]){dashes}{name}(?=[=+,}}\[])")

    def test_fish(self):
        self.check("completions/toastainer.fish", lambda dashes, name:
                   rf"__toastainer_table'.* {'-l' if dashes == '--' else '-s'} {name}( |$)")

    def test_helps_are_told(self):
        fish = (REPO / "completions/toastainer.fish").read_text()
        zsh = (REPO / "completions/toastainer.zsh").read_text()
        for row in OPTIONS:
            told = row["help"].replace("this text", "print a help text")
            self.assertIn(told.replace("'", "\\'"), fish)
            self.assertIn(re.sub(r"([\[\]])", r"\\\1", told).replace("'", "'\\''"), zsh)

    def fields(self):
        for m in TABLE["messages"]:
            for row in m["rows"]:
                if row["name"]:
                    yield m["name"], row

    def test_config_man_page(self):
        sections = (REPO / "man/toastainer.conf.5").read_text().split("\n.SS ")
        for message, row in self.fields():
            text = next(s for s in sections if s.startswith(message + "\n"))
            entry = re.search(rf"^\.TP\n\\fB{row['name']}\\fR .*\n((?:(?!\.TP).*\n?)*)", text, re.M)
            self.assertTrue(entry, f"{message}.{row['name']}")
            for value in row["enum"]:
                self.assertRegex(entry[1], rf"\b{value['name']}\b")

    def test_config_reference(self):
        sections = (REPO / "docs/config.md").read_text().split("\n## ")
        for message, row in self.fields():
            text = next(s for s in sections if s.startswith(message + "\n"))
            line = re.search(rf"^\| `{row['name']}` \|.*$", text, re.M)
            self.assertTrue(line, f"{message}.{row['name']}")
            for value in row["enum"]:
                self.assertIn(value["name"], line[0])


class Bash(unittest.TestCase):
    """readline hands over "--tty=o" as three words, "a:b" too."""

    def complete(self, *words):
        p = subprocess.run(["bash", "-c", COMPLETE, "bash", REPO / "completions/toastainer.bash", *words],
                           cwd=REPO, capture_output=True, text=True, timeout=20)
        self.assertEqual((p.returncode, p.stderr), (0, ""))
        return p.stdout.split()

    def test_commands(self):
        self.assertIn("run", self.complete(""))
        self.assertEqual(self.complete("doc"), ["doctor"])
        self.assertTrue({"bootstrap", "shell", "ls", "import", "cp", "gc", "fsck"} <= set(self.complete("image", "")))
        self.assertEqual(self.complete("image", "insp"), ["inspect"])

    def test_options(self):
        for words in (["--chr"], ["run", "--chr"], ["run", "-t", "3", "--chr"], ["image", "shell", "dir", "--chr"],
                      ["run", "--env", "A", "=", "b", "--chr"], ["-R", "/usr", ":", "/usr", "--chr"]):
            self.assertEqual(self.complete(*words), ["--chroot"], words)
        self.assertEqual(self.complete("run", "program", "--chr"), [])
        self.assertEqual(self.complete("image", "rm", "--fo"), ["--force"])
        self.assertEqual(self.complete("image", "ls", "--fo"), [])
        self.assertEqual(self.complete("-Mo", "--", "--chr"), [])

    def test_arguments(self):
        self.assertEqual(self.complete("run", "--tty", ""), ["auto", "on", "off"])
        self.assertEqual(self.complete("run", "--tty", "=", "a"), ["auto"])
        self.assertEqual(self.complete("-c", "tests/fun"), ["tests/functional"])
        self.assertEqual(self.complete("-c", "READ"), [])  # not a directory
        self.assertEqual(self.complete("--config", "meson.b"), ["meson.build"])
        self.assertEqual(self.complete("run", "-R", "src", ":", "meson.b"), ["meson.build"])
        self.assertEqual(self.complete("run", "--cap", "CAP_NET_R"), ["CAP_NET_RAW"])
        self.assertEqual(self.complete("config", "convert", "--to", "j"), ["json"])
        self.assertEqual(self.complete("image", "import", "--devices", "k"), ["keep"])
        self.assertEqual(self.complete("image", "gc", "--store", "tests/fun"), ["tests/functional"])


if __name__ == "__main__":
    unittest.main()
