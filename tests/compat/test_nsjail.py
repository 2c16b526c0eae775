# SPDX-License-Identifier: BSD-3-Clause
"""nsjail's behaviour as its users see it: one row, one behaviour. Command line or configuration file, then the exit
status, what the program saw, and what is left on the host.

Covered here:
  program     exit statuses, signals, argv, prefixes of options, what cannot be executed, execute_fd, modes
  mistakes    of the command line, the configuration, the machine: 255 and a line; the accidents that people rely on
  inherited   descriptors, session, signals, environment, umask, working directory, host name, parent-death signal
  ids         default, numbers, names, ranges, several maps; owners of files; without a user namespace; unprivileged
  namespaces  all new, each shared, all shared; pid 1, orphans, the shared pid namespace
  mounts      root, binds, tmpfs and its size, other types, links, order, proc, pivot_root and without, both interfaces
  limits      defaults, words, units, what they do; nice, CPUs, oom score, personality, the time stamp counter
  privileges  capabilities, no_new_privs, securebits
  policies    actions, files, strings, mistakes, logging
  files       text format and JSON; options before and after --config; every kind of mount; prefixes from the environment
  logs        levels, files
  supervisor  time limit, signals, daemon, listen, execve

In the functional suites, in more ways than nsjail has: networks (test_net.py), control groups (test_cgroup.py), servers
under load (test_serve.py), tracing (test_trace.py), time limits and clean-up (test_supervise.py).
"""
import json
import os
import re
import resource
import shlex
import shutil
import signal
import socket
import time

import pytest

import toast
from toast import NAMESPACES, host_namespaces, processes_with, read, wait_for

pytestmark = pytest.mark.modes("root")

MIB = 1 << 20
NO_CAPS = dict.fromkeys(("cap_inh", "cap_prm", "cap_eff", "cap_bnd", "cap_amb"), 0)
ROOT = 'mount { src: "@root@" dst: "/" is_bind: true }\n'
PARTS = 'mount { src: "@root@/bin" dst: "/bin" is_bind: true }\n'
TMP = 'mount { dst: "/tmp" fstype: "tmpfs" rw: true }\n'
JROOT = [{"src": "@root@", "dst": "/", "isBind": True}]
BIN = "-R @root@/bin:/bin"
STATE = ["/bin/state"]
MOUNTINFO = ["/bin/cat", "/proc/self/mountinfo"]


def sh(script):
    return "exec_bin { path: '/bin/sh' arg: '-c' arg: " + json.dumps(script) + " }\n"


def jsh(script):
    return {"path": "/bin/sh", "arg": ["-c", script]}


def shared(*names):
    """Which namespaces are the host's."""
    def check(s):
        host = host_namespaces()
        assert [n for n in NAMESPACES if s["ns"][n] == host[n]] == sorted(names), s["ns"]
    return check


def mount(point, *flags, kind=None):
    def check(out):
        fstype, options = toast.mounts(out)[point]
        assert set(flags) <= options and kind in (None, fstype), (fstype, options)
    return check


def points(*wanted):
    def check(out):
        assert sorted(toast.mounts(out)) == sorted(wanted)
    return check


def rlimits(**wanted):
    def check(s):
        got = {n: s["rlimits"][n] for n in wanted}
        assert got == {n: v if isinstance(v, list) else [v, v] for n, v in wanted.items()}
    return check


def host_limit(name, index):
    return resource.getrlimit(getattr(resource, "RLIMIT_" + name.upper()))[index]


SOFT, HARD = (host_limit("nofile", i) for i in (0, 1))
ROWS = []


def row(name, opts="", cmd="exit 0", out=None, rc=0, **more):
    """cmd: a script, an argv, or None. out: the output; a list: its words; a dict or function: of the program `state`, or
    a function of the text. base: False: opts are all there is before the command. cfg: a file's text, or JSON."""
    ROWS.append(pytest.param(name, opts, cmd, out, rc, more, id=name.replace(" ", "-")))


def rows(names, *args, **kw):
    for name, opts in names.items():
        row(name, opts, *args, **kw)


# ------------------------------------------------------------------ program
row("exit 0")
row("exit 1", cmd=["/bin/false"], rc=1)
row("exit 42", cmd="exit 42", rc=42)
row("exit 255", cmd="exit 255", rc=255)
row("killed in the host's pid namespace", "--disable_clone_newpid --disable_proc", "kill -9 $$", rc=137)
row("killed grandchild", cmd="sh -c 'kill -ABRT $$'; echo $?; exit 3", out="134\n", rc=3)
row("pid 1 survives its own signal", cmd="kill -9 $$; echo alive", out="alive\n")
row("not there", cmd=["/no/such/program"], rc=255)
row("not executable", cmd=["/etc/passwd"], rc=255)
row("a directory", cmd=["/bin"], rc=255)
row("relative to the directory", "--cwd /bin", ["./echo", "hi"], "hi\n")
row("argv verbatim", cmd=["/bin/printf", "[%s]", "a b", "", "$HOME", "*", "q'\"", "--", "-x", "é"],
    out="[a b][][$HOME][*][q'\"][--][-x][é]")
row("no option after the dashes", cmd=["/bin/echo", "-t", "--chroot", "x"], out="-t --chroot x\n")
row("by descriptor", "-Q -Mo --execute_fd", ["/bin/busybox", "echo", "fd"], "fd\n", base=False)
row("unique prefixes", "-Q --mod o --chr @root@ --hostn abbr", ["/bin/hostname"], "abbr\n", base=False)
row("once is the default", "-Q --chroot @root@", ["/bin/echo", "x"], "x\n", base=False)
row("exec_file is executed", "--exec_file /bin/state", ["called", "x"], re.compile(r'"argv":\["called","x"\]'))
row("help", "--help", None, lambda o: all(f"--{w}" in o for w in ("chroot", "bindmount_ro", "macvlan_iface")), base=False)
row("help, short", "-h", None, re.compile("Usage:"), base=False)

