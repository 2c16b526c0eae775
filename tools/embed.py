#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the built-in policies as the C table kafel_builtins. Run by the build.

    tools/embed.py NAME.policy... OUTPUT.c
"""
import json
import pathlib
import sys

*policies, output = map(pathlib.Path, sys.argv[1:])
lines = ["/* Made by tools/embed.py. */", '#include "kafel/kafel.h"', "", "const struct kafel_builtin kafel_builtins[] = {"]
for path in policies:
    text = path.read_text(encoding="ascii")
    lines.append(f'\t{{"{path.stem}",')
    lines += [f"\t {json.dumps(line)}" for line in text.splitlines(keepends=True)]
    lines[-1] += "},"
lines += ["\t{NULL, NULL},", "};", ""]
output.write_text("\n".join(lines))
