#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every member of every message in config.h has its row in the settings table, so that none can be forgotten by the
command line, the files, the dump or the documentation.

    test_members.py [CONFIG_H SCHEMA_C]
"""
import pathlib
import re
import sys

CONFIG = pathlib.Path(__file__).resolve().parent.parent.parent / "src" / "config"
# What is no setting: which rows were given, memory, the column of defaults, our own command line, remarks, what was
# found for an image, and who copies its layers.
NO_SETTINGS = {"head", "arena", "face", "own_argv", "places", "notes", "layers", "image_lock", "copy_layers", "disk_image"}


def structs(text):
    """{struct: members} of those that the table describes: they begin with a struct cfg_head."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    for name, body in re.findall(r"^struct (\w+) \{\n(.*?)^\};", text, flags=re.S | re.M):
        if "struct cfg_head head;" not in body:
            continue
        members = set()
        for declaration in body.split(";"):
            declaration = re.sub(r"LIST_OF\([^)]*\)", "list", " ".join(declaration.split()))
            declaration = re.sub(r"\(\*(\w+)\)\([^)]*\)", r"\1", declaration)  # a function
            if not declaration:
                continue
            first, *others = declaration.split(",")
            members.update(re.search(r"(\w+)(\[\w*\])?$", d.strip())[1] for d in [first, *others])
        yield name, members


def rows(text, struct):
    return set(re.findall(rf"offsetof\(struct {struct},\s*(\w+(?:\.\w+)?)\)", text))


def main():
    header, table = map(pathlib.Path, sys.argv[1:]) if len(sys.argv) > 1 else (CONFIG / "config.h", CONFIG / "schema.c")
    text, count, missing = table.read_text(), 0, []
    for struct, members in structs(header.read_text()):
        have = rows(text, struct)
        for member in sorted(members - NO_SETTINGS):
            count += 1
            whole = member in have
            parts = {h.split(".")[1] for h in have if h.startswith(member + ".")}
            if not whole and not {"value", "type"} <= parts:
                missing.append(f"struct {struct}: {member}")
    print(f"{count} members, without a row: {missing or 'none'}")
    if count < 150:
        print("the structures were not understood")
    sys.exit(bool(missing) or count < 150)


if __name__ == "__main__":
    main()
