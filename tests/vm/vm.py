# SPDX-License-Identifier: BSD-3-Clause
"""A virtual machine for tests: Debian's kernel and systemd with nothing but cgroup v2, under QEMU.

Software emulation, so it works wherever QEMU does; a boot takes some seconds, and programs are several times
slower than outside. prepare() makes kernel and root file system from Debian packages, once: as root, into a
folder. boot() starts a machine from them whose writes are forgotten, with a tree of files as a second,
read-only disk, runs one command in it, and brings back what it printed and reported.

Used by tests/run.py (suites vm-root and vm-user). By hand:

    tests/vm/vm.py [--kind root|user] [--cache DIR] COMMAND...      the tree's tests and build are at /toastainer
"""
import argparse
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
SUITE = "bookworm"
USER, SUBIDS = 1000, "200000:65536"  # the same as those of the suites "user"
PACKAGES = ("systemd systemd-sysv dbus dbus-user-session libpam-systemd uidmap kmod passwd login mount util-linux "
            "iproute2 nftables libarchive13 procps strace e2fsprogs xfsprogs busybox-static python3-pytest python3-jsonschema").split()
TOOLS = {"qemu-system-x86_64": "qemu-system-x86", "mmdebstrap": "mmdebstrap", "mke2fs": "e2fsprogs",
         "dpkg-deb": "dpkg", "busybox": "busybox-static"}
MODULES = ("virtio_pci", "virtio_blk")  # what it takes to reach the disks
# What a machine that lives for one command does without. Started are: the bus, logind, our service.
WITHOUT = "sysinit local-fs multi-user graphical basic sockets timers initrd getty rescue"
REPORT = "/run/suite/report"

UNITS = {
    "suite.target": """[Unit]
Requires=basic.target dev-mqueue.mount dbus.socket
Wants=suite.service systemd-logind.service
After=basic.target
AllowIsolate=yes
""",
    "suite.service": """[Unit]
After=basic.target systemd-logind.service dev-mqueue.mount
[Service]
Type=oneshot
Delegate=yes
ExecStart=/toastainer/suite.sh
TimeoutStartSec=infinity
""",
    "user@.service.d/delegate.conf": "[Service]\nDelegate=cpu cpuset io memory pids\n",
}


class VmError(Exception):
    pass


def missing_tools():
    return sorted({package for tool, package in TOOLS.items() if not shutil.which(tool)})


def sh(*argv, **kw):
    """Runs a command; what it printed is shown if it fails."""
    p = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, errors="replace", **kw)
    if p.returncode:
        raise VmError(f"{argv[0]} ended with {p.returncode}:\n{p.stdout[-3000:]}")
    return p.stdout


# ---------------------------------------------------------------- the image
def kernel(cache, root):
    """Debian's kernel for virtual machines: the image, its modules in the root, and an initramfs."""
    depends = sh("apt-cache", "depends", "linux-image-cloud-amd64")
    package = re.search(r"Depends: (linux-image-\S+)", depends)
    if not package:
        raise VmError("apt knows no linux-image-cloud-amd64")
    sh("apt-get", "download", "-q", package[1], cwd=cache)
    deb = next(cache.glob(f"{package[1]}_*.deb"))
    unpacked = cache / "kernel"
    sh("dpkg-deb", "-x", deb, unpacked)
    deb.unlink()
    shutil.move(next(unpacked.glob("boot/vmlinuz-*")), cache / "vmlinuz")
    modules = next((unpacked / "lib" / "modules").iterdir())
    shutil.copytree(modules, root / "usr/lib/modules" / modules.name)
    shutil.rmtree(unpacked)
    sh("chroot", root, "depmod", modules.name)
    initramfs(cache, root / "usr/lib/modules" / modules.name)


def initramfs(cache, modules):
    """busybox, the modules in the order in which they load, and init.sh."""
    needs = {}
    for line in (modules / "modules.dep").read_text().splitlines():
        path, _, deps = line.partition(":")
        needs[pathlib.Path(path).stem] = [*reversed(deps.split()), path]
    d = cache / "initramfs"
    for name in ("bin", "proc", "dev", "newroot"):
        (d / name).mkdir(parents=True)
    order = list(dict.fromkeys(path for name in MODULES for path in needs.get(name, [])))
    for path in order:
        shutil.copy(modules / path, d / pathlib.Path(path).name)
    (d / "modules").write_text("".join(f"{pathlib.Path(p).name}\n" for p in order))
    shutil.copy(shutil.which("busybox"), d / "bin/busybox")
    for name in "sh mount umount insmod sleep switch_root".split():
        (d / "bin" / name).symlink_to("busybox")
    shutil.copy(HERE / "init.sh", d / "init")
    (d / "init").chmod(0o755)
    sh("sh", "-c", "find . | busybox cpio -o -H newc >../initrd", cwd=d)
    shutil.rmtree(d)


def mirror():
    """Where this machine gets Debian from; nothing where it does not say."""
    for p in [pathlib.Path("/etc/apt/sources.list"), *pathlib.Path("/etc/apt/sources.list.d").glob("debian*")]:
        found = re.search(r"^(?:deb\s+(?:\[.*\]\s+)?|URIs:\s*)(https?://\S*/debian)/?\s",
                          p.read_text() if p.exists() else "", re.M)
        if found:
            return [found[1]]
    return []