# ------------------------------------------------------------------ mistakes
rows({"unknown long option": "--no_such_option", "unknown short option": "-Z", "ambiguous prefix": "--rlimit_a 1 --cgroup_m 1",
      "mode": "-Mx", "limit": "--rlimit_as lots", "port": "--port abc", "user": "--user no_such_user_q", "group":
      "--group no_such_group_q", "capability": "--cap CAP_NONSENSE", "root missing": "--chroot /no/such", "root is a file":
      "--chroot /etc/passwd", "directory missing": "--cwd /no/such", f"host name of {65}": f"--hostname {'h' * 65}",
      "mount interface": "--experimental_mnt zzz", "bind without a source": "-R /no/such:/mnt", "interface missing":
      "--iface_own nosuchif9", "swap twice": "--cgroup_mem_max 99999999 --cgroup_mem_memsw_max 99999999 --cgroup_mem_swap_max 0",
      "group's parent missing": "--cgroup_mem_max 99999999 --cgroup_mem_parent NO_SUCH_PARENT_Q",
      "policy with an unknown call": "--seccomp_string 'ALLOW { no_such_call } DEFAULT KILL'",
      "policy cut short": "--seccomp_string 'ALLOW { read'", "policy file missing": "-P /no/such.policy",
      "policy twice": "-P @tmp@/policy --seccomp_string 'DEFAULT ALLOW'",
      "proc without a pid namespace": "--disable_clone_newpid"}, rc=255, out="")
row("no command", cmd=None, rc=255)
row("error names the option", "--no_such_option", err="no_such_option", rc=255)
row("time limit that is no number is none", "-Q -Mo -t abc --chroot @root@", ["/bin/echo", "x"], "x\n", base=False)
row("log file that cannot be opened", "-l /no/such/dir/log", ["/bin/echo", "x"], "x\n")
row("descriptor that is not open", "--pass_fd 99")

# ------------------------------------------------------------------ inherited
row("stdin", cmd=["/bin/cat"], out="a\nb", stdin=b"a\nb")
row("much output", cmd="yes | head -c 3000000", out=lambda o: len(o) == 3000000)
row("descriptors and session", cmd=STATE, out={"fds": [0, 1, 2], "pid": 1, "sid": 1, "pgid": 1})
row("signals", cmd=STATE, out={"sig_blocked": 0, "sig_ignored": 0}, spoil=True)
row("parent-death signal", cmd=STATE, out={"pdeathsig": 9})
row("umask", cmd=STATE, out={"umask": 0o027}, spoil=True)
ENV = {"X": "1", "Y": "2"}
row("empty environment", cmd=["/bin/env"], out="", env=ENV)
row("variable by name", "-E X", ["/bin/env"], "X=1\n", env=ENV)
row("variable that is not set", "-E UNSET_Q", ["/bin/env"], "", env=ENV)
row("environment kept", "-e", ["/bin/env"], ["X=1", "Y=2"], env=ENV)
row("kept and changed", "--keep_env -E X=9 -E Z=3", ["/bin/env"], ["X=9", "Y=2", "Z=3"], env=ENV)
row("the last value counts", "-E X=1 -E X=2", ["/bin/env"], "X=2\n")
row("host name", cmd=["/bin/hostname"], out="NSJAIL\n")
row("another host name", "-H box.example", ["/bin/hostname"], "box.example\n")
row("no host name", "-H ''", ["/bin/hostname"], re.compile(r"^(\(none\)|\?)?$"))
row("directory", cmd=["/bin/pwd"], out="/\n")
row("another directory", "-D /etc", ["/bin/pwd"], "/etc\n")
row("directory that is mounted", "-B @tmp@:/mnt -D /mnt", ["/bin/pwd"], "/mnt\n")

# ------------------------------------------------------------------ ids
MAPS = "cat /proc/self/uid_map /proc/self/gid_map"
row("the caller is himself", cmd=STATE, out={"uids": [0] * 3, "gids": [0] * 3})
row("one id is mapped", cmd=MAPS, out="0 0 1 0 0 1".split())
row("numbers", "-u 1234 -g 2345", "id -u; id -g;" + MAPS, "1234 2345 1234 0 1 2345 0 1".split())
row("names", "-u nobody -g nogroup", "id -u; id -g", ["65534"] * 2)
row("ranges", "-u 10:1000:20 -g 11:1001:1", "id -u;" + MAPS, "10 10 1000 20 11 1001 1".split())
row("several ranges", "-u 0:1000:1 -u 5:2000:3 -g 0:1000:1", "id -u;" + MAPS, "0 0 1000 1 5 2000 3 0 1000 1".split())
row("hexadecimal id", "-u 0x10", ["/bin/id", "-u"], "16\n")
row("real ids without a user namespace", "--disable_clone_newuser -u 4321 -g 8765", "id -u; id -g; id -G; cat /proc/self/uid_map",
    "4321 8765 8765 0 0 4294967295".split())
row("owners are mapped", "-u 5:1005:1 -g 6:1006:1 -B @tmp@:/mnt", "stat -c %u:%g /mnt/owned", "5:6\n")
row("new files have a mapped owner", "-u 5:1005:1 -g 6:1006:1 -B @tmp@:/mnt", "echo > /mnt/new",
    after=lambda d: (os.stat(d / "new").st_uid, os.stat(d / "new").st_gid) == (1005, 1006))
row("others' directories stay closed", "-u 5:1005:1 -g 6:1006:1 -B @tmp@/closed:/mnt", "echo > /mnt/new", rc=1,
    after=lambda d: not (d / "closed/new").exists())

# ------------------------------------------------------------------ namespaces
row("all namespaces are new", cmd=STATE, out=shared())
for _ns, _opt in {"net": "-N", "user": "--disable_clone_newuser", "ipc": "--disable_clone_newipc",
                  "uts": "--disable_clone_newuts", "cgroup": "--disable_clone_newcgroup"}.items():
    row(f"{_ns} namespace is shared", _opt, STATE, shared(_ns))
