#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the test suites and counts.

    tests/run.py [--build DIR] [--suite NAME[,NAME...]] [--slow] [-k EXPRESSION]

Suites: unit, functional-root, functional-user, functional-nested, attack-root, attack-user, fallback,
compat, vm, cross. As root all of them run, vm and cross only with --slow; the suites "user" become an unprivileged user, who gets a name and
subordinate ids in a mount namespace of his own. As another user, only those which that user can run.

vm boots two virtual machines (tests/vm/vm.py), one for root and one for a user of systemd with a delegated control
group, for the tests that are marked vm or core and those in tests/vm; with --slow for all that is in functional and attack.
cross builds the launcher for other processors and tries it under qemu-user.

The last line is `N passed, N failed, N skipped`. The exit status is not 0 when a test failed, or was
skipped for a reason that tests/expected-skips.txt does not list. $TOASTAINER_COUNTS names a file to which
the counts are appended, for a caller that adds up several runs.
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(TESTS), str(TESTS / "vm")]
import toast  # noqa: E402
import vm  # noqa: E402

REPO = TESTS.parent
PYTHON = "/usr/bin/python3"  # the one that Debian's python3-pytest belongs to
USER = 31234  # belongs to nobody
SUBIDS = (200000, 65536)
# Each line: these calls say ENOSYS, and the jail works all the same (tests/fallback/enosys.c).
MISSING = (
    "openat2",
    "clone3",
    "fsopen,fsconfig,fsmount,fspick",
    "open_tree,move_mount",
    "move_mount",
    "mount_setattr",
    "close_range",
    "pidfd_open",
    "pidfd_send_signal",
    "pidfd_open,pidfd_send_signal,clone3",
    "execveat",
    "epoll_pwait2,faccessat2,pidfd_getfd,memfd_create",
    "openat2,clone3,fsopen,fsconfig,fsmount,fspick,open_tree,move_mount,mount_setattr,close_range,"
    "pidfd_open,pidfd_send_signal,epoll_pwait2,faccessat2",
)


