#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares what a launch costs: toastainer, a hand-written floor, and the launchers found here.

All start the same static no-op in the same jail, as near as each of them can make it: new user,
mount, pid, ipc, uts and cgroup namespaces (and a net namespace in a second pass), a read-only tmpfs
root with five read-only binds, proc, nsjail's resource limits, no capabilities, no_new_privs. What
a launcher does differently is found out by looking around in its jail, and listed under the tables.

See README.md beside this file for the method. It never judges a timing. Exit status: 0 measured,
1 toastainer is built but did not start the job, 77 not even the floor runs here, 2 wrong usage.
"""

import argparse
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import random
import re
import resource
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ENV = {"PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"}

TIMEOUT_S = 60        # for one answer of the driver; a launcher that hangs must not hang us
TICKS = os.sysconf("SC_CLK_TCK")
BLOCK_S = 0.25        # the kernel counts idle time in steps of 10 ms: shorter is not judged fairly
MAX_TRIES = 5         # times the wanted number of rounds, on a machine that is never quiet
WORKERS = (2, 8)

NAMESPACES = ("user", "mnt", "pid", "ipc", "uts", "cgroup", "net")
RLIMITS = {"AS": 4096 << 20, "CORE": 0, "CPU": 600, "FSIZE": 1 << 20, "NOFILE": 32}


# --- the contenders -----------------------------------------------------------------------------

class Setup:
    """Where things are, and what the jails are made of."""

    def __init__(self, build, tmp):
        self.build = build
        self.bench = build / "tests/bench"
        self.tmp = tmp
        system = [d for d in ("/bin", "/usr", "/lib", "/lib64", "/etc", "/sbin", "/opt")
                  if os.path.isdir(d)][:4]
        self.binds = [(d, d) for d in system] + [(str(self.bench), "/job")]
        self.noop = ["/job/noop"]

    def flags(self, form):
        """One or more arguments for each bind: flags(["-R", "{src}:{dst}"])."""
        return [part.format(src=src, dst=dst) for src, dst in self.binds for part in form]

    def on_host(self, job):
        """The job, as a launcher that keeps the host's root has to name it."""
        return [job[0].replace("/job", str(self.bench), 1), *job[1:]]

    def root_dir(self):
        """An empty root on disk, with the mount points that a launcher cannot make itself."""
        root = self.tmp / "root"
        for name in [dst for _, dst in self.binds] + ["/proc", "/dev", "/sys", "/run", "/tmp"]:
            (root / name[1:]).mkdir(parents=True, exist_ok=True)
        return root


def floor(setup, exe, job, net, *flags):
    return [exe, *flags, *(["-n"] if net else []), *setup.flags(["-R", "{src}:{dst}"]), "--", *job]


def floor_run(setup, exe, job, net):
    return floor(setup, exe, job, net, "-r")


def nsjail(setup, exe, job, net):
    return [exe, "-Mo", "-Q", *([] if net else ["-N"]),
            *setup.flags(["-R", "{src}:{dst}"]), "--", *job]


def toastainer_run(setup, exe, job, net):
    return [exe, "run", *([] if net else ["-N"]),
            *setup.flags(["-R", "{src}:{dst}"]), "--", *job]


def bubblewrap(setup, exe, job, net):
    spaces = ["user", "pid", "ipc", "uts", "cgroup"] + (["net"] if net else [])
    return [exe, *("--unshare-" + s for s in spaces), "--hostname", "bench", "--as-pid-1",
            "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL",
            *setup.flags(["--ro-bind", "{src}", "{dst}"]), "--proc", "/proc",
            "--remount-ro", "/", "--", *job]


def minijail(setup, exe, job, net):
    limits = [f"{getattr(resource, 'RLIMIT_' + k)},{v},{v}" for k, v in RLIMITS.items()]
    return [exe, "-U", "-m", "-M", "-v", "-p", "-I", "-l", "-N", "--uts=bench",
            *(["-e"] if net else []), "-n", "-c", "0", "-T", "static",
            *(a for limit in limits for a in ("-R", limit)),
            "-P", str(setup.root_dir()), "-k", "proc,/proc,proc,0xf",
            *setup.flags(["-b", "{src},{dst}"]), "--", *job]