row("all namespaces are shared", "-Q -Mo -N " + " ".join(f"--disable_clone_new{n}" for n in "user ns pid ipc uts cgroup".split()),
    ["@state@"], shared(*NAMESPACES), base=False)
row("no pid namespace", "--disable_clone_newpid --disable_proc", STATE, lambda s: s["pid"] > 1)
row("root without a mount namespace", "-Q -Mo --disable_clone_newns --disable_clone_newuser --chroot @root@", ["/bin/ls", "/bin/state"],
    "/bin/state\n", base=False)
row("orphans end", cmd="sleep 71.@pid@ & exit 0", after=lambda d: not processes_with(f"71.{os.getpid()}"))

# ------------------------------------------------------------------ mounts
EMPTY = dict(base=False)
MINI = f"-Q -Mo -t 20 {BIN}"
row("empty root has no program", "-Q -Mo", ["/bin/true"], rc=255, **EMPTY)
row("empty root with a bind", MINI, ["/bin/ls", "/"], ["bin", "proc"], **EMPTY)
row("only what was asked for", MINI, MOUNTINFO, points("/", "/bin", "/proc"), **EMPTY)
row("root is read-only", cmd="touch /etc/z", rc=1)
row("root is writable", "-Q -Mo --rw -c @own@", ["/bin/touch", "/etc/z"], after=lambda d: (d / "own/etc/z").exists(), **EMPTY)
row("bind is read-only", "-R @tmp@:/mnt", "cat /mnt/f; echo x > /mnt/f", "content\n", 1,
    after=lambda d: (d / "f").read_text() == "content\n")
row("bind is writable, its target is made", MINI + " -B @tmp@:/w/deep/er", "echo new > /w/deep/er/f",
    after=lambda d: (d / "f").read_text() == "new\n", **EMPTY)
row("one file", MINI + " -R @tmp@/f:/etc/sub/single", "cat /etc/sub/single; ls /etc/sub", "content\nsingle\n", **EMPTY)
row("bind takes submounts along", "-Q -Mo -R /:/", ["/bin/ls", "/dev/pts/ptmx"], "/dev/pts/ptmx\n", **EMPTY)
row("4 MiB of tmpfs", "-T /mnt --rlimit_fsize inf", "yes | head -c 6000000 > /mnt/a; stat -c %s /mnt/a", "4194304\n")
row("file system with options", "-m none:/mnt:tmpfs:size=8388608,mode=0700",
    "df -k /mnt | tail -1 | tr -s ' ' | cut -d' ' -f2; stat -c %a /mnt; touch /mnt/x && echo rw", ["8192", "700", "rw"])
row("file system, read-only", "-m none:/mnt:tmpfs:ro", "touch /mnt/x", rc=1)
row("link", MINI + " -s /bin:/sl/link", "readlink /sl/link; ls /sl/link/state", ["/bin", "/sl/link/state"], **EMPTY)
row("dangling link", MINI + " -s no/where:/dangling", ["/bin/readlink", "/dangling"], "no/where\n", **EMPTY)
row("tmpfs over a bind", "-R @tmp@:/mnt -T /mnt", ["/bin/ls", "/mnt"], "")
row("bind over a tmpfs", "-T /mnt -R @tmp@/closed:/mnt", ["/bin/ls", "-a", "/mnt"], [".", "..", "secret"])
row("target is made in the root", "-Q -Mo -c @own@ -T /newdir --disable_proc", ["/bin/true"],
    after=lambda d: (d / "own/newdir").is_dir(), **EMPTY)
row("without pivot_root", MINI + " --no_pivotroot", ["/bin/ls", "/"], ["bin", "proc"], **EMPTY)
row("proc is read-only", cmd=MOUNTINFO, out=mount("/proc", "ro", kind="proc"))
row("proc is writable", "--proc_rw", MOUNTINFO, mount("/proc", "rw", kind="proc"))
row("proc elsewhere", MINI + " --proc_path /p/q", "ls -d /p/q/self; ls /", ["/p/q/self", "bin", "p"], **EMPTY)
row("no proc", MINI + " --disable_proc", ["/bin/ls", "/"], ["bin"], **EMPTY)
row("new mount interface", MINI + " --experimental_mnt new -T /t", "touch /t/x && echo rw; touch /bin/x || echo ro; ls /",
    ["rw", "ro", "bin", "proc", "t"], **EMPTY)
row("old mount interface", MINI + " --experimental_mnt=old", ["/bin/true"], **EMPTY)
row("mounting inside", cmd="mount -t tmpfs none /tmp", rc=1)

# ------------------------------------------------------------------ network
row("loopback alone, and up", cmd="ip -o link | grep -c eth0; ip -o link show lo | grep -o LOOPBACK,UP", out=["0", "LOOPBACK,UP"])
row("loopback down", "--iface_no_lo", "ip -o link show lo | grep LOOPBACK,UP", "", 1)

# ------------------------------------------------------------------ limits
row("defaults", cmd=STATE, out=rlimits(cpu=600, core=0, fsize=MIB, nofile=32, **{"as": 4096 * MIB}))
row("the rest is soft", cmd=STATE, out=rlimits(**{n: host_limit(n, 0) for n in ("stack", "nproc", "memlock")}))
row("units", "--rlimit_as 512 --rlimit_cpu 7 --rlimit_fsize 3 --rlimit_nofile 55 --rlimit_nproc 77 --rlimit_stack 4 --rlimit_memlock 32"
    " --rlimit_msgqueue 4096", STATE, rlimits(cpu=7, fsize=3 * MIB, nofile=55, nproc=77, stack=4 * MIB, memlock=32 << 10,
                                              msgqueue=4096, **{"as": 512 * MIB}))