class Run:
    def __init__(self, opts):
        self.opts = opts
        self.count = collections.Counter()
        self.bad = []
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="toastainer-run."))
        self.work.chmod(0o755)
        self.binary = pathlib.Path(os.environ.get("TOASTAINER") or opts.build / "toastainer").resolve()
        self.public = None

    def note(self, suite, test, outcome, reason=""):
        self.count[outcome] += 1
        if outcome == "failed":
            self.bad.append(f"{suite}: {test} {reason}".rstrip())

    # ------------------------------------------------------------------ unit
    def unit(self):
        log = self.opts.build / "meson-logs" / "testlog.json"
        log.unlink(missing_ok=True)
        env = {**os.environ, **({"TOASTAINER_TEST_SLOW": "1"} if self.opts.slow else {})}
        subprocess.run(["meson", "test", "-C", self.opts.build, "--no-rebuild", "--print-errorlogs"], env=env)
        if not log.exists():
            return self.note("unit", "meson test", "failed", "left no log")
        for line in log.read_text().splitlines():
            t = json.loads(line)
            outcome = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}.get(t["result"], "failed")
            self.note("unit", t["name"], outcome, t["result"])

    # ------------------------------------------------------------------ pytest
    def pytest(self, suite, paths, prefix=(), env=None, where=None, extra=(), quiet=False):
        """One run of pytest; its tests are counted from the report that conftest.py writes."""
        where = where or (TESTS, self.binary)
        fd, name = tempfile.mkstemp(dir=self.work, suffix=".jsonl")
        os.close(fd)
        report = pathlib.Path(name)
        report.chmod(0o666)
        scratch = pathlib.Path(tempfile.mkdtemp(dir=self.work))
        scratch.chmod(0o777)
        env = {**os.environ, "TOASTAINER": str(where[1]), "PYTEST_DEBUG_TEMPROOT": str(scratch), "TOASTAINER_TEST_REPORT": str(report),
               "TOASTAINER_MUST_RUN": os.environ.get("TOASTAINER_MUST_RUN", "1"),
               "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/", **(env or {})}
        if self.opts.slow:
            env["TOASTAINER_TEST_SLOW"] = "1"
        argv = [*prefix, PYTHON, "-m", "pytest", "-q", "-c", where[0] / "pytest.ini", *extra,
                *(where[0] / p for p in paths)]
        if self.opts.k:
            argv += ["-k", self.opts.k]
        start = time.monotonic()
        p = subprocess.run([str(a) for a in argv], env=env, cwd=where[0], text=True, errors="replace",
                           stdout=subprocess.PIPE if quiet else None, stderr=subprocess.STDOUT if quiet else None)
        rc = p.returncode
        if quiet:
            print(p.stdout if rc else p.stdout.splitlines()[-1], flush=True)
        self.outcomes(suite, report.read_text(), rc, time.monotonic() - start)

    def outcomes(self, suite, report, rc, seconds):
        """Counts the tests of one run of pytest; rc is None where it did not come to its end."""
        outcomes = {}
        for line in report.splitlines():
            t = json.loads(line)
            if outcomes.get(t["id"], ("",))[0] != "failed":
                outcomes[t["id"]] = (t["outcome"], t["reason"])
        for test, (outcome, reason) in outcomes.items():
            self.note(suite, test, outcome, reason)
        if rc not in (0, 1, 5) or not outcomes:
            self.note(suite, "pytest", "failed", f"ended with {rc} after {len(outcomes)} tests")
        print(f"== {suite}: {len(outcomes)} tests in {seconds:.0f} s", flush=True)

    def as_user(self):
        """Command prefix that becomes the unprivileged user; he has a name and subordinate ids."""
        if os.geteuid() != 0:
            return []
        etc = self.work / "etc"
        if not etc.exists():
            etc.mkdir()
            for name, line in (("passwd", f"toasttest:x:{USER}:{USER}::/:/bin/sh"),
                               ("group", f"toasttest:x:{USER}:"),
                               ("subuid", f"toasttest:{SUBIDS[0]}:{SUBIDS[1]}"),
                               ("subgid", f"toasttest:{SUBIDS[0]}:{SUBIDS[1]}")):
                old = pathlib.Path("/etc", name)
                text = old.read_text() if old.exists() else ""
                (etc / name).write_text(text + ("" if text.endswith("\n") or not text else "\n") + line + "\n")
        binds = "".join(f"[ -e /etc/{n} ] || : > /etc/{n}; mount --bind {shlex.quote(str(etc / n))} /etc/{n} && "
                        for n in ("passwd", "group", "subuid", "subgid"))
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", binds + 'exec "$@"', "sh",
                "setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--inh-caps=-all"]

    def copy_tree(self, to):
        """The tests and what was built, readable for everyone."""
        shutil.copytree(TESTS, to / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        (to / "docs").mkdir()
        shutil.copy(REPO / "docs" / "result.schema.json", to / "docs")
        build = self.binary.parent
        for p in build.rglob("*"):
            copy = to / "build" / p.relative_to(build)
            if p.relative_to(build).parts[0] in ("vm", "cross"):
                continue
            if p.is_file() and os.access(p, os.X_OK) and p.suffix not in (".so", ".a") and "meson-" not in str(p):
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(p, copy)
        subprocess.run(["chmod", "-R", "a+rX", to], check=True)

    def for_user(self):
        """Where the unprivileged user finds tests and program: here, or a copy he can read."""
        if os.geteuid() != 0:
            return None
        probe = subprocess.run(["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "sh", "-c",
                                'test -r "$1" && test -x "$2"', "sh", TESTS / "conftest.py", self.binary])
        if probe.returncode == 0:
            return None
        if not self.public:
            self.public = self.work / "tree"
            self.copy_tree(self.public)
        return self.public / "tests", self.public / "build" / self.binary.name

    def functional_root(self):
        self.pytest("functional-root", ["functional"])

    def functional_user(self, quiet=False):
        self.pytest("functional-user", ["functional"], prefix=self.as_user(), where=self.for_user(), quiet=quiet)

    def functional_nested(self, quiet=False):
        nested = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child",
                  "--mount-proc"]
        self.pytest("functional-nested", ["functional"], prefix=[*self.as_user(), *nested], where=self.for_user(),
                    quiet=quiet)

    def functional_users(self):
        """The two together: they wait most of the time, and share nothing but the user."""
        self.as_user(), self.for_user()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(f, True) for f in (self.functional_user, self.functional_nested)]:
                done.result()

    def attack_root(self):
        self.pytest("attack-root", ["attack"])

    def attack_user(self):
        self.pytest("attack-user", ["attack"], prefix=self.as_user(), where=self.for_user())

    # ------------------------------------------------------------------ fallback
    def fallback(self):
        wrapper = self.work / "enosys"
        toast.compile_static(TESTS / "fallback" / "enosys.c", wrapper)
        self.pytest("fallback", ["fallback"], env={"ENOSYS": str(wrapper)})
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for done in [pool.submit(self.pytest, f"fallback without {calls}", ["functional"], extra=["-m", "core"],
                                     env={"TOASTAINER_WRAP": f"{wrapper} {calls}"}, quiet=True) for calls in MISSING]:
                done.result()
        self.pytest(f"fallback as a user without {MISSING[-1]}", ["functional"], extra=["-m", "core"],
                    prefix=self.as_user(), where=self.for_user(),
                    env={"TOASTAINER_WRAP": f"{wrapper} {MISSING[-1]}"})

    # ------------------------------------------------------------------ virtual machine
    def vm(self):
        start = time.monotonic()
        cache = pathlib.Path(os.environ.get("TOASTAINER_VM_CACHE") or self.opts.build / "vm")
        try:
            vm.prepare(cache)
        except vm.VmError as e:
            return self.note("vm", "image", "failed", str(e))
        print(f"== vm: image ready after {time.monotonic() - start:.0f} s", flush=True)
        programs = self.work / "programs"
        programs.mkdir()
        for source in [*TESTS.glob("programs/*.c"), *TESTS.glob("attack/*.c")]:
            toast.compile_static(source, programs / source.stem)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(self.vm_kind, cache, programs, kind) for kind in ("root", "user")]:
                done.result()

    def vm_kind(self, cache, programs, kind):
        start = time.monotonic()
        tree = self.work / f"vm-{kind}"
        self.copy_tree(tree)
        shutil.copytree(programs, tree / "programs")
        what = "functional attack" if self.opts.slow else "functional -m 'core or vm'"
        env = {"TOASTAINER": f"/toastainer/build/{self.binary.name}", "TOASTAINER_MUST_RUN": "1",
               "TOASTAINER_TEST_PROGRAMS": "/toastainer/programs", "TOASTAINER_TEST_SCALE": "10",
               "PYTHONDONTWRITEBYTECODE": "1"}
        command = f"cd /toastainer/tests && exec {PYTHON} -m pytest -q -c pytest.ini --durations=10 vm {what}"
        if self.opts.k:
            command += " -k " + shlex.quote(self.opts.k)
        status, out, report = vm.boot(cache, tree, command, kind, env, limit=7200 if self.opts.slow else 900)
        print(out, flush=True)
        self.outcomes(f"vm-{kind}", report, status, time.monotonic() - start)

    # ------------------------------------------------------------------ other processors
    def cross(self):
        for machine in ("aarch64", "riscv64"):
            build = self.opts.build / "cross" / machine
            if not (build / "build.ninja").exists():
                subprocess.run(["meson", "setup", build, "--cross-file", REPO / "tools" / "cross" / f"{machine}.ini",
                                        "-Dlauncher=static", "-Dtests=false"], cwd=REPO, check=False)
            if subprocess.run(["ninja", "-C", build, "toastainer"]).returncode:
                self.note(f"cross-{machine}", "build", "failed")
                continue
            self.pytest(f"cross-{machine}", ["cross", "functional/test_policy.py"], where=(TESTS, build / "toastainer"),
                        env={"TOASTAINER_WRAP": f"qemu-{machine}-static", "TOASTAINER_NATIVE": str(self.binary)},
                        extra=["--deselect", "functional/test_policy.py::test_include"])  # wants openat2

    # ------------------------------------------------------------------ compat
    def compat(self):
        """Recorded behaviour of nsjail; the checks are not part of this tree."""
        if (TESTS / "compat").is_dir():
            self.pytest("compat", ["compat"])
        where = pathlib.Path(os.environ.get("TOASTAINER_COMPAT_DIR") or REPO / ".." / "shared" / "compat")
        script = where / "nsjail_conformance.py"
        if not script.exists():
            print(f"SKIP compat: no {script} (TOASTAINER_COMPAT_DIR)")
            return self.note("compat", "nsjail_conformance", "skipped", "absent")
        later = [l.split()[0] for l in (TESTS / "compat-later.txt").read_text().splitlines()
                 if l.strip() and not l.startswith("#")]
        p = subprocess.run([PYTHON, script, self.binary, *(["-x", ",".join(later)] if later else [])],
                           capture_output=True, text=True)
        lines = p.stdout.splitlines()
        print("\n".join(l for l in lines if not l.startswith("PASS")) + p.stderr)
        for line in lines:
            m = re.match(r"(PASS|FAIL|SKIP) (\S+?):?( .*)?$", line)
            if m:
                outcome = {"PASS": "passed", "FAIL": "failed", "SKIP": "skipped"}[m[1]]
                if outcome == "skipped" and not self.skip_listed(f"compat:{m[2]}", m[3] or ""):
                    outcome = "failed"
                self.note("compat", m[2], outcome, m[3] or "")
        if not re.match(r"\d+ passed, \d+ failed$", lines[-1] if lines else ""):
            self.note("compat", "nsjail_conformance", "failed", "did not finish")

    @staticmethod
    def skip_listed(name, reason):
        for line in (TESTS / "expected-skips.txt").read_text().splitlines():
            pattern, _, why = line.strip().partition("  ")
            if pattern and not pattern.startswith("#") and fnmatch.fnmatch(name, pattern) and why.strip() in reason:
                return True
        return False

    def close(self):
        subprocess.run(["rm", "-rf", "--one-file-system", self.work])


