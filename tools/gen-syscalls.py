#!/usr/bin/env python3
"""The system-call tables of src/kafel.

  gen-syscalls.py --kernel DIR   read numbers, names and arguments from a kernel source tree into
                                 src/kafel/tables/ARCH.tsv (NEWER below adds what that tree lacks)
  gen-syscalls.py --header FILE  write the C tables made from src/kafel/tables/*.tsv
  gen-syscalls.py --check FILE   fail when FILE is not what --header would write

A line of a .tsv file: number, kernel name, the name libc and the headers use ("-" if the same),
arguments as name:size separated by commas (size in bytes as the call reads it; "-" is a slot
without a name, e.g. the padding before a 64-bit argument on arm).
"""
import argparse
import collections
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLES = ROOT / "src" / "kafel" / "tables"
ARCHES = {
    # name: (bits, table, the ABIs of it, folders with the architecture's own definitions)
    "x86_64": (64, "arch/x86/entry/syscalls/syscall_64.tbl", "common 64", "arch/x86"),
    "i386": (32, "arch/x86/entry/syscalls/syscall_32.tbl", "i386", "arch/x86"),
    "aarch64": (64, "scripts/syscall.tbl", "common 64 renameat rlimit memfd_secret", "arch/arm64"),
    "arm": (32, "arch/arm/tools/syscall.tbl", "common eabi", "arch/arm"),
    "riscv64": (64, "scripts/syscall.tbl", "common 64 riscv rlimit memfd_secret", "arch/riscv"),
}
SOURCES = ["kernel", "fs", "mm", "ipc", "net", "io_uring", "security", "block", "drivers"]

# Calls newer than the tree the tables were read from. Numbers are the same everywhere since 424.
NEWER = [
    (463, "setxattrat", "dfd:4,pathname:8,at_flags:4,name:8,uargs:8,usize:8"),
    (464, "getxattrat", "dfd:4,pathname:8,at_flags:4,name:8,uargs:8,usize:8"),
    (465, "listxattrat", "dfd:4,pathname:8,at_flags:4,list:8,size:8"),
    (466, "removexattrat", "dfd:4,pathname:8,at_flags:4,name:8"),
    (467, "open_tree_attr", "dfd:4,filename:8,flags:4,uattr:8,usize:8"),
    (468, "file_getattr", "dfd:4,filename:8,ufattr:8,usize:8,at_flags:4"),
    (469, "file_setattr", "dfd:4,filename:8,ufattr:8,usize:8,at_flags:4"),
    (470, "listns", "req:8,ns_ids:8,nr_ns_ids:8,flags:4"),
    (471, "rseq_slice_yield", ""),
]
NEWER_X86_64 = [(336, "uprobe", "")]
# Private calls of arm (asm/unistd.h): 0x0f0000 + n.
ARM_PRIVATE = [(0xF0001, "breakpoint", ""), (0xF0002, "cacheflush", "start:4,end:4,flags:4"),
               (0xF0003, "usr26", ""), (0xF0004, "usr32", ""), (0xF0005, "set_tls", "tp:4"),
               (0xF0006, "get_tls", "")]