row("without end", "--rlimit_as inf --rlimit_fsize INF --rlimit_cpu inf", STATE, rlimits(cpu=-1, fsize=-1, **{"as": -1}))
for _word, _v in {"soft": SOFT, "def": SOFT, "SOFT": SOFT, "hard": HARD, "max": HARD, "0x20": 32}.items():
    row(f"limit {_word}", f"--rlimit_nofile {_word}", STATE, rlimits(nofile=_v))
row("no limits", "--disable_rlimits", STATE, rlimits(nofile=[SOFT, HARD], **{"as": [-1, -1]}))
row("file size", "-T /mnt", "yes | head -c 2000000 > /mnt/a; echo $?; stat -c %s /mnt/a", ["153", "1048576"])
row("CPU time", "--rlimit_cpu 1", "while :; do :; done", rc=lambda c: c in (137, 152))
row("address space", "--rlimit_as 100 -R @burn@:/burn", ["/burn", "1", "300"], rc=lambda c: c not in (0, 255))
row("nice", cmd=STATE, out={"nice": 19})
row("nice 5", "--nice_level 15", STATE, {"nice": 15})
row("nice below zero is passed over", "--nice_level -5", STATE, lambda s: s["nice"] == os.getpriority(os.PRIO_PROCESS, 0))
row("nice below zero", "--nice_level -5 --disable_clone_newuser", STATE, {"nice": -5})
row("one CPU", "--max_cpus 1", STATE, lambda s: len(s["cpus"]) == 1)
row("oom score", "--oom_score_adj 500", ["/bin/cat", "/proc/self/oom_score_adj"], "500\n")
row("oom score of the caller", cmd=["/bin/cat", "/proc/self/oom_score_adj"], out=lambda o: o == open("/proc/self/oom_score_adj").read())
for _name, _flag in {"addr_no_randomize": 0x40000, "addr_compat_layout": 0x200000, "mmap_page_zero": 0x100000,
                     "read_implies_exec": 0, "addr_limit_3gb": 0x8000000}.items():
    row(f"personality {_name}", f"--persona_{_name}", STATE, {"personality": _flag})
if os.uname().machine == "x86_64":
    row("no time stamp counter", "--disable_tsc -R @tsc@:/tsc", ["/tsc"], rc=139)

# ------------------------------------------------------------------ privileges
row("no capabilities", cmd=STATE, out=NO_CAPS | {"no_new_privs": 1, "securebits": 0, "seccomp": 0})
row("nor without a user namespace", "--disable_clone_newuser", STATE, NO_CAPS)
row("all capabilities", "--keep_caps", STATE, lambda s: s["cap_eff"] == s["cap_prm"] ==
    (1 << int(open("/proc/sys/kernel/cap_last_cap").read()) + 1) - 1)
row("two, as a user", "--cap CAP_NET_RAW --cap CAP_SYS_PTRACE -u 1000", STATE, {"cap_eff": 1 << 13 | 1 << 19, "cap_amb": 1 << 13 | 1 << 19})

# ------------------------------------------------------------------ policies
UNAME = ["/bin/uname"]


def policy(name, text, cmd="exit 0", out=None, rc=0, opts="", **kw):
    row(f"policy: {name}", f"--seccomp_string {shlex.quote(text)} {opts}", cmd, out, rc, **kw)


policy("a filter", "DEFAULT ALLOW", STATE, {"seccomp": 2})
policy("logged", "DEFAULT ALLOW", STATE, {"seccomp": 2}, opts="--seccomp_log")
for _action in ("KILL", "KILL_PROCESS", "TRAP(5)", "DENY"):
    policy(_action, _action + " { newuname } DEFAULT ALLOW", UNAME, rc=159)
policy("ERRNO", "ERRNO(1337) { geteuid } DEFAULT ALLOW", "id -u", f"{2**32 - 1337}\n")
policy("a named error", "ERRNO(30) { mkdir, mkdirat } DEFAULT ALLOW", "mkdir /tmp/z", rc=1, err="Read-only file system", opts="-T /tmp")
policy("an argument", "ERRNO(99) { kill(p, sig) { sig == 0 && p == 1 } } DEFAULT ALLOW", "kill -0 1 || echo no; kill -CONT 1 && echo yes",
       ["no", "yes"])
policy("all but the list", "ALLOW { execve, brk, exit_group } DEFAULT KILL", ["/bin/mkdir", "/tmp/x"], rc=159)
policy("KILL is the default", "ALLOW { read }", rc=159)
policy("strings are joined", "POLICY a {", "id -u", f"{2**32 - 7}\n", opts="--seccomp_string ' ERRNO(7) { geteuid } }' --seccomp_string 'USE a DEFAULT ALLOW'")
row("policy in a file", "-P @tmp@/policy -T /tmp", "mkdir /tmp/x", rc=1, err="Resource temporarily unavailable")
row("the death is logged", "-Mo --chroot @root@ --seccomp_string 'KILL { newuname } DEFAULT ALLOW'", UNAME, rc=159, err="SIGSYS", base=False)

# ------------------------------------------------------------------ files
row("file: program", cfg=ROOT + sh("echo from; exit 3"), cmd=None, out="from\n", rc=3)
row("file: program stays, arguments change", cfg=ROOT + "exec_bin { path: '/bin/state' arg: 'a' }", cmd=["zero", "b", "c"],
    out=re.compile(r'"argv":\["zero","b","c"\]'))
row("file: no program", cfg=ROOT, cmd=None, rc=255)
row("file: no proc", cfg=PARTS + "exec_bin { path: '/bin/ls' arg: '/' }", cmd=None, out=["bin"])
row("file: proc", cfg="mount_proc: true\n" + PARTS + "exec_bin { path: '/bin/ls' arg: '/' }", cmd=None, out=["bin", "proc"])
row("file: scalars", cfg='name: "n" description: "a" description: "b" hostname: "h" cwd: "/etc" rlimit_nofile: 44 nice_level: 16\n'
    'envar: "A=1" envar: "B=2" uidmap { inside_id: "77" outside_id: "0" count: 1 } gidmap { inside_id: "88" }\n' + ROOT, cmd=STATE,
    out={"hostname": "h", "cwd": "/etc", "nice": 16, "env": ["A=1", "B=2"], "uids": [77] * 3, "gids": [88] * 3})