def unshare(setup, exe, job, net):
    return [exe, "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "--ipc",
            "--uts", "--cgroup", *(["--net"] if net else []), "--mount-proc", "--",
            *setup.on_host(job)]


def bundle(setup, job, net):
    """An OCI bundle for crun and runc."""
    spaces = ["user", "mount", "pid", "ipc", "uts", "cgroup"] + (["network"] if net else [])
    ids = {"containerID": 0, "size": 1}
    config = {
        "ociVersion": "1.0.0",
        "process": {
            "user": {"uid": 0, "gid": 0}, "args": job, "cwd": "/", "env": [],
            "capabilities": {}, "noNewPrivileges": True,
            "rlimits": [{"type": "RLIMIT_" + k, "hard": v, "soft": v} for k, v in RLIMITS.items()],
        },
        "root": {"path": str(setup.root_dir()), "readonly": True},
        "hostname": "bench",
        "mounts": [{"destination": "/proc", "type": "proc", "source": "proc",
                    "options": ["ro", "nosuid", "nodev", "noexec"]}] +
                  [{"destination": dst, "type": "bind", "source": src, "options": ["rbind", "ro"]}
                   for src, dst in setup.binds],
        "linux": {
            "namespaces": [{"type": s} for s in spaces],
            "uidMappings": [{**ids, "hostID": os.geteuid()}],
            "gidMappings": [{**ids, "hostID": os.getegid()}],
        },
    }
    path = setup.tmp / f"bundle-{'net' if net else 'host'}-{job[0].replace('/', '_')}"
    path.mkdir(exist_ok=True)
    (path / "config.json").write_text(json.dumps(config))
    return str(path)


def crun(setup, exe, job, net):
    return [exe, "--cgroup-manager=disabled", "--root", str(setup.tmp / "crun"), "run",
            "--bundle", bundle(setup, job, net), "@ID@"]


def runc(setup, exe, job, net):
    return [exe, "--root", str(setup.tmp / "runc"), "run", "--bundle", bundle(setup, job, net),
            "@ID@"]


def firejail(setup, exe, job, net):
    limits = [f"--rlimit-{k.lower()}={v}" for k, v in RLIMITS.items() if k != "CORE"]
    return [exe, "--quiet", "--noprofile", "--caps.drop=all", "--nonewprivs", "--ipc-namespace",
            "--hostname=bench", *limits, *(["--net=none"] if net else []), "--",
            *setup.on_host(job)]


def nspawn(setup, exe, job, net):
    return [exe, "--quiet", f"--directory={setup.root_dir()}", "--read-only", "--register=no",
            "--keep-unit", "--settings=no", "--console=pipe", "--private-users=identity",
            "--drop-capability=all", "--no-new-privileges=yes", "--hostname=bench",
            "--machine=@ID@", "--link-journal=no", "--resolv-conf=off", "--timezone=off",
            *(f"--rlimit=RLIMIT_{k}={v}" for k, v in RLIMITS.items()),
            *(["--private-network"] if net else []), *setup.flags(["--bind-ro={src}:{dst}"]),
            "--", *job]


@dataclasses.dataclass(frozen=True)
class Contender:
    """One row: where it is (below the build folder, or a name in PATH), how it is called, and what
    its notes must say that looking around in its jail cannot tell."""
    name: str
    where: str
    command: object
    note: str = ""
    group: str = "jail"

    def find(self, setup):
        if "/" not in self.where:
            return shutil.which(self.where, path=ENV["PATH"])
        path = setup.build / self.where
        return str(path) if os.access(path, os.X_OK) else None


BASELINE = {"jail": "floor", "run": "floor-run"}
GROUPS = {"jail": "the jail of nsjail's defaults with five read-only binds",
          "run": "the defaults of `toastainer run`: adds /dev, a private /tmp and an init"}

