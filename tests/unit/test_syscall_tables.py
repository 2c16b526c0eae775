#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The system-call tables of src/kafel against what else knows the numbers: the kernel's installed headers
and libseccomp. Each comparison that cannot be made here says so; the last line counts."""
import ctypes
import ctypes.util
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TABLES = ROOT / "src" / "kafel" / "tables"
INCLUDE = pathlib.Path("/usr/include")
# libseccomp's token of an architecture (seccomp.h), and the header with its numbers.
ARCHES = {
    "x86_64": (0xC000003E, "asm/unistd_64.h"),
    "i386": (0x40000003, "asm/unistd_32.h"),
    "aarch64": (0xC00000B7, "asm-generic/unistd.h"),
    "arm": (0x40000028, None),
    "riscv64": (0xC00000F3, "asm-generic/unistd.h"),
}
# Known to headers or to libseccomp, but no calls.
NOT_CALLS = {"syscalls", "arch_specific_syscall", "oabi_syscall_base", "syscall_base", "x32_syscall_bit"}
count = {"passed": 0, "failed": 0, "skipped": 0}


def result(what, problems):
    count["failed" if problems else "passed"] += 1
    print(f"{'FAIL' if problems else 'ok'} {what}")
    for p in problems:
        print("   ", p)


def skip(what, why):
    count["skipped"] += 1
    print(f"SKIP {what}: {why}")


def table(arch):
    """name (kernel's and libc's) -> numbers"""
    names = {}
    for line in (TABLES / f"{arch}.tsv").read_text().splitlines():
        nr, name, libc, _ = line.split("\t")
        names.setdefault(libc if libc != "-" else name, set()).add(int(nr))
        names.setdefault(name, set()).add(int(nr))
    return names


def headers(arch, header):
    if header is None:
        return None
    for path in [*INCLUDE.glob(f"*-linux-gnu/{header}"), INCLUDE / header]:
        if path.exists():
            break
    else:
        return None
    if arch in ("aarch64", "riscv64"):
        # As the architecture's own asm/unistd.h includes it.
        want = ["__BITS_PER_LONG=64", "__ARCH_WANT_NEW_STAT", "__ARCH_WANT_SET_GET_RLIMIT",
                "__ARCH_WANT_SYS_CLONE3", "__ARCH_WANT_MEMFD_SECRET"]
        want += ["__ARCH_WANT_RENAMEAT"] if arch == "aarch64" else []
        text = subprocess.run(["cc", "-E", "-dM", "-U__BITS_PER_LONG", *(f"-D{w}" for w in want), path],
                              capture_output=True, text=True, check=True).stdout
    else:
        text = path.read_text()
    known = {m[1]: int(m[2]) for m in re.finditer(r"#define __NR_(\w+) (\d+)", text)}
    for m in re.finditer(r"#define __NR_(\w+) __NR3264_(\w+)", text):
        known[m[1]] = int(re.search(rf"#define __NR3264_{m[2]} (\d+)", text)[1])
    return known


def check_headers(arch, header):
    what = f"{arch}: the kernel's headers"
    known = headers(arch, header)
    if not known:
        return skip(what, "not installed for this architecture")
    names, problems = table(arch), []
    for name, nr in known.items():
        name = name.lstrip("_")
        if name in NOT_CALLS or name.startswith("3264_"):
            continue
        if nr not in names.get(name, ()):
            problems.append(f"{name} is {nr}, the table has {sorted(names.get(name, ())) or 'no such call'}")
    if len(known) < 200:
        problems.append(f"the header has only {len(known)} calls")
    result(f"{what}: {len(known)} calls", problems)


def check_libseccomp(arch, token):
    what = f"{arch}: libseccomp"
    name = ctypes.util.find_library("seccomp")
    if not name:
        return skip(what, "libseccomp is not installed")
    lib = ctypes.CDLL(name)
    lib.seccomp_syscall_resolve_name_arch.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
    lib.seccomp_syscall_resolve_num_arch.argtypes = [ctypes.c_uint32, ctypes.c_int]
    lib.seccomp_syscall_resolve_num_arch.restype = ctypes.c_char_p
    names, problems, seen = table(arch), [], 0
    numbers = {nr for nrs in names.values() for nr in nrs}
    for nr in sorted(set(range(600)) | numbers):
        other = lib.seccomp_syscall_resolve_num_arch(token, nr)
        if other is None:
            continue
        seen += 1
        if nr not in names.get(other.decode().lstrip("_"), ()):
            problems.append(f"{nr} is {other.decode()}, the table has "
                            f"{[n for n, nrs in names.items() if nr in nrs] or 'nothing'}")
    if seen < 200:
        problems.append(f"libseccomp knows only {seen} calls")
    result(f"{what}: {seen} calls", problems)


def check_itself():
    for arch in ARCHES:
        rows = [line.split("\t") for line in (TABLES / f"{arch}.tsv").read_text().splitlines()]
        problems = [f"{r[1]}: {r[3]}" for r in rows if r[3] and not re.fullmatch(
            r"(([a-z]\w*(/[a-z]\w*)?|-):[1248](,|$)){1,6}", r[3])]
        problems += [f"{r[1]}: not an identifier" for r in rows if not re.fullmatch(r"[a-z]\w*", r[1])]
        if len({r[0] for r in rows}) != len(rows) or len({r[1] for r in rows}) != len(rows):
            problems.append("a number or a name twice")
        have = {r[1]: int(r[0]) for r in rows}
        # One number for all architectures since 424.
        for name, nr in (("openat2", 437), ("clone3", 435), ("move_mount", 429), ("landlock_restrict_self", 446),
                         ("cachestat", 451), ("mseal", 462), ("file_setattr", 469), ("listns", 470)):
            if have.get(name) != nr:
                problems.append(f"{name} is {have.get(name)}, not {nr}")
        result(f"{arch}: {len(rows)} calls", problems)
    stale = subprocess.run([sys.executable, ROOT / "tools" / "gen-syscalls.py", "--check",
                            ROOT / "src" / "kafel" / "syscall_tables.h"], capture_output=True, text=True)
    result("the C tables are made from the .tsv files", stale.stderr.splitlines())


check_itself()
for a, (t, h) in ARCHES.items():
    check_headers(a, h)
    check_libseccomp(a, t)
print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
sys.exit(1 if count["failed"] else 0)