row("file: kinds of limits", cfg="rlimit_nofile_type: SOFT rlimit_as_type: INF rlimit_fsize_type: HARD rlimit_cpu: 9\n" + ROOT, cmd=STATE,
    out=rlimits(cpu=9, nofile=SOFT, fsize=host_limit("fsize", 1), **{"as": -1}))
row("file: no limits", cfg="disable_rl: true\n" + ROOT, cmd=STATE, out=rlimits(**{"as": [-1, -1]}))
row("file: options after it win", "-H later", cfg='hostname: "file"\n' + ROOT, cmd=["/bin/hostname"], out="later\n")
row("file: options before it are lost", "-Q -Mo -H before -C @cfg@", cfg=ROOT, cmd=["/bin/hostname"], out="NSJAIL\n", base=False)
row("file: mounts are appended", "-T /tmp", cfg=ROOT, cmd="touch /tmp/x && echo rw", out="rw\n")
row("file: variables are appended", "-E B=cli", cfg="envar: 'A=file'\n" + ROOT, cmd=["/bin/env"], out=["A=file", "B=cli"])
row("file: the root goes first", "--chroot @root@", cfg=TMP, cmd="touch /tmp/a && echo rw", out="rw\n")
row("file: content", cfg=ROOT + TMP + 'mount { src_content: "abc" dst: "/tmp/f" }', cmd="cat /tmp/f; echo > /tmp/f", out="abc", rc=1)
row("file: writable content", cfg=ROOT + TMP + 'mount { src_content: "abc" dst: "/tmp/f" rw: true }', cmd="echo n > /tmp/f; cat /tmp/f", out="n\n")
row("file: link", cfg=ROOT + TMP + 'mount { src: "/etc/passwd" dst: "/tmp/ln" is_symlink: true }', cmd="readlink /tmp/ln", out="/etc/passwd\n")
row("file: link over something", cfg=ROOT + 'mount { src: "/x" dst: "/etc/passwd" is_symlink: true }', rc=255)
row("file: optional link over something", cfg=ROOT + 'mount { src: "/x" dst: "/etc/passwd" is_symlink: true mandatory: false }')
row("file: mounts without a mount namespace", "-q --chroot @root@", cfg="clone_newns: false " + PARTS + 'mount { dst: "/mnt" fstype: "tmpfs" }',
    cmd=["/bin/ls", "/bin/state"], out="/bin/state\n", err="no mount is made")
row("file: source missing", cfg=ROOT + 'mount { src: "/no/such" dst: "/mnt" is_bind: true }', rc=255)
row("file: optional source missing", cfg=ROOT + 'mount { src: "/no/such" dst: "/mnt" is_bind: true mandatory: false }')
row("file: flags of a bind", cfg="mount_proc: true\n" + ROOT + 'mount { src: "@tmp@" dst: "/mnt" is_bind: true nosuid: true nodev: true noexec: true }',
    cmd=MOUNTINFO, out=mount("/mnt", "ro", "nosuid", "nodev", "noexec"))
row("file: noexec", cfg=ROOT + "rlimit_fsize: 64 mount { dst: '/tmp' fstype: 'tmpfs' rw: true noexec: true }",
    cmd="cp /bin/busybox /tmp/true && /tmp/true", rc=126)
row("file: prefixes from the environment", cfg=ROOT + TMP + 'mount { prefix_src_env: "SRC_Q" src: "/closed" prefix_dst_env: "DST_Q" dst: "/there" is_bind: true }',
    cmd=["/bin/ls", "/tmp/x/there"], out="secret\n", env={"SRC_Q": "@tmp@", "DST_Q": "/tmp/x"})
row("file: prefix that is not set", cfg=ROOT + 'mount { prefix_src_env: "UNSET_Q" src: "/sub" dst: "/mnt" is_bind: true }', rc=255)
row("file: target is a file", cfg=PARTS + 'mount { src: "@tmp@/f" dst: "/a/b/c" is_bind: true is_dir: false }', cmd=["/bin/cat", "/a/b/c"], out="content\n")
row("file: policy file", cfg='seccomp_policy_file: "@tmp@/policy"\n' + ROOT + TMP, cmd="mkdir /tmp/x", rc=1, err="temporarily")
row("file: capabilities", cfg='cap: "CAP_NET_RAW" cap: "CAP_CHOWN"\n' + ROOT, cmd=STATE, out={"cap_eff": 1 << 13 | 1})
row("file: shared namespaces", cfg='mount { src: "/proc" dst: "/proc" is_bind: true }\n' + "".join(f"clone_new{n}: false " for n in "net user uts ipc cgroup pid".split()) + "\n", opts="--chroot @root@", cmd=STATE,
    out=shared(*(n for n in NAMESPACES if n != "mnt")))
row("file: log file and level", "--config @cfg@", cfg='log_level: DEBUG log_file: "@tmp@/log"\n' + ROOT, err="", base=False,
    after=lambda d: "[D]" in (d / "log").read_text())
