# SPDX-License-Identifier: BSD-3-Clause
"""image build: instructions, the cache, failures, hostile contexts and commands."""
import json
import os
import pathlib
import re
import subprocess

import pytest

import toast
from images import Store, entry, look, tar
from toast import MODE

pytestmark = pytest.mark.modes("root", "nested")


@pytest.fixture
def store(tmp, own_root):
    s = Store(tmp / "store")
    (own_root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nme:x:1000:100::/home/me:/bin/sh\n")
    (own_root / "etc/group").write_text("root:x:0:\nus:x:200:\n")
    s("import", own_root, "base").ok()
    (tmp / "ctx").mkdir()
    yield s
    s.whole()
    assert os.listdir(s.path / "tmp") == []


@pytest.fixture
def build(store, tmp):
    def go(text, *opts, ok=True, name="out", **kw):
        (tmp / "ctx/Dockerfile").write_text(text)
        r = store("build", "-t", name, *opts, tmp / "ctx", **kw)
        return r.ok() if ok else r
    go.ctx = tmp / "ctx"
    return go


def flat(store, tmp, name="out"):
    where = tmp / f"flat-{len(os.listdir(tmp))}"
    store("export", "--format", "dir", name, where).ok()
    return where


@pytest.mark.modes("root")
def test_a_whole_file(build, store, tmp):
    (build.ctx / "dir/sub").mkdir(parents=True)
    (build.ctx / "dir/a").write_text("a")
    (build.ctx / "dir/sub/b").write_text("b")
    (build.ctx / "one.c").write_text("1")
    (build.ctx / "two.c").write_text("2")
    r = build('''# a comment
ARG BASE=base
FROM ${BASE}
ENV GREETING="hello  world" PLAIN=x$GREETING
ENV OLD style of it
WORKDIR /srv/app
WORKDIR sub
COPY dir ./
COPY ["one.c", "/etc/renamed"]
COPY --chown=me:us --chmod=600 *.c /src/
ARG WHO=nobody
ARG ALSO
RUN echo "$GREETING $WHO $ALSO $OLD" > said && \\
    # in between
    pwd > where

RUN ["/bin/sh", "-c", "id -u > /tmp-id; rm /etc/group"]
USER me
RUN id -u; id -g; echo $HOME
LABEL a=b "c d"='e  f'
EXPOSE 80 53/udp
STOPSIGNAL SIGINT
ENTRYPOINT ["/bin/cat"]
CMD said
''', "--build_arg", "ALSO=given")
    assert r.out.split()[:3] == ["1000", "100", "/home/me"]
    f = flat(store, tmp)
    assert (f / "srv/app/sub/said").read_text() == "hello  world nobody given style of it\n"
    assert (f / "srv/app/sub/where").read_text() == "/srv/app/sub\n" and (f / "srv/app/sub/sub/b").exists()
    assert (f / "etc/renamed").read_text() == "1" and not (f / "etc/group").exists()
    st = (f / "src/two.c").stat()
    assert (st.st_mode & 0o777, st.st_uid, st.st_gid) == (0o600, 1000, 200)
    assert (f / "srv/app/sub/a").stat().st_uid == 0, "files of the context belong to root"
    img = store.image("out")
    assert img["user"] == "me" and img["cwd"] == "/srv/app/sub" and img["entrypoint"] == ["/bin/cat"]
    assert img["cmd"] == ["/bin/sh", "-c", "said"] and set(img["labels"]) == {"a=b", "c d=e  f"}
    assert "PLAIN=x" in img["env"] and img["config"]["config"]["ExposedPorts"] == {"80/tcp": {}, "53/udp": {}}
    assert img["config"]["config"]["StopSignal"] == "SIGINT"
    assert len([h for h in store.json("history", "out") if h["layer"]]) == len(img["layers"])


def steps(r):
    return [l[:4] for l in r.err.splitlines() if re.match(r"(same|step) (RUN|COPY|ADD)", l)]


def test_cache(build, store):
    text = "FROM base\nCOPY f /f\nRUN echo $RANDOM_FILE > /r; head -c 8 /dev/urandom > /rnd\nENV A=b\nRUN cp /rnd /rnd2\n"
    (build.ctx / "f").write_text("1")
    first = build(text)
    assert steps(first) == ["step"] * 3
    layers = store.image("out")["layers"]
    os.utime(build.ctx / "f", (1, 1))
    assert steps(build(text)) == ["same"] * 3, "another time is no other content"
    assert store.image("out")["layers"] == layers
    assert steps(build(text.replace("A=b", "A=c"))) == ["same", "same", "step"], "a variable counts"
    (build.ctx / "f").write_text("2")
    assert steps(build(text)) == ["step"] * 3
    (build.ctx / "f").write_text("1")
    assert steps(build(text, "--no_cache")) == ["step"] * 3
    store("gc").ok()
    assert "same" in steps(build(text))
    store("gc", "--cache").ok()
    assert steps(build(text)) == ["step"] * 3
    build("FROM base\nARG V\nRUN echo $V > /v\n", "--build_arg", "V=1")
    assert steps(build("FROM base\nARG V\nRUN echo $V > /v\n", "--build_arg", "V=2")) == ["step"]


@pytest.mark.modes("root")
def test_stages(build, store, tmp):
    build("FROM base AS first\nRUN mkdir /d && echo x > /d/f && ln -s d /l && chown 5:6 /d/f\n"
          "FROM base\nCOPY --from=first /l/f /got\nCOPY --from=first /d /all/\nCOPY --from=base /bin/busybox /bb\n")
    f = flat(store, tmp)
    assert (f / "got").read_text() == "x\n" and (f / "all/f").stat().st_uid == 5 and (f / "bb").exists()
    assert not (f / "d").exists(), "nothing else of the first stage"


@pytest.mark.modes("root")
def test_add_and_scratch(build, store, tmp):
    (build.ctx / "a.tar").write_bytes(tar(entry("in/f", b"x", uid=7)))
    (build.ctx / "plain").write_text("p")
    build("FROM scratch\nADD a.tar /un/\nCOPY a.tar /kept/\nADD plain /p\n")
    f = flat(store, tmp)
    assert (f / "un/in/f").stat().st_uid == 7 and (f / "kept/a.tar").exists() and (f / "p").read_text() == "p"
    assert len(store.image("out")["layers"]) == 3


def test_dockerignore(build, store, tmp):
    for name in ("keep", "x.o", "d/y.o", "d/z", "secret/s", "secret/not", "deep/a/b/t.log"):
        p = build.ctx / name
        p.parent.mkdir(parents=True, exist_ok=True)
        p.write_text(name)
    (build.ctx / ".dockerignore").write_text("# no\n*.o\nsecret/\n!secret/not\n**/*.log\nDockerfile\n.dockerignore\n")
    build("FROM scratch\nCOPY . /c/\n")
    found = {p for p, what in look(flat(store, tmp) / "c").items() if what[0][0] == "-"}
    assert found == {"keep", "d/y.o", "d/z", "secret/not"}


@pytest.mark.parametrize("text,says", [
    ("FROM base\nRUN exit 3\n", "exit status 3"),
    ("FROM base\nRUN kill -9 $$\n", "signal|137|killed|ended by"),
    ("FROM nothing\n", "no image 'nothing'"),
    ("RUN true\n", "first instruction has to be FROM"),
    ("", "no FROM"),
    ("FROM base\nFLY high\n", "line 2: 'FLY' is not supported"),
    ("FROM base\nRUN --mount=type=cache true\n", "--mount=type=cache is not supported"),
    ("FROM base\nCOPY missing /\n", "missing"),
    ("FROM base\nCOPY only\n", "wants sources and a destination"),
    ("FROM base\nADD https://example.org/x /x\n", "only files of the context"),
    ("FROM base\nENV A\n", "a name without a value"),
    ("FROM base\nRUN <<EOF\nx\nEOF\n", "here documents"),
    ("FROM base\nLABEL a='b\n", "not closed"),
    ("FROM base\nENV A=${B:?x}\n", "not supported"),
    ("FROM base\nUSER ghost\nRUN true\n", "no user 'ghost'"),
    ("FROM base\nUSER me:ghosts\nRUN true\n", "no group 'ghosts'"),
    ("FROM base\nRUN [\"sh\"]\n", "whole path"),
    ("FROM base\nCOPY ../../../etc/passwd /x\n", "'..'"),
], ids=range(18))
def test_failures(build, store, text, says):
    """A failed build leaves no image of that name, and what was there before."""
    build("FROM base\nRUN true\n")
    before = store.image("out")
    r = build(text, ok=False)
    assert r.rc == 125 and re.search(says, r.err), r
    assert store.image("out") == before


def test_context_links_lead_nowhere(build, store, tmp):
    """COPY of a link to the host's file is a link, or what is there inside of the context."""
    (tmp / "secret").write_text("host")
    (build.ctx / "l").symlink_to(tmp / "secret")
    (build.ctx / "up").symlink_to("../secret")
    (build.ctx / "d").mkdir()
    (build.ctx / "d/l").symlink_to(tmp / "secret")
    (build.ctx / "dirlink").symlink_to(tmp)
    for src in ("l", "up", "dirlink/secret"):
        assert build(f"FROM scratch\nCOPY {src} /x\n", ok=False).rc == 125
    build("FROM scratch\nCOPY d /d\n")
    assert os.readlink(flat(store, tmp) / "d/l") == str(tmp / "secret")
    for name in ("Dockerfile", ".dockerignore"):
        (build.ctx / "Dockerfile").write_text("FROM scratch\n")
        (build.ctx / name).unlink(missing_ok=True)
        (build.ctx / name).symlink_to(tmp / "secret")
        r = store("build", build.ctx)
        assert r.rc == 125 and "host" not in r.err.replace("hosts", ""), r
        (build.ctx / name).unlink()


@pytest.mark.parametrize("how", ["/l/new", "/l/", "/l2/new", "/p/new"])
def test_destinations_lead_nowhere(build, store, tmp, how):
    """An image whose links lead to the host: what is copied there is in the image."""
    canary = tmp / "canary"
    canary.mkdir()
    (build.ctx / "f").write_text("EVIL")
    build(f"FROM base\nRUN ln -s {canary} /l && ln -s ../../../../../../..{canary} /l2 && ln -s /proc/self/root{canary} /p"
          f" && mkdir -p {canary}\nCOPY f {how}\n", ok=False)
    assert os.listdir(canary) == []


def test_a_run_cannot_reach_the_store_or_the_host(build, store, tmp):
    (tmp / "canary").write_text("host")
    r = build(f"FROM base\nRUN ls {tmp} {store.path} 2>/dev/null; cat {tmp}/canary 2>/dev/null; "
              f"cat /proc/1/root{tmp}/canary 2>/dev/null; mount -t tmpfs none /mnt 2>/dev/null && echo MOUNTED; "
              "mknod /disk b 254 0 2>/dev/null && echo NODE; true\n")
    assert r.out.replace(" ", "").split("\n")[0].startswith("out:"), r
    assert "host" not in r.out and "MOUNTED" not in r.out and "NODE" not in r.out


def test_a_tree_too_deep_is_refused_and_removed(build, store):
    r = build("FROM base\nRUN i=0; while [ $i -lt 700 ]; do mkdir d && cd d || exit; i=$((i+1)); done\n",
              ok=False)
    assert r.rc == 125 and "nested deeper" in r.err, r


def test_killed_builds(build, store, tmp):
    """SIGKILL while a command runs: no mount, no name, and gc takes the rest."""
    (build.ctx / "Dockerfile").write_text("FROM base\nRUN touch /a; sleep 98761\n")
    p = toast.start(["image", "build", "--store", store.path, "-t", "killed", build.ctx])
    assert toast.wait_for(lambda: toast.processes_with("sleep 98761".split()[1]))
    p.kill()
    toast.finish(p)
    assert toast.wait_for(lambda: not toast.processes_with("98761"))
    assert store.json("fsck")["bad"] == 0 and store("inspect", "killed").rc == 125
    store("gc").ok()