CONTENDERS = (
    Contender("raw", "./tests/bench/noop", lambda setup, exe, job, net: setup.on_host(job),
              "fork and exec of the job, no jail at all"),
    Contender("floor", "./tests/bench/floor", floor, "static glibc"),
    Contender("floor-musl", "./tests/bench/floor-musl", floor, "same source, static musl"),
    Contender("toastainer", "./toastainer", nsjail, "also sets nice 19, as nsjail does"),
    Contender("nsjail", "nsjail", nsjail, "also sets nice 19"),
    Contender("minijail0", "minijail0", minijail, "root is a folder on disk"),
    Contender("unshare", "unshare", unshare, "makes no root of its own and no binds"),
    Contender("bubblewrap", "bwrap", bubblewrap),
    Contender("crun", "crun", crun, "root is a folder on disk; no cgroup"),
    Contender("runc", "runc", runc, "root is a folder on disk; makes a cgroup when it may"),
    Contender("firejail", "firejail", firejail, "hides and write-protects parts of its root"),
    Contender("systemd-nspawn", "systemd-nspawn", nspawn, "root is a folder on disk"),
    Contender("floor-run", "./tests/bench/floor", floor_run, "static glibc", "run"),
    Contender("floor-run-musl", "./tests/bench/floor-musl", floor_run, "same source, static musl",
              "run"),
    Contender("toastainer-run", "./toastainer", toastainer_run, "", "run"),
)


@dataclasses.dataclass
class Case:
    """A contender in one pass, and all that was measured of it."""
    who: Contender
    exe: str
    argv: list
    facts: dict = None
    wall_us: list = dataclasses.field(default_factory=list)
    cpu_us: list = dataclasses.field(default_factory=list)
    rates: dict = dataclasses.field(default_factory=lambda: {w: [] for w in WORKERS})
    failures: int = 0
    syscalls: int = None
    peak_kib: int = None

    def median(self):
        return statistics.median(self.wall_us) if self.wall_us else None


# --- what the jail is like ----------------------------------------------------------------------

PROBE = """
echo job $$
echo as $(ulimit -v)
for n in %s; do echo $n $(readlink /proc/self/ns/$n); done
while read -r key value; do echo $key $value; done </proc/self/status
case $(cat /proc/net/fib_trie) in *127.0.0.1*) echo loopback up;; esac
while read -r line; do echo mount $line; done </proc/self/mountinfo
""" % " ".join(NAMESPACES)


def run_once(argv):
    """Runs a launcher outside of any measurement. Return: (exit status, output, errors)."""
    argv = [a.replace("@ID@", f"bench-probe-{os.getpid()}") for a in argv]
    try:
        p = subprocess.run(argv, env=ENV, stdin=subprocess.DEVNULL, capture_output=True,
                           text=True, errors="replace", timeout=TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired) as e:
        return -1, "", str(e)
    return p.returncode, p.stdout, p.stderr


def probe(argv):
    """Looks around in a jail. Return: the facts, or {} where no shell runs in it."""
    status, out, _ = run_once(argv)
    if status != 0:
        return {}
    facts = {"mounts": []}
    for line in out.splitlines():
        key, _, value = line.partition(" ")
        if key == "mount":
            facts["mounts"].append(value.split())
        else:
            facts[key.rstrip(":")] = value
    return facts


def root_of(mounts):
    """(device, folder on it, 'ro' or 'rw') of the last mount on /, which is the one in use."""
    roots = [(m[2], m[3], m[5].split(",")[0]) for m in mounts if m[4] == "/"]
    return roots[-1] if roots else (None, None, None)