row("file: quiet", "--config @cfg@", cfg="log_level: ERROR\n" + ROOT, err="", base=False)
row("file: time limit", cfg="time_limit: 1\n" + ROOT, cmd=["/bin/sleep", "9"], rc=137)
row("file: execve", cfg="mode: EXECVE clone_newuser: false\n" + ROOT + sh("exit 6"), cmd=None, rc=6)
row("file: variable by name", cfg="envar: 'X'\n" + ROOT, cmd=["/bin/env"], out="X=1\n", env=ENV)
row("file: empty", "-Q --config @cfg@", cfg="", base=False, rc=255)
row("file: a directory", "-Q --config @tmp@", base=False, rc=255)
row("file: user that is not there", cfg='uidmap { inside_id: "no_such_user_q" }\n' + ROOT, rc=255)
row("file: required field missing", cfg=ROOT + "exec_bin { arg: 'x' }", rc=255)
NAMES = ["/bin/sh", "-c", "hostname; pwd; ulimit -n"]
for _name, _text, _out in [
        ("comments", '# c\n\n  hostname: "h" # tail\n#x: 1\n', "h / 32"),
        ("separators", 'hostname: "h"; cwd: "/etc", rlimit_nofile: 33', "h /etc 33"),
        ("escapes", r'hostname: "\x61\142\143\u0064" "\U00000065"', "abcde / 32"),
        ("strings side by side", "hostname: 'a' # c\n\"b\"", "ab / 32"),
        ("colon before a brace", 'uidmap: { inside_id: "0" }', "NSJAIL / 32"),
        ("angle brackets", "uidmap < inside_id: '0' >", "NSJAIL / 32"),
        ("list of messages", "uidmap [{ inside_id: '0' }]", "NSJAIL / 32"),
        ("numbers", "rlimit_nofile: 0x21 nice_level: 017", "NSJAIL / 33"),
        ("enumeration by number", "mode: 1", "NSJAIL / 32")]:
    row(f"text: {_name}", cfg=_text + "\n" + ROOT, cmd=NAMES, out=_out.split())
row("text: list", cfg='envar: ["A=1", "B=2"]\n' + ROOT, cmd=["/bin/env"], out=["A=1", "B=2"])
for _name, _text in {"unknown field": "hostnam: 'x'", "scalar twice": "port: 1 port: 1", "wrong type": "port: 'x'", "range": "port: 4294967296",
                     "negative": "port: -1", "no value": "port:", "brace": "uidmap { inside_id: '0'", "enumeration": "mode: NEVER"}.items():
    row(f"text: {_name}", cfg=_text + "\n" + ROOT, rc=255)
row("JSON: names", cfg={"mount": JROOT, "hostname": "jh", "cwd": "/etc", "rlimitNofile": 41, "execBin": jsh("hostname; pwd; ulimit -n")},
    cmd=None, out=["jh", "/etc", "41"])
row("JSON: original names", cfg={"mount": JROOT, "rlimit_nofile": "43", "exec_bin": jsh("ulimit -n")}, cmd=None, out="43\n")
row("JSON: enumerations and bytes", cfg={"mode": "ONCE", "rlimitNofileType": "VALUE", "execBin": jsh("cat /tmp/f"), "mount": [
    *JROOT, {"dst": "/tmp", "fstype": "tmpfs", "rw": True}, {"srcContent": "aGVsbG8K", "dst": "/tmp/f"}]}, cmd=None, out="hello\n")
row("JSON: enumeration by number", cfg={"mode": 1, "mount": JROOT}, cmd=["/bin/echo", "n"], out="n\n")
row("JSON: bool in quotes", cfg={"mount": JROOT, "keepEnv": "true"}, cmd=["/bin/env"], out=["X=1", "Y=2"], env=ENV)
row("JSON: policy", cfg={"mount": JROOT, "seccompString": ["ERRNO(1337) { geteuid }", "DEFAULT ALLOW"]}, cmd="id -u", out=f"{2**32 - 1337}\n")
for _name, _value in {"unknown": {"noSuch": 1}, "type": {"rlimitNofile": "x"}, "enumeration": {"mode": "NEVER"}, "negative": {"rlimitNofile": -1},
                      "range": {"port": 4294967296}, "fraction": {"port": 1.5}, "list": {"port": [1]}, "bytes": {"mount": [{"srcContent": "?", "dst": "/x"}]}}.items():
    row(f"JSON: {_name}", cfg=_value | ({} if "mount" in _value else {"mount": JROOT}), rc=255)
row("JSON: a list", cfg=[1], rc=255)
row("JSON: cut short", cfg='{"hostname": "x"', rc=255)

# ------------------------------------------------------------------ logs
row("log: quiet", "-q -Mo --chroot @root@", err="", base=False)
row("log: quiet, but a warning", "-q -Mo --chroot @root@ -E UNSET_Q", err="[W]", base=False)
row("log: very quiet", "-Q -Mo --chroot @root@ -E UNSET_Q", err="", base=False)
row("log: very quiet, but why it failed", "-Q -Mo --chroot /no/such", err="[F]", rc=255, base=False)
row("log: what is done", "-Mo --chroot @root@", err="[I]", base=False)
row("log: the time limit", "-Mo -t 1 --chroot @root@", ["/bin/sleep", "9"], err="time limit", rc=137, base=False)
row("no time limit", "-Q -Mo -t 0 --chroot @root@", ["/bin/sleep", "0.2"], base=False)


@pytest.fixture
def place(tmp, root, make_root, compile_c, request):
    """What the rows name: @tmp@ with some files, @own@, a root to be spoiled, and so on."""
    (tmp / "f").write_text("content\n")
    (tmp / "closed").mkdir()
    (tmp / "closed/secret").write_text("")
    (tmp / "owned").write_text("")
    os.chown(tmp / "owned", 1005, 1006)
    (tmp / "policy").write_text("#define E 11\n// a comment\nERRNO(11) { mkdir, mkdirat }\nDEFAULT ALLOW\n")
    tmp.chmod(0o777)
    (tmp / "f").chmod(0o666)
    words = {"tmp": tmp, "root": root, "cfg": tmp / "jail.cfg", "own": tmp / "own", "pid": os.getpid()}

    def fill(text):
        if "@own@" in text and not words["own"].exists():
            shutil.copytree(root, words["own"], symlinks=True)
        for name in ("burn", "state", "tsc"):
            if f"@{name}@" in text:
                words[name] = compile_c(f"programs/{name}.c")
        return re.sub(r"@(\w+)@", lambda m: str(words[m[1]]), text)

    return fill


def command(cmd):
    return [] if cmd is None else ["--", *(["/bin/sh", "-c", cmd] if isinstance(cmd, str) else cmd)]


