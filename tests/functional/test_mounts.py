# SPDX-License-Identifier: BSD-3-Clause
"""Every kind of mount, their order, and their flags."""
import os

import pytest

from toast import mounts, nsjail, run


@pytest.fixture
def src(tmp):
    (tmp / "f").write_text("content\n")
    (tmp / "sub").mkdir()
    tmp.chmod(0o777)
    return tmp


def flags(root, *opts, at="/mnt", f=run):
    m = mounts(f("-c", root, *opts, "--", "/bin/cat", "/proc/self/mountinfo").ok().out)
    return m[at]


@pytest.mark.core
def test_bind_read_only(sh, src):
    r = sh("cat /mnt/f; echo x > /mnt/f", "-R", f"{src}:/mnt")
    assert r.rc == 1 and r.out == "content\n"
    assert (src / "f").read_text() == "content\n"


@pytest.mark.core
def test_bind_writable(sh, src):
    sh("echo new > /mnt/f && mkdir /mnt/d", "-B", f"{src}:/mnt").ok()
    assert (src / "f").read_text() == "new\n" and (src / "d").is_dir()


@pytest.mark.core
def test_bind_one_file(root, src):
    r = run("-c", root, "-R", f"{src}/f:/etc/passwd", "--", "/bin/cat", "/etc/passwd")
    assert r.ok().out == "content\n"


def test_bind_same_place(root):
    """SRC alone is DST too."""
    r = run("-R", f"{root}/bin", "-s", f"{root}/bin:/bin", "--", "/bin/ls", f"{root}")
    assert r.ok().out == "bin\n"