def main():
    every = ["unit", "functional-root", "functional-user", "functional-nested", "attack-root", "attack-user",
             "fallback", "compat", "vm", "cross"]
    unprivileged = ["unit", "functional-user", "functional-nested", "attack-user"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=REPO / "build")
    parser.add_argument("--suite", help=f"some of {','.join(every)}")
    parser.add_argument("--slow", action="store_true", help="also what takes longer")
    parser.add_argument("-k", help="only tests that match (pytest's -k)")
    opts = parser.parse_args()
    opts.build = opts.build.resolve()
    suites = opts.suite.split(",") if opts.suite else every if os.geteuid() == 0 else unprivileged
    if not opts.suite and not opts.slow:
        suites = [s for s in suites if s not in ("vm", "cross")]
    unknown = set(suites) - set(every)
    if unknown:
        parser.error(f"no suite {', '.join(unknown)}")
    run = Run(opts)
    try:
        if {"functional-user", "functional-nested"} <= set(suites):
            suites = [s if s != "functional-user" else "functional-users" for s in suites if s != "functional-nested"]
        for suite in suites:
            getattr(run, suite.replace("-", "_"))()
    finally:
        run.close()
    if run.bad:
        print("\nFailed:\n  " + "\n  ".join(run.bad[:80]) + (f"\n  and {len(run.bad) - 80} more" if run.bad[80:] else ""))
    c = run.count
    if os.environ.get("TOASTAINER_COUNTS"):
        with open(os.environ["TOASTAINER_COUNTS"], "a") as f:
            f.write(f"{c['passed']} {c['failed']} {c['skipped']}\n")
    print(f"{c['passed']} passed, {c['failed']} failed, {c['skipped']} skipped")
    return 1 if c["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