def spoil():
    os.umask(0o027)
    for s in (signal.SIGPIPE, signal.SIGTERM):
        signal.signal(s, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2, signal.SIGTERM})


def arguments(place, opts, cfg, base):
    if cfg is not None:
        with open(place("@cfg@"), "w") as f:
            f.write(place(cfg if isinstance(cfg, str) else json.dumps(cfg)))
    first = [] if not base else ["-Q", "-Mo", "-t", "20", "--chroot", "@root@"] if cfg is None else ["-Q", "--config", "@cfg@"]
    return [place(a) for a in [*first, *shlex.split(opts)]]


def check_output(r, out, cmd):
    if out is None:
        return
    if cmd and "state" in cmd[0] and not isinstance(out, re.Pattern):
        state = toast.state_of(r)
        if isinstance(out, dict):
            assert {k: state[k] for k in out} == out, r
        else:
            assert out(state) in (True, None), state
    elif isinstance(out, list):
        assert r.out.split() == out, r
    elif isinstance(out, re.Pattern):
        assert out.search(r.out), r
    elif callable(out):
        assert out(r.out) in (True, None), r
    else:
        assert r.out == out, r


@pytest.mark.parametrize("name, opts, cmd, out, rc, more", ROWS)
def test_row(place, tmp, name, opts, cmd, out, rc, more):
    argv = arguments(place, opts, more.get("cfg"), more.get("base", True))
    env = {k: place(v) for k, v in more["env"].items()} if "env" in more else None
    words = [place(w) for w in command(cmd)]
    r = toast.toast(*argv, *words, stdin=more.get("stdin", b""), env=env, preexec_fn=spoil if more.get("spoil") else None)
    assert rc(r.rc) if callable(rc) else r.rc == rc, r
    check_output(r, out, cmd)
    if rc == 255 and cmd != "exit 255":
        assert "[F]" in r.err or "[E]" in r.err, "says why"
    if "err" in more:
        assert more["err"] in r.err if more["err"] else r.err == "", r
    if "after" in more:
        assert wait_for(lambda: more["after"](tmp), 2), r


def test_rows_have_names_of_their_own():
    names = [p.id for p in ROWS]
    assert len(names) == len(set(names)) and len(names) > 200


# ------------------------------------------------------------------ inherited, with something to hand over
def test_passed_descriptor(root):
    r, w = os.pipe()
    os.write(w, b"via")
    os.close(w)
    try:
        p = toast.nsjail("-c", root, "--pass_fd", str(r), "--", "/bin/sh", "-c", f"cat <&{r}", pass_fds=[r])
    finally:
        os.close(r)
    assert p.ok().out == "via"


def test_many_jails_at_once(root):
    jails = [toast.start(["-Q", "-Mo", "-c", root, "--", "/bin/sh", "-c", f"sleep 0.2; exit {i}"]) for i in range(12)]
    assert [toast.finish(p).rc for p in jails] == list(range(12))
    assert [toast.nsjail("-c", root, "--", "/bin/true").rc for _ in range(15)] == [0] * 15


# ------------------------------------------------------------------ supervisor
CATCH = 'trap "echo got; exit 7" TERM INT; echo up; i=0; while [ $i -lt 100 ]; do sleep 0.05; i=$((i+1)); done'


@pytest.mark.parametrize("opts, sig, rc, rest", [
    ([], signal.SIGTERM, 143, b""), ([], signal.SIGINT, 130, b""), (["--forward_signals"], signal.SIGTERM, 143, b"got\n")])
def test_signal_to_the_supervisor(root, opts, sig, rc, rest):
    with toast.running("-Q", "-Mo", "-c", root, *opts, "--", "/bin/sh", "-c", CATCH) as p:
        assert p.stdout.readline() == b"up\n"
        p.send_signal(sig)
        out, _ = p.communicate(timeout=8)
    assert (p.returncode, out) == (rc, rest)


@pytest.mark.parametrize("sig", [signal.SIGUSR1, signal.SIGQUIT])
def test_signal_lists_the_jails(root, sig):
    with toast.running("-Mo", "-c", root, "--", "/bin/sh", "-c", "echo up; sleep 0.3; exit 9") as p:
        assert p.stdout.readline() == b"up\n"
        p.send_signal(sig)
        _, err = p.communicate(timeout=8)
    assert p.returncode == 9 and b"Total number of spawned namespaces: 1" in err, err


def test_killed_supervisor(root):
    word = f"72.{os.getpid()}"
    with toast.running("-Q", "-Mo", "-c", root, "--", "/bin/sleep", word) as p:
        assert wait_for(lambda: len(processes_with(word)) > 1)
        p.kill()
        p.wait()
        assert wait_for(lambda: not processes_with(word))


def test_time_limit_ends_all(root):
    word = f"73.{os.getpid()}"
    r = toast.toast("-Q", "-Mo", "-t", "1", "-c", root, "--", "/bin/sh", "-c", f"sleep {word} & sleep {word}")
    assert r.rc == 137 and 0.7 < r.seconds < 5 * toast.SCALE and wait_for(lambda: not processes_with(word)), r


def test_daemon(root, tmp):
    (tmp / "made").mkdir(mode=0o777)
    r = toast.toast("-Mo", "-d", "-l", tmp / "log", "-c", root, "-B", f"{tmp}:/mnt", "--", "/bin/sh", "-c", "sleep 0.2; echo done > /mnt/f")
    assert r.rc == 0 and wait_for(lambda: read(tmp / "f") == b"done\n"), r
    assert wait_for(lambda: b"status: 0" in read(tmp / "log")), read(tmp / "log")


EXECVE = ["-Q", "-Me", "--disable_clone_newuser"]


def test_execve_keeps_the_process(root):
    with toast.running(*EXECVE, "-c", root, "--", "/bin/sleep", "9") as p:
        assert wait_for(lambda: read(f"/proc/{p.pid}/cmdline") == b"/bin/sleep\x009\0")