@pytest.mark.core
def test_bind_missing_source(root):
    r = run("-c", root, "-R", "/no/such/source:/mnt", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and "/no/such/source" in r.errors()[0], r


@pytest.mark.parametrize("opt", ["--bindmount_ro_try", "--bindmount_try"])
def test_bind_optional(root, src, opt):
    run("-c", root, opt, "/no/such/source:/mnt", "--", "/bin/true").ok()
    assert run("-c", root, opt, f"{src}:/mnt", "--", "/bin/cat", "/mnt/f").ok().out == "content\n"


def test_bind_file_over_directory(root, src):
    r = run("-c", root, "-R", f"{src}/f:/mnt", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and "/mnt" in r.errors()[0], r


def test_bind_sockets_and_fifos(root, src):
    os.mkfifo(src / "fifo")
    r = run("-R", f"{root}/bin:/bin", "-R", f"{src}/fifo:/run/fifo", "--", "/bin/stat", "-c", "%F", "/run/fifo")
    assert r.ok().out == "fifo\n"


@pytest.mark.core
def test_tmpfs(sh):
    assert sh("ls -a /mnt; touch /mnt/x && echo rw", "-T", "/mnt").ok().out == ".\n..\nrw\n"


def test_tmpfs_has_a_size(sh):
    """4 MiB in the nsjail face, as recorded."""
    r = sh("dd if=/bin/busybox of=/mnt/a bs=1M count=1 2>/dev/null; for i in 1 2 3 4 5; do cat /mnt/a; done > /mnt/b;"
           "test $(stat -c %s /mnt/b) -lt 4194304", "-T", "/mnt", "--rlimit_fsize", "inf", face="nsjail")
    assert r.rc == 0, r


@pytest.mark.core
def test_any_type_with_options(sh, root):
    r = sh("stat -c %a /mnt; stat -f -c '%b %S' /mnt; touch /mnt/x && echo rw",
           "-m", "none:/mnt:tmpfs:size=8388608,mode=0710")
    mode, blocks, size, rw = r.ok().out.split()
    assert (mode, int(blocks) * int(size), rw) == ("710", 8388608, "rw")


def test_any_type_read_only(sh, root):
    assert sh("touch /mnt/x", "-m", "none:/mnt:tmpfs:ro").rc == 1
    assert "ro" in flags(root, "-m", "none:/mnt:tmpfs:ro")[1]


@pytest.mark.parametrize("flag", ["nosuid", "nodev", "noexec"])
def test_any_type_with_flags(root, flag):
    assert flag in flags(root, "-m", f"none:/mnt:tmpfs:{flag}")[1]


def test_proc(root):
    assert flags(root, "-m", "none:/mnt:proc:")[0] == "proc"


def test_devpts(sh, root):
    assert flags(root, "-m", "none:/mnt:devpts:newinstance,ptmxmode=0666")[0] == "devpts"
    assert sh("ls /mnt", "-m", "none:/mnt:devpts:newinstance").ok().out == "ptmx\n"


def test_mqueue(root):
    assert flags(root, "-m", "none:/mnt:mqueue:")[0] == "mqueue"


def test_unknown_type(root):
    r = run("-c", root, "-m", "none:/mnt:no_such_fs:", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and "no_such_fs" in r.errors()[0], r


def test_bad_option_of_a_type(root):
    r = run("-c", root, "-m", "none:/mnt:tmpfs:no_such_option=1", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and "/mnt" in r.errors()[0], r


@pytest.mark.core
def test_symlink(root):
    r = run("-R", f"{root}/bin:/bin", "-s", "/bin/busybox:/sl/link", "--", "/bin/readlink", "/sl/link")
    assert r.ok().out == "/bin/busybox\n"


def test_symlink_may_dangle(root):
    r = nsjail("-R", f"{root}/bin:/bin", "-s", "no/where:/dangling", "--", "/bin/readlink", "/dangling")
    assert r.ok().out == "no/where\n"


def test_symlink_over_something(root):
    r = run("-c", root, "-s", "/x:/etc/passwd", "--", "/bin/true")
    assert r.rc == 125 and len(r.errors()) == 1 and "/etc/passwd" in r.errors()[0], r


@pytest.mark.core
def test_file_with_content(sh):
    r = sh("cat /etc/passwd; echo x > /etc/passwd", "--file", "/etc/passwd:some: text\nand a line\n")
    assert r.rc == 1 and r.out == "some: text\nand a line\n"


def test_file_in_an_empty_root(root):
    r = run("-R", f"{root}/bin:/bin", "--file", "/a/b/c:hello", "--", "/bin/cat", "/a/b/c")
    assert r.ok().out == "hello"


def test_empty_file(root):
    r = run("-c", root, "--file", "/etc/passwd:", "--", "/bin/stat", "-c", "%s", "/etc/passwd")
    assert r.ok().out == "0\n"


@pytest.mark.core
def test_in_the_order_given(root, src):
    a = run("-c", root, "-R", f"{src}:/mnt", "-T", "/mnt", "--", "/bin/ls", "/mnt")
    b = run("-c", root, "-T", "/mnt", "-R", f"{src}:/mnt", "--", "/bin/ls", "/mnt")
    assert (a.ok().out, b.ok().out) == ("", "f\nsub\n")


def test_nested_targets(root, src):
    r = run("-c", root, "-T", "/mnt", "-R", f"{src}:/mnt/a/b", "-R", f"{src}/f:/mnt/a/b2", "--", "/bin/cat",
            "/mnt/a/b/f", "/mnt/a/b2")
    assert r.ok().out == "content\ncontent\n"


@pytest.mark.parametrize("dots", ["/mnt/../opt", "//opt", "/opt/", "/./opt", "/../../opt"])
def test_odd_spellings_of_a_target(root, src, dots):
    r = run("-c", root, "-R", f"{src}:{dots}", "--", "/bin/cat", "/opt/f")
    assert r.ok().out == "content\n"


def test_target_through_a_link_inside_the_root(own_root, src):
    """/run linked to /var: the mount lands on the root's own /var, not on the host's."""
    (own_root / "run").symlink_to("/var")
    r = run("-c", own_root, "-R", f"{src}:/run", "--", "/bin/cat", "/var/f")
    assert r.ok().out == "content\n"


@pytest.mark.parametrize("api", ["old", "new"])
@pytest.mark.parametrize("content", [(), ("--config",)], ids=["", "content"])
def test_bind_of_the_whole_machine(root, src, api, content):
    """What is mounted for the jail on top of "/" meanwhile is no part of it."""
    (src / "c.cfg").write_text('mount { dst: "/etc/hostname" src_content: "x" mandatory: false }')
    more = (*content, src / "c.cfg") if content else ()
    for opts, at in ((("-c", "/"), ""), (("-c", root, "-R", "/:/mnt"), "/mnt")):
        r = run(*more, "--experimental_mnt", api, *opts, "--", "/bin/sh", "-c", f"ls {at}/usr/bin/env")
        assert r.ok().out == f"{at}/usr/bin/env\n", r


@pytest.mark.modes("root", "nested")
@pytest.mark.parametrize("api", ["old", "new"])
@pytest.mark.parametrize("opt, writable", [("-R", False), ("-B", True)])
def test_bind_takes_submounts_along(root, src, in_mount_namespace, api, opt, writable):
    r = in_mount_namespace(f"mount -t tmpfs none {src}/sub && touch {src}/sub/there", "run",
                           f"--experimental_mnt={api}", "-c", root, opt, f"{src}:/mnt", "--", "/bin/sh", "-c",
                           "ls /mnt/sub; touch /mnt/sub/x")
    assert (r.rc == 0, r.out) == (writable, "there\n"), r


@pytest.mark.modes("root", "nested")
@pytest.mark.parametrize("api", ["old", "new"])
def test_flags_of_a_bind_source_stay(root, src, in_mount_namespace, api):
    """What the host mounted nosuid, nodev, noexec stays so when it is bound read-only."""
    r = in_mount_namespace(f"mount -t tmpfs -o nosuid,nodev,noexec none {src}/sub", "run",
                           f"--experimental_mnt={api}", "-c", root, "-R", f"{src}/sub:/mnt", "--",
                           "/bin/cat", "/proc/self/mountinfo")
    assert {"ro", "nosuid", "nodev", "noexec"} <= mounts(r.ok().out)["/mnt"][1]


@pytest.mark.modes("root", "nested")
def test_mounts_do_not_propagate(root, src, in_mount_namespace):
    """Not from the jail to a shared mount of the host."""
    r = in_mount_namespace(f"mount --bind {src} {src} && mount --make-shared {src}", "run", "--cap", "CAP_SYS_ADMIN",
                           "-c", root, "-B", f"{src}:/mnt", "--", "/bin/sh", "-c",
                           "mount -t tmpfs none /mnt/sub && touch /mnt/sub/jail")
    assert not (src / "sub" / "jail").exists(), r


def test_many_mounts(root, src):
    opts = [x for i in range(500) for x in ("-R", f"{src}/f:/mnt/{i}")]
    r = run("-c", root, "-T", "/mnt", *opts, "--", "/bin/sh", "-c", "ls /mnt | wc -l; cat /mnt/499")
    assert r.ok().out.split() == ["500", "content"]


def test_names_with_odd_characters(root, tmp):
    d = tmp / "a b\tc\n\\040é,=%s"
    d.mkdir()
    (d / "f").write_text("odd\n")
    r = run("-c", root, "-R", f"{d}:/mnt", "--", "/bin/cat", "/mnt/f")
    assert r.ok().out == "odd\n"


def config(tmp, text):
    p = tmp / "jail.cfg"
    p.write_text(text)
    return p


@pytest.mark.parametrize("flag", ["nosuid", "nodev", "noexec"])
@pytest.mark.parametrize("kind", ["bind", "tmpfs"])
def test_flags_from_a_config(root, src, tmp, flag, kind):
    what = f'src: "{src}" is_bind: true' if kind == "bind" else 'fstype: "tmpfs" rw: true'
    c = config(tmp, f'mount {{ src: "{root}" dst: "/" is_bind: true }} mount_proc: true\n'
                    f'mount {{ {what} dst: "/mnt" {flag}: true }}\n')
    r = nsjail("--config", c, "--", "/bin/cat", "/proc/self/mountinfo")
    assert flag in mounts(r.ok().out)["/mnt"][1]


def test_not_mandatory_from_a_config(root, tmp):
    c = config(tmp, f'mount {{ src: "{root}" dst: "/" is_bind: true }}\n'
                    'mount { src: "/no/such" dst: "/mnt" is_bind: true mandatory: false }\n'
                    'mount { dst: "/mnt" fstype: "no_such_fs" mandatory: false }\n')
    nsjail("--config", c, "--", "/bin/true").ok()


def test_nul_in_a_name(root, tmp):
    c = config(tmp, f'mount {{ src: "{root}\\000/etc" dst: "/" is_bind: true }}\n')
    r = nsjail("--config", c, "--", "/bin/true")
    assert r.rc == 255, r