def differences(jail, base, host):
    """How a jail differs from the floor's, in words."""
    if not jail or not base:
        return ["not looked into"]
    shared = [n for n in NAMESPACES if jail.get(n) == host.get(n) != base.get(n)]
    own = [n for n in NAMESPACES if jail.get(n) != host.get(n) == base.get(n)]
    unlimited = jail.get("as") == host.get("as") != base.get("as")
    caps = jail.get("CapEff") != base.get("CapEff")
    bounding = jail.get("CapBnd") != base.get("CapBnd")
    root, host_root = root_of(jail["mounts"]), root_of(host["mounts"])
    more = len(jail["mounts"]) - len(base["mounts"])
    found = (
        (shared, f"shares the host's {', '.join(shared)} namespace"),
        (own, f"has a {', '.join(own)} namespace of its own"),
        (root[:2] == host_root[:2], "keeps the host's root"),
        (root[2] != "ro", "root is writable"),
        (caps, "keeps capabilities"),
        (bounding and not caps, "keeps the bounding set"),
        (jail.get("NoNewPrivs") != base.get("NoNewPrivs"), "no no_new_privs"),
        (jail.get("Seccomp") != base.get("Seccomp"), "installs a seccomp filter"),
        (unlimited, "no resource limits"),
        (base.get("loopback") and not jail.get("loopback"), "leaves the loopback down"),
        (jail["job"] != base["job"], "the job is pid " + jail["job"]),
        (more, f"{abs(more)} {'more' if more > 0 else 'fewer'} mounts"),
    )
    return [text for holds, text in found if holds]


# --- measuring ----------------------------------------------------------------------------------