# Calls that kernels dropped: the number stays, the definition is gone. "l": a long.
GONE = {
    "uselib": "library:l", "sysctl": "args:l", "create_module": "name:l,size:l",
    "get_kernel_syms": "table:l", "query_module": "name:l,which:4,buf:l,bufsize:l,ret:l",
    "nfsservctl": "cmd:4,argp:l,resp:l", "lookup_dcookie": "cookie64:q,buf:l,len:l",
    "set_thread_area": "u_info:l", "get_thread_area": "u_info:l",
    # Entry points in assembler.
    "sigreturn": "", "rt_sigreturn": "", "syscall": "", "bdflush": "func:4,data:l",
    "statfs64": "pathname:l,sz:l,buf:l", "fstatfs64": "fd:4,sz:l,buf:l",
    "arm_fadvise64_64": "fd:4,advice:4,offset:q,len:q",
    "pciconfig_iobase": "which:l,bus:l,devfn:l",
}
# Names of arguments that older kernels used, kept because policies do: call -> {now: then}.
# Written as now/then in the tables; both are accepted.
OLDER = {
    "arch_prctl": {"option": "code", "arg2": "addr"},
    "getrandom": {"ubuf": "buf", "len": "count"},
    "sched_getattr": {"usize": "size"},
    "setns": {"flags": "nstype"},
    "vmsplice": {"uiov": "iov"},
}
# How often common programs make these calls, roughly: read by the search tree's balance.
HOT = """
read 60 write 50 futex 50 close 30 openat 25 newfstat 20 mmap 20 newfstatat 20 epoll_wait 20
epoll_pwait 15 recvfrom 20 sendto 20 clock_gettime 10 munmap 12 mprotect 10 poll 15 lseek 12
pread64 10 pwrite64 6 rt_sigaction 8 rt_sigprocmask 10 brk 8 ioctl 10 fcntl 8 getpid 6 gettid 4
recvmsg 12 sendmsg 10 writev 10 readv 4 statx 8 newstat 8 newlstat 5 access 4 faccessat 3
readlink 3 readlinkat 3 getdents64 4 madvise 6 sched_yield 5 nanosleep 5 clock_nanosleep 6
epoll_ctl 6 socket 4 connect 3 accept4 3 getrandom 3 wait4 3 execve 2 clone 2 clone3 2
exit_group 2 dup2 1 dup3 1 pipe2 1 getuid 2 geteuid 2 getgid 2 getegid 2 getppid 1 select 4
pselect6 4 ppoll 6 open 8 rt_sigreturn 3 set_robust_list 1 rseq 1 prlimit64 1 uname 1
gettimeofday 3 tgkill 1 timerfd_settime 2 eventfd2 1 io_uring_enter 5 fsync 2 fdatasync 2
"""

SIZES = {1: "u8 bool", 2: "umode_t old_uid_t old_gid_t u16 short",
         4: "int unsigned u32 s32 __u32 __s32 uint32_t pid_t uid_t gid_t qid_t key_t mqd_t "
            "clockid_t timer_t key_serial_t rwf_t",
         8: "loff_t u64 __u64 s64",
         0: "long size_t ssize_t off_t aio_context_t old_sigset_t __sighandler_t "
            "cap_user_header_t cap_user_data_t uintptr_t"}
SIZE_OF = {t: n for n, l in SIZES.items() for t in l.split()}


def arg_size(ctype, bits):
    if "*" in ctype:
        return bits // 8
    t = [w for w in ctype.replace("__user", "").split() if w not in ("const", "unsigned", "struct")]
    if not t:
        return 4
    if t[0] == "enum":
        return 4
    if t[0] not in SIZE_OF:
        sys.exit(f"unknown type '{ctype}'")
    return SIZE_OF[t[0]] or bits // 8


def read_definitions(tree):
    """name -> [(file, [(type, name)])] of every SYSCALL_DEFINEn"""
    defs = collections.defaultdict(list)
    tops = SOURCES + sorted({a[3] for a in ARCHES.values()})
    for top in tops:
        for folder, _, files in os.walk(tree / top):
            if folder.endswith("/um") or "/um/" in folder:
                continue
            for f in files:
                if not f.endswith(".c"):
                    continue
                path = pathlib.Path(folder) / f
                text = path.read_text(errors="replace")
                for m in re.finditer(r"^SYSCALL(?:32)?_DEFINE\d\s*\((.*?)\)\s*[{;]?\s*$", text,
                                     re.M | re.S):
                    p = [x.strip() for x in re.sub(r"\s+", " ", m[1]).split(",")]
                    args, i = [], 1
                    while i < len(p):
                        if p[i].startswith("SC_ARG64("):
                            n = p[i][9:-1]
                            args += [("u32", n + "_lo"), ("u32", n + "_hi")]
                            i += 1
                        else:
                            args.append((p[i], p[i + 1]))
                            i += 2
                    defs[p[0]].append((str(path.relative_to(tree)), args))
    return defs