def root_file_system(root):
    # In a mount namespace of its own: if this is killed, what it has mounted in the root goes with it.
    sh("unshare", "--mount", "mmdebstrap", "--variant=essential", "--include=" + ",".join(PACKAGES),
       *(f"--dpkgopt=path-exclude=/usr/share/{d}/*" for d in ("man", "locale", "doc")), SUITE, root, *mirror())
    sh("chroot", root, "useradd", "--create-home", "--uid", USER, "--shell", "/bin/bash", "tester")
    for name in ("subuid", "subgid"):
        (root / "etc" / name).write_text(f"tester:{SUBIDS}\n")
    (root / "etc/hostname").write_text("toastvm\n")
    (root / "etc/fstab").write_text("")
    (root / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    (root / "toastainer").mkdir()
    for where in ("etc", "usr/lib"):
        for name in WITHOUT.split():
            shutil.rmtree(root / where / f"systemd/system/{name}.target.wants", ignore_errors=True)
    for name, text in UNITS.items():
        unit = root / "etc/systemd/system" / name
        unit.parent.mkdir(exist_ok=True)
        unit.write_text(text)


def prepare(cache):
    """Makes vmlinuz, initrd and root.ext4 in a folder, if they are not there already."""
    cache.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(pathlib.Path(__file__).read_bytes() + (HERE / "init.sh").read_bytes()).hexdigest()
    stamp = cache / "stamp"
    if stamp.exists() and stamp.read_text() == key:
        return
    if os.geteuid() != 0:
        raise VmError("only root can make the image")
    for name in ("root", "kernel", "initramfs"):
        sh("rm", "-rf", "--one-file-system", cache / name)
    root = cache / "root"
    root_file_system(root)
    kernel(cache, root)
    disk(root, cache / "root.ext4", 700)
    sh("rm", "-rf", "--one-file-system", root)
    stamp.write_text(key)


def disk(folder, image, spare):
    """An ext4 file system with what is in the folder and `spare` MiB more."""
    size = int(sh("du", "-sm", folder).split()[0]) * 11 // 10 + spare
    image.unlink(missing_ok=True)
    sh("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-d", folder, image, f"{size}M")


# ---------------------------------------------------------------- a boot
def boot(cache, tree, command, kind="root", env=None, limit=600, memory=1024, counted=False):
    """Runs a shell command as `kind` (root, user) in a fresh machine, with the folder `tree` at /toastainer.

    counted: one CPU, and a clock that counts its instructions.
    Return: (exit status or None if the machine did not get to the end, output, report).
    """
    work = pathlib.Path(tempfile.mkdtemp(prefix="toastainer-vm."))
    try:
        shutil.copy(HERE / "suite.sh", tree / "suite.sh")
        (tree / "suite.sh").chmod(0o755)
        (tree / "command").write_text(command + "\n")
        env = {**(env or {}), "TOASTAINER_VM": kind, "TOASTAINER_TEST_REPORT": REPORT}
        (tree / "environment").write_text("".join(f"export {k}='{v}'\n" for k, v in env.items()))
        disk(tree, work / "tree.ext4", 4)
        cpus = ["-accel", "tcg,thread=multi,tb-size=256", "-smp", "2"]
        if counted:
            cpus = ["-accel", "tcg,thread=single,tb-size=256", "-smp", "1", "-icount", "shift=1,sleep=off"]
        argv = ["qemu-system-x86_64", "-machine", "q35", *cpus, "-cpu", "qemu64", "-m", str(memory),
                "-nodefaults", "-no-user-config", "-no-reboot",
                "-display", "none", "-kernel", cache / "vmlinuz", "-initrd", cache / "initrd",
                "-append", "console=ttyS0 quiet panic=-1 nokaslr mitigations=off tsc=reliable no_timer_check "
                           "cryptomgr.notests audit=0 systemd.unit=suite.target "
                           "systemd.log_level=notice systemd.show_status=no " + os.environ.get("TOASTAINER_VM_APPEND", "")]
        for name in ("console", "out", "report"):
            argv += ["-serial", f"file:{work / name}"]
        for image in (cache / "root.ext4", work / "tree.ext4"):
            argv += ["-drive", f"if=virtio,format=raw,snapshot=on,cache=unsafe,file={image}"]
        try:
            p = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, timeout=limit, text=True, errors="replace")
            said = p.stdout
        except subprocess.TimeoutExpired:
            said = f"the machine did not end within {limit} s\n"
        console, out, report = ((work / n).read_text(errors="replace") if (work / n).exists() else ""
                                for n in ("console", "out", "report"))
        status = re.search(r'^\{"status": (\d+)\}\s*\Z', report, re.M)
        if not status:
            return None, f"{out}\n--- console\n{console[-6000:]}\n--- qemu\n{said}", report
        return int(status[1]), out, report[:status.start()]
    finally:
        sh("rm", "-rf", work)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=("root", "user"), default="root")
    parser.add_argument("--cache", type=pathlib.Path, default=REPO / "build" / "vm")
    parser.add_argument("command")
    opts = parser.parse_args()
    prepare(opts.cache)
    with tempfile.TemporaryDirectory(prefix="toastainer-tree.") as d:
        shutil.copytree(HERE.parent, pathlib.Path(d, "tests"))
        pathlib.Path(d, "build").mkdir()
        shutil.copy(REPO / "build" / "toastainer", pathlib.Path(d, "build"))
        status, out, report = boot(opts.cache, pathlib.Path(d), opts.command, opts.kind)
    sys.stdout.write(out + report)
    return 125 if status is None else status


if __name__ == "__main__":
    sys.exit(main())
