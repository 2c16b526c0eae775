# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the image store share: making archives and layouts, looking into a store."""
import hashlib
import io
import json
import os
import pathlib
import platform
import shutil
import stat
import tarfile

import toast

ARCH = {"x86_64": "amd64", "aarch64": "arm64", "riscv64": "riscv64"}.get(platform.machine(), "unknown")


def entry(name, data=None, **kw):
    """A member of a tar: a file with data, or what type= says."""
    m = tarfile.TarInfo(name)
    m.mtime = kw.pop("mtime", 1700000000)
    m.mode = kw.pop("mode", 0o644 if data is not None else 0o755)
    for key, value in kw.items():
        setattr(m, key, value)
    if data is not None:
        m.size = len(data)
    return m, data


def directory(name, **kw):
    return entry(name, type=tarfile.DIRTYPE, **kw)


def link(name, to, hard=False, **kw):
    return entry(name, type=tarfile.LNKTYPE if hard else tarfile.SYMTYPE, linkname=to, **kw)


def tar(*entries, mode="w", fmt=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=fmt) as t:
        for m, data in entries:
            t.addfile(m, io.BytesIO(data) if data is not None else None)
    return out.getvalue()


def sha(data):
    return hashlib.sha256(data).hexdigest()


def oci(path, layers, config=None, tag="x", compress=lambda b: b, mangle=None):
    """An OCI layout in a directory. mangle(dict of documents) may spoil them."""
    path = pathlib.Path(path)
    blobs = path / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(data):
        (blobs / sha(data)).write_bytes(data)
        return {"digest": "sha256:" + sha(data), "size": len(data)}

    conf = {"architecture": ARCH, "os": "linux", "config": config or {},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha(l) for l in layers]}}
    docs = {"config": conf}
    if mangle:
        mangle(docs)
    manifest = {"schemaVersion": 2, "config": put(json.dumps(docs["config"]).encode()),
                "layers": [put(compress(l)) for l in layers]}
    docs["manifest"] = manifest
    if mangle:
        mangle(docs)
    index = {"schemaVersion": 2, "manifests": [
        {"mediaType": "application/vnd.oci.image.manifest.v1+json",
         "annotations": {"org.opencontainers.image.ref.name": tag}, **put(json.dumps(docs["manifest"]).encode())}]}
    docs["index"] = index
    if mangle:
        mangle(docs)
    (path / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (path / "index.json").write_text(json.dumps(docs["index"]))
    return path


def docker_archive(path, layers, config=None, tag="x:y"):
    conf = json.dumps({"architecture": ARCH, "os": "linux", "config": config or {},
                       "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha(l) for l in layers]}}).encode()
    entries = [entry(f"{sha(l)}/layer.tar", l) for l in layers]
    entries += [entry(f"{sha(conf)}.json", conf),
                entry("manifest.json", json.dumps([{"Config": f"{sha(conf)}.json", "RepoTags": [tag],
                                                    "Layers": [f"{sha(l)}/layer.tar" for l in layers]}]).encode())]
    pathlib.Path(path).write_bytes(tar(*entries))
    return path


class Store:
    """A store in a directory of its own, through the command line."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def __call__(self, command, *args, **kw):
        return toast.toast("image", command, "--store", self.path, *args, **kw)

    def json(self, command, *args):
        return json.loads(self(command, "--json", *args).ok().out)

    def take(self, data, name="x", *opts, **kw):
        """Import bytes; the result."""
        f = self.path.parent / f"{self.path.name}.in"
        f.write_bytes(data)
        return self("import", *opts, f, name, **kw)

    def image(self, name):
        return self.json("inspect", name)

    def trees(self, name):
        """The layer directories of an image, from the bottom."""
        return [self.path / "layers" / h / "tree" for h in self.image(name)["layers"]]

    def whole(self):
        """fsck finds nothing, and nothing is left half done."""
        report = self.json("fsck", "--content")
        assert report["bad"] == 0, report
        return report


def fill(store, images, layers):
    """A store as imports would leave it, faster: images that share some of the layers."""
    shutil.rmtree(store.path, ignore_errors=True)
    store.take(tar(entry("f", b"x")), "seed").ok()
    seed = store.path / "layers" / store.image("seed")["layers"][0]
    hashes = [sha(f"layer {i}".encode()) for i in range(layers)]
    for h in hashes:
        (store.path / "layers" / h / "tree").mkdir(parents=True)
        shutil.copy(seed / "layer", store.path / "layers" / h)
        (store.path / "layers" / h / "tree/f").write_text("x")
    for i in range(images):
        mine = [hashes[(i * layers // images + k) % layers] for k in range(20)]
        conf = json.dumps({"rootfs": {"diff_ids": ["sha256:" + h for h in mine]}, "n": i})
        d = store.path / "images" / sha(conf.encode())
        d.mkdir()
        (d / "config.json").write_text(conf)
        (d / "image").write_text("".join(f"layer {h}\n" for h in mine) + "size 20\n")
        (store.path / "names" / f"i{i}:latest").symlink_to(f"../images/{d.name}")


def look(top):
    """{path: what it is} of a tree."""
    found = {}
    for where, dirs, files in os.walk(top):
        for name in dirs + files:
            p = os.path.join(where, name)
            st = os.lstat(p)
            what = [stat.filemode(st.st_mode), st.st_uid, st.st_gid]
            if stat.S_ISREG(st.st_mode):
                what.append(pathlib.Path(p).read_bytes())
            elif stat.S_ISLNK(st.st_mode):
                what.append(os.readlink(p))
            elif not stat.S_ISDIR(st.st_mode):
                what.append(st.st_rdev)
            found[os.path.relpath(p, top)] = tuple(what)
    return found


def is_whiteout(path):
    st = os.lstat(path)
    return stat.S_ISCHR(st.st_mode) and st.st_rdev == 0


def opaque(path):
    for mark in ("trusted.overlay.opaque", "user.overlay.opaque"):
        try:
            return os.getxattr(path, mark) == b"y"
        except OSError:
            pass
    return False