class Driver:
    """The process that launches and measures; see launch.c for what it is asked and answers."""

    def __init__(self, argv, errors):
        self.errors = errors
        self.process = subprocess.Popen(argv, env=ENV, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=errors.open("wb"),
                                        start_new_session=True)

    def ask(self, *request):
        self.process.stdin.write("\t".join(map(str, request)).encode() + b"\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], TIMEOUT_S)
        answer = self.process.stdout.readline() if ready else b""
        if not answer:
            why = "died" if ready else f"gave no answer in {TIMEOUT_S} s"
            tail = self.errors.read_text(errors="replace")[-500:]
            raise RuntimeError(f"launch {why} at {' '.join(map(str, request))}\n{tail}")
        return [int(n) for n in answer.split()]

    def close(self):
        # Its own session: a launcher that hangs goes with it.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Progress:
    """One line that is written over, on a terminal only."""

    def __init__(self):
        self.on = sys.stderr.isatty()

    def __call__(self, text=""):
        if self.on:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def idle_s():
    """CPU seconds that all CPUs together were idle; exact to 10 ms where the ticks stop in idle."""
    with open("/proc/stat") as f:
        fields = f.readline().split()
    return (int(fields[4]) + int(fields[5])) / TICKS


def kernel_s():
    """CPU seconds of all kernel threads. What they do is mostly to clean up after the jails, a
    network namespace above all: it is no reason to call a round noisy."""
    ticks = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rpartition(")")[2].split()
        except OSError:         # gone since
            continue
        if fields[1] == "2" or pid == "2":
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


class Meter:
    """How much of the machine others used: what was neither idle nor used by us or the kernel."""

    def __init__(self):
        self.kernel = kernel_s()
        self.start, self.idle, self.own = time.monotonic(), idle_s(), time.process_time()

    def elapsed(self):
        return time.monotonic() - self.start

    def others(self, launched_s):
        """As a share of one CPU; @launched_s: CPU time of the driver and what it launched."""
        elapsed = self.elapsed()
        idle = idle_s() - self.idle
        ours = time.process_time() - self.own + launched_s + kernel_s() - self.kernel
        return max(0.0, (elapsed * os.cpu_count() - idle - ours) / elapsed)


def one_round(driver, cases):
    """Each case once, in a new order. Return: ([(case, wall us, CPU us, ok)], CPU seconds)."""
    samples, used = [], 0
    for case in random.sample(cases, len(cases)):
        wall, status, cpu, own = driver.ask("run", *case.argv)
        samples.append((case, wall / 1e3, cpu / 1e3, status == 0))
        used += cpu + own
    return samples, used / 1e9


def measure_rounds(driver, cases, want, noise, progress):
    """Rounds until enough of them were quiet. Return: what there is to say about them."""
    quiet, noisy, shares = [], [], []
    while len(quiet) < want and len(quiet) + len(noisy) < want * MAX_TRIES:
        # Short rounds are judged together, as the kernel's clock for idle time is coarse.
        meter, block, used = Meter(), [], 0.0
        while not block or meter.elapsed() < BLOCK_S:
            samples, seconds = one_round(driver, cases)
            block.append(samples)
            used += seconds
        shares.append(meter.others(used))
        (quiet if shares[-1] <= noise else noisy).extend(block)
        progress(f"rounds: {len(quiet)} of {want} quiet, {len(noisy)} discarded")
    # Better doubtful figures that are called so than none.
    enough = len(quiet) >= min(want, 5)
    for case, wall, cpu, ok in (s for r in (quiet if enough else quiet + noisy) for s in r):
        if ok:
            case.wall_us.append(wall)
            case.cpu_us.append(cpu)
        else:
            case.failures += 1
    return {"wanted": want, "quiet": len(quiet), "discarded": len(noisy) if enough else 0,
            "noisy": not enough, "others_median": statistics.median(shares)}


def measure_rates(driver, cases, repeats, ms, progress):
    for n in range(repeats):
        for workers in WORKERS:
            for case in random.sample(cases, len(cases)):
                progress(f"launches per second: repeat {n + 1} of {repeats}, {workers} workers")
                rate, failed = driver.ask("rate", workers, ms, *case.argv)
                case.failures += failed
                if rate:
                    case.rates[workers].append(rate / 1000)


def measure_pass(driver, cases, args, progress):
    driver.ask("run", *cases[0].argv)       # zeroes the driver's own CPU account
    rounds = measure_rounds(driver, cases, args.rounds, args.noise, progress)
    measure_rates(driver, cases, *((1, 100) if args.quick else (5, 300)), progress)
    for case in cases:
        progress(f"tracing {case.who.name}")
        calls, kib, status = driver.ask("trace", *case.argv)
        if status == 0:
            case.syscalls, case.peak_kib = calls, kib
    progress()
    return rounds


def prepare(setup, net, only, skipped, progress):
    """The cases of one pass: what is there and can start the job."""
    cases = []
    for who in CONTENDERS:
        exe = who.find(setup)
        if only and who.name not in only and who.name not in BASELINE.values():
            continue
        if not exe:
            skipped[who.name] = "not built" if "/" in who.where else "not installed"
            continue
        progress(f"trying {who.name}")
        argv = who.command(setup, exe, setup.noop, net)
        status, _, errors = run_once(argv)
        if status != 0:
            reason = " ".join(errors.split())[:160] or "no message"
            skipped[who.name] = (f"failed with status {status}"
                                 f"{' with a network namespace' if net else ''}: {reason}")
            continue
        shell = ["/bin/sh", "-c", PROBE]
        cases.append(Case(who, exe, argv, probe(who.command(setup, exe, shell, net))))
    progress()
    # A group that is nothing but floors compares nothing.
    lone = {g for g in GROUPS if only and not any(c.who.group == g and c.who.name in only
                                                  for c in cases)}
    return [c for c in cases if c.who.group not in lone]


# --- the report ---------------------------------------------------------------------------------

def version(case):
    if "/" in case.who.where:       # of this tree
        return ""
    status, out, _ = run_once([case.exe, "--version"])
    found = re.search(r"\d[\w.+~-]*", out) if status == 0 else None
    return found.group() if found else ""


def machine():
    cpus = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^(?:model name|Model|uarch)\s*:\s*(.+)$", cpus, re.M)
    with open("/proc/self/mountinfo") as f:
        mounts = sum(1 for _ in f)
    return {"kernel": platform.release(), "arch": platform.machine(), "cpus": os.cpu_count(),
            "model": model.group(1).strip() if model else "unknown",
            "user": "root" if os.geteuid() == 0 else "unprivileged", "host_mounts": mounts,
            "date": datetime.date.today().isoformat()}


def p95(values):
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))] if values else None