def pick(defs, entry, arch):
    """the definition of an entry point that this architecture uses"""
    found = defs.get(entry, [])
    own = [d for f, d in found if f.startswith(ARCHES[arch][3] + "/")]
    generic = [d for f, d in found if not f.startswith("arch/")]
    cands = own or generic or [d for _, d in found]
    if entry == "clone":
        # CONFIG_CLONE_BACKWARDS everywhere but on x86_64.
        last = "tls" if arch == "x86_64" else "child_tidptr"
        cands = [d for d in cands if len(d) == 5 and d[0][1] == "clone_flags" and d[4][1] == last]
    elif entry == "sigsuspend":
        cands = [d for d in cands if len(d) == (3 if arch in ("i386", "arm") else 1)]
    elif entry == "fanotify_mark" and ARCHES[arch][0] == 32:
        cands = [d for d in cands if len(d) == 6]
    return cands[0] if cands else None


def slots(args, arch):
    """arguments as register slots: a 64-bit one takes two on 32-bit machines, aligned on arm"""
    bits, out = ARCHES[arch][0], []
    for name, size in args:
        name = name.lstrip("_*")
        if bits == 32 and size == 8:
            if arch == "arm" and len(out) % 2:
                out.append("-:4")
            out += [f"{name}_lo:4", f"{name}_hi:4"]
        else:
            out.append(f"{name}:{size}")
    return out[:6]