@pytest.mark.parametrize("opts, script, rc, out", [
    (["--disable_clone_newpid"], "kill -TERM $$", -15, ""), ([], "(echo a); echo b | cat; exit 6", 6, "a\nb\n"),
    ([], "sh -c 'test $$ -lt 20 && echo new'; :", 0, "new\n")], ids=["signal", "children", "their pid namespace"])
def test_execve(root, opts, script, rc, out):
    r = toast.toast(*EXECVE, "-c", root, *opts, "--", "/bin/sh", "-c", script)
    assert (r.rc, r.out) == (rc, out), r


# ------------------------------------------------------------------ listen
def free_port():
    with socket.socket(socket.AF_INET6) as s:
        s.bind(("::", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, *argv, port):
        self.port, self.proc = port, toast.start(argv)

    def connect(self, host="127.0.0.1"):
        s = socket.create_connection((host, self.port), 5)
        s.settimeout(5)
        return s

    def open(self):
        tables = read("/proc/net/tcp") + read("/proc/net/tcp6")
        return b":%04X " % self.port in tables

    def __enter__(self):
        assert wait_for(self.open), "does not listen"
        return self

    def __exit__(self, *_):
        toast.kill_and_reap(self.proc)
        self.proc.stdout.close()
        self.proc.stderr.close()


@pytest.fixture
def listen(root):
    def make(script, *opts, mode=("-Ml",)):
        port = free_port()
        return Server("-Q", *mode, "--port", str(port), "-c", root, "-t", "10", *opts, "--", "/bin/sh", "-c", script, port=port)
    return make


def everything(s):
    data = b""
    try:
        while part := s.recv(4096):
            data += part
    except ConnectionResetError:
        pass
    s.close()
    return data


def test_listen_serves_both_families_and_many(listen):
    with listen("read a; echo $a $$") as server:
        clients = [server.connect(h) for h in ("127.0.0.1", "::1", "127.0.0.1", "::1")]
        for i, c in enumerate(clients):
            c.sendall(b"c%d\n" % i)
        assert [everything(c) for c in clients] == [b"c%d 1\n" % i for i in range(4)]
        server.proc.terminate()
        assert server.proc.wait(5) == 0


def test_listen_port_implies_the_mode(listen):
    with listen("echo x", mode=()) as server:
        assert everything(server.connect()) == b"x\n"


def test_listen_on_one_address(listen):
    with listen("echo x", "--bindhost", "::1") as server:
        with pytest.raises(OSError):
            server.connect("127.0.0.1")
        assert everything(server.connect("::1")) == b"x\n"


def test_listen_from_a_file(root, tmp):
    port = free_port()
    (tmp / "c.cfg").write_text(f'mode: LISTEN port: {port} bindhost: "::" max_conns_per_ip: 5\nmount {{ src: "{root}" dst: "/" is_bind: true }}\n' + sh("echo cfg"))
    with Server("-Q", "--config", str(tmp / "c.cfg"), port=port) as server:
        assert everything(server.connect()) == b"cfg\n"


@pytest.mark.parametrize("opts, other", [(("--max_conns_per_ip", "2"), "127.0.0.1"), (("--max_conns", "2"), "::1")])
def test_listen_limits(listen, opts, other):
    with listen("echo in; read x", *opts) as server:
        held = [server.connect(), server.connect()]
        assert [c.recv(9) for c in held] == [b"in\n"] * 2
        assert everything(server.connect(other)) == b""
        for c in held:
            c.close()

        def again():
            with server.connect() as c:
                return c.recv(9) == b"in\n"
        assert wait_for(again)


def test_listen_ends_the_jail(listen):
    """At the time limit, and when the client is gone."""
    word = f"74.{os.getpid()}"
    with listen(f"echo in; sleep {word}", "-t", "1") as server:
        start = time.monotonic()
        assert everything(server.connect()) == b"in\n" and time.monotonic() - start < 5 * toast.SCALE
    with listen(f"echo in; sleep {word}") as server:
        c = server.connect()
        assert c.recv(9) == b"in\n" and wait_for(lambda: processes_with(f"sleep\0{word}"))
        c.close()
        assert wait_for(lambda: not processes_with(f"sleep\0{word}"), 4)


# ------------------------------------------------------------------ unprivileged
UID = 31234


@pytest.fixture
def as_user(base, root):
    """As a user without any rights; the program lies where he can reach it."""
    program = base / "toastainer-of-all"
    if not program.exists():
        shutil.copy(toast.BIN, program)

    def go(*opts):
        p = toast.subprocess.Popen([program, "-Q", *map(str, opts)], user=UID, group=UID, extra_groups=[], cwd="/",
                                   stdin=toast.subprocess.DEVNULL, stdout=toast.subprocess.PIPE, stderr=toast.subprocess.PIPE)
        return toast.finish(p)
    return go


@pytest.mark.parametrize("opts, script, rc, out", [
    (["-Mo"], "id -u; cat /proc/self/uid_map /proc/self/setgroups; exit 4", 4, [str(UID), str(UID), str(UID), "1", "deny"]),
    (["-Me", "--disable_proc"], "id -u; hostname; exit 8", 8, [str(UID), "NSJAIL"]),
    (["-Mo", "--user", "0", "--group", "0"], "id -u; id -g", 0, ["0", "0"]),
    (["-Mo", "-T", "/tmp"], "touch /tmp/x && ls /tmp", 0, ["x"]),
    (["-Mo", "--user", "0:0:1"], "echo no", 255, []),
    (["-Mo", "--disable_clone_newuser"], "echo no", 255, []),
    (["-Mo", "--nice_level", "-10"], "test $(cut -d' ' -f19 /proc/self/stat) -ge 0", 0, []),
], ids=["himself", "execve", "root inside", "mounts", "others' ids", "no user namespace", "nice"])
def test_unprivileged(as_user, root, opts, script, rc, out):
    r = as_user(*opts, "-c", root, "--", "/bin/sh", "-c", script)
    assert (r.rc, r.out.split()) == (rc, out), r