def row(case, base, host):
    median, floor_median = case.median(), base.median() if base else None
    return {
        "name": case.who.name, "group": case.who.group, "version": version(case),
        "command": case.argv, "samples": len(case.wall_us), "failures": case.failures,
        "min_us": min(case.wall_us, default=None), "median_us": median, "p95_us": p95(case.wall_us),
        "x_floor": median / floor_median if median and floor_median else None,
        "cpu_us": statistics.median(case.cpu_us) if case.cpu_us else None,
        "rate": {w: statistics.median(r) if r else None for w, r in case.rates.items()},
        "peak_kib": case.peak_kib, "syscalls": case.syscalls,
        "differs": differences(case.facts, base.facts, host)
                   if base and case is not base and case.who.name != "raw" else [],
    }


COLUMNS = (
    ("", lambda r: f"{r['name']} {r['version']}".strip()),
    ("min us", lambda r: number(r["min_us"])),
    ("median us", lambda r: number(r["median_us"])),
    ("p95 us", lambda r: number(r["p95_us"])),
    ("x floor", lambda r: number(r["x_floor"], 2)),
    ("CPU us", lambda r: number(r["cpu_us"])),
    *((f"/s, {w} workers", lambda r, w=w: number(r["rate"][w])) for w in WORKERS),
    ("peak KiB", lambda r: number(r["peak_kib"])),
    ("syscalls", lambda r: number(r["syscalls"])),
)


def number(value, digits=0):
    return "-" if value is None else f"{value:.{digits}f}"


def table(rows, markdown):
    cells = [[title for title, _ in COLUMNS]] + [[f(r) for _, f in COLUMNS] for r in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(COLUMNS))]
    lines = ["  ".join(c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(l, widths)))
             for l in cells]
    if not markdown:
        return [l.rstrip() for l in lines]
    lines = ["| " + " | ".join(l) + " |" for l in cells]
    return [lines[0], "|---|" + "---:|" * (len(COLUMNS) - 1), *lines[1:]]


def report(result, markdown=False):
    """The whole report as text: the same words for a terminal and for the documentation."""
    m, heading = result["machine"], "### " if markdown else ""
    bullet = "- " if markdown else "  "
    lines = [
        f"{m['kernel']} {m['arch']}, {m['cpus']} CPUs, {m['model']}, {m['host_mounts']} mounts on "
        f"the host, as {m['user']}, {m['date']}.",
        f"A round is each launcher once, in a new order; blocks of rounds in which others (other "
        f"processes, the hypervisor) used more than {result['noise']:.0%} of one CPU "
        f"are discarded.",
    ]
    for p in result["passes"]:
        r = p["rounds"]
        title = "New network namespace, loopback up" if p["net"] else "No network namespace"
        lines += ["", heading + title, "",
                  f"{r['quiet']} quiet rounds, {r['discarded']} discarded; others used "
                  f"{r['others_median']:.0%} of a CPU in the median."]
        if r["noisy"]:
            lines += ["THE MACHINE WAS NOT QUIET: no round is discarded, do not quote these."]
        elif r["quiet"] < r["wanted"]:
            lines += [f"Only {r['quiet']} of the {r['wanted']} rounds wanted were quiet."]
        for group, title in GROUPS.items():
            rows = [row for row in p["rows"] if row["group"] == group]
            if rows:
                lines += ["", f"{title[0].upper()}{title[1:]}:", "", *table(rows, markdown)]
    notes = merge_notes(result["passes"])
    lines += ["", "What differs from the floor's jail:", ""]
    lines += [f"{bullet}{name}: {'; '.join(texts)}" for name, texts in notes.items()]
    if result["skipped"]:
        lines += ["", "Left out:", ""]
        lines += [f"{bullet}{name}: {why}" for name, why in result["skipped"].items()]
    return "\n".join(lines) + "\n"


def merge_notes(passes):
    notes = {c.name: [c.note] if c.note else [] for c in CONTENDERS}
    for r in (r for p in passes for r in p["rows"]):
        texts = notes[r["name"]]
        failed = [f"launches that failed: {r['failures']}"] if r["failures"] else []
        texts.extend(t for t in r["differs"] + failed if t not in texts)
    measured = {r["name"] for p in passes for r in p["rows"]}
    return {name: texts for name, texts in notes.items() if texts and name in measured}