def gone(name, arch):
    sizes = {"l": ARCHES[arch][0] // 8, "q": 8, "4": 4}
    return slots([(a.split(":")[0], sizes[a.split(":")[1]]) for a in GONE[name].split(",") if a],
                 arch)


def read_kernel(tree):
    defs = read_definitions(tree)
    for arch, (bits, table, abis, _) in ARCHES.items():
        rows = []
        for line in (tree / table).read_text().splitlines():
            f = line.split("#")[0].split()
            if len(f) >= 3 and f[1] in abis.split():
                rows.append((int(f[0]), f[2], f[3][4:] if len(f) > 3 else "ni_syscall"))
        out = []
        for nr, libc, entry in rows:
            entry = re.sub(r"_wrapper$", "", entry)
            libc = libc.lstrip("_")
            name = re.sub(r"^ia32_", "", entry) if entry != "ni_syscall" else libc
            if name in (libc + "32", libc + "_time32") or libc in (name + "64", name + "_time64"):
                name = libc     # 32-bit time: the table's names, which libc's agree with
            d = pick(defs, entry, arch) if entry != "ni_syscall" else None
            if d is not None:
                args = slots([(n, arg_size(t, bits)) for t, n in d], arch)
            elif name in GONE:
                args = gone(name, arch)
            elif entry == "ni_syscall":
                args = []
            else:
                sys.exit(f"{arch}: no definition of {entry}")
            older = OLDER.get(name, {})
            args = [re.sub(r"^(\w+)", lambda m: m[1] + ("/" + older[m[1]] if m[1] in older else ""),
                           a) for a in args]
            out.append((nr, name, libc if libc != name else "-", ",".join(args)))
        known = {r[0] for r in out}
        extra = NEWER + (NEWER_X86_64 if arch == "x86_64" else [])
        for nr, name, args in extra:
            if nr not in known:
                if bits == 32:
                    args = args.replace(":8", ":4")
                out.append((nr, name, "-", args))
        if arch == "arm":
            out += [(nr, name, "-", args) for nr, name, args in ARM_PRIVATE]
        TABLES.mkdir(exist_ok=True)
        with open(TABLES / f"{arch}.tsv", "w") as f:
            for r in sorted(out):
                f.write("\t".join(map(str, r)) + "\n")


class Pool:
    """strings one after the other in one array; equal ones once"""

    def __init__(self):
        self.text, self.offset = [], {}
        self.size = 0

    def add(self, raw):
        if raw not in self.offset:
            self.offset[raw] = self.size
            self.text.append(raw)
            self.size += len(raw.replace("\\0", "\0"))
        return self.offset[raw]

    def emit(self, name):
        yield f"static const char {name}[] ="
        line = ""
        for raw in self.text:
            if len(line) + len(raw) > 84:
                yield f'\t"{line}"'
                line = ""
            # A digit after \0 would be read as part of the octal escape.
            line += ('" "' if line.endswith("\\0") and raw[:1].isdigit() else "") + raw
        yield f'\t"{line}";'
        if self.size > 65535:
            sys.exit("the pool needs larger offsets")


def encode(args):
    """fd:4,buf:8 -> fd4\\0buf8\\0 and an empty string (no digit may follow an octal escape)"""
    return "".join(a.replace(":", "") + "\\0" for a in args.split(",") if a) + "\\0"


def header():
    names, sigs = Pool(), Pool()
    hot = HOT.split()
    hot = dict(zip(hot[::2], map(int, hot[1::2])))
    body = []
    for arch in ARCHES:
        rows = [line.split("\t") for line in (TABLES / f"{arch}.tsv").read_text().splitlines()]
        kernel = {r[1]: r for r in rows}
        if len(kernel) != len(rows):
            dup = [n for n, c in collections.Counter(r[1] for r in rows).items() if c > 1]
            sys.exit(f"{arch}: {dup} twice")
        entries = [(r[1], int(r[0]), r[3], 0) for r in rows]
        libc = collections.Counter(r[2] for r in rows)
        entries += [(r[2], int(r[0]), r[3], 1) for r in rows
                    if r[2] != "-" and r[2] not in kernel and libc[r[2]] == 1]
        body.append(f"static const struct sys_entry {arch}_calls[] = {{")
        for name, nr, args, alias in sorted(entries):
            flag = " | SYS_ALIAS" if alias else ""
            body.append(f"\t{{{nr}{flag}, {names.add(name + chr(92) + '0')}, "
                        f"{sigs.add(encode(args))}}}, /* {name} */")
        body.append("};\n")
        body.append(f"static const struct sys_weight {arch}_weights[] = {{")
        line = "\t"
        for nr, w in sorted({e[1]: hot[e[0]] for e in entries if e[0] in hot}.items()):
            item = f"{{{nr}, {w}}}, "
            if len(line) + len(item) > 90:
                body.append(line.rstrip())
                line = "\t"
            line += item
        body += [line.rstrip(), "};\n"]
    out = ["/* SPDX-License-Identifier: BSD-3-Clause */",
           "/* Made by tools/gen-syscalls.py from src/kafel/tables: do not edit. */",
           "#ifndef TOASTAINER_KAFEL_SYSCALL_TABLES_H",
           "#define TOASTAINER_KAFEL_SYSCALL_TABLES_H", "",
           '#include "kafel/syscalls.h"', "",
           "/* clang-format off */",
           "#define SYS_ALIAS 0x80000000u", "",
           "/* Offsets instead of pointers: the tables stay in read-only memory as in the file. */",
           "struct sys_entry {",
           "\tuint32_t nr; /* | SYS_ALIAS when the name is libc's */",
           "\tuint16_t name, sig;",
           "};", ""]
    out += list(names.emit("sys_names")) + [""] + list(sigs.emit("sys_sigs")) + [""] + body
    return "\n".join(out).rstrip() + "\n\n#endif\n"


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--kernel", type=pathlib.Path)
    p.add_argument("--header", type=pathlib.Path)
    p.add_argument("--check", type=pathlib.Path)
    o = p.parse_args()
    if o.kernel:
        read_kernel(o.kernel)
    if o.header:
        o.header.write_text(header())
    if o.check and o.check.read_text() != header():
        sys.exit(f"{o.check} is stale: run tools/gen-syscalls.py --header {o.check}")


main()