# --- the command --------------------------------------------------------------------------------

def parse_args():
    names = [c.name for c in CONTENDERS]
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                epilog="NAME is one of: " + ", ".join(names))
    p.add_argument("--build", metavar="DIR", type=pathlib.Path, default=HERE.parents[1] / "build",
                   help="the build folder (default: %(default)s)")
    p.add_argument("--rounds", metavar="N", type=int, help="quiet rounds to measure (default: 200)")
    p.add_argument("--only", metavar="NAME,...", type=lambda s: set(s.split(",")),
                   help="compare only these with the floor")
    p.add_argument("--noise", metavar="SHARE", type=float, default=0.25,
                   help="share of one CPU that others may use in a round (default: %(default)s)")
    p.add_argument("--quick", action="store_true", help="few rounds, to see that it works")
    p.add_argument("--json", metavar="FILE", help="write all figures to FILE")
    p.add_argument("--markdown", metavar="FILE", help="write the report for the documentation")
    p.add_argument("--mixed", action="store_true", help="leave a mixed set-up of cgroup v1 and v2 as it is: without crun")
    args = p.parse_args()
    args.rounds = args.rounds or (10 if args.quick else 200)
    args.build = args.build.resolve()
    unknown = (args.only or set()) - set(names)
    if unknown:
        p.error(f"no such launcher: {', '.join(sorted(unknown))}")
    if not os.access(args.build / "tests/bench/launch", os.X_OK):
        p.error(f"{args.build}/tests/bench/launch is not built")
    return args


def measure(args, tmp, progress):
    setup = Setup(args.build, tmp)
    result = {"machine": machine(), "noise": args.noise, "passes": [], "skipped": {}}
    host = probe(["/bin/sh", "-c", PROBE])
    driver = Driver([str(setup.bench / "launch")], tmp / "errors")
    try:
        for net in (False, True):
            cases = prepare(setup, net, args.only, result["skipped"], progress)
            base = {g: next((c for c in cases if c.who.name == b), None)
                    for g, b in BASELINE.items()}
            if not any(base.values()):
                return result
            rounds = measure_pass(driver, cases, args, progress)
            rows = [row(c, base[c.who.group], host) for c in cases]
            rows.sort(key=lambda r: r["median_us"] or float("inf"))
            result["passes"].append({"net": net, "rounds": rounds, "rows": rows})
    finally:
        driver.close()
    return result


UNIFIED = "/sys/fs/cgroup/unified"


def without_mixed_cgroups():
    """crun 1.8 starts nothing where both v1 hierarchies and a v2 one beside them have controllers. As root, all is
    measured in a mount namespace without the latter, which nothing here needs."""
    try:
        mixed = pathlib.Path(UNIFIED, "cgroup.controllers").read_text().strip()
    except OSError:
        return
    if mixed and os.geteuid() == 0 and "--mixed" not in sys.argv and shutil.which("crun", path=ENV["PATH"]):
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                              f'umount {UNIFIED}; exec "$@"', "sh", sys.executable, *sys.argv, "--mixed"])


def main():
    args = parse_args()
    without_mixed_cgroups()
    # What a launcher left mounted or undeletable there is its own fault, and no reason to fail.
    with tempfile.TemporaryDirectory(prefix="toastainer-bench-", ignore_cleanup_errors=True) as tmp:
        result = measure(args, pathlib.Path(tmp), Progress())
    if not result["passes"]:
        print("skipped: the floor does not run here:", result["skipped"], file=sys.stderr)
        return 77
    print(report(result), end="")
    if args.markdown:
        pathlib.Path(args.markdown).write_text(report(result, markdown=True))
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(result, indent=1) + "\n")
    broken = [n for n, why in result["skipped"].items()
              if n.startswith("toastainer") and why != "not built"]
    return 1 if broken else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
