#!/usr/bin/env python3
"""Build the container image of `squall` without Docker: an OCI archive of one layer.

    sudo deploy/image/build.py OUTPUT.tar [--name squall.local/squall:1] [--keep FOLDER]

Needs Debian 12, root and the package mmdebstrap. It does what the Dockerfile beside it does: a
minimal Debian, the files that git tracks, and `install` in a chroot. `ctr images import` and
`skopeo copy oci-archive:OUTPUT.tar` read the result. `--keep` keeps the root file system.
"""

import argparse
import contextlib
import hashlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
OCI = "application/vnd.oci.image"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
USER = "10001:10001"
PACKAGES = "python3,python3-pip,ca-certificates"
LEFT_OUT = ("proc/", "sys/", "dev/", "tmp/", "var/lib/apt/lists/", "var/cache/apt/")
CONFIG = {
    "Env": [f"PATH={PATH}", "HOME=/home/squall"],
    "Entrypoint": ["squall"],
    "User": USER,
    "WorkingDir": "/runs",
}


def main() -> int:
    """Build the root file system and write the archive."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--name", default="squall.local/squall:1", help="HOST/NAME:TAG")
    parser.add_argument("--keep", type=Path, help="a new folder for the root file system")
    given = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        sys.stderr.write("build: needs root and the Debian package mmdebstrap\n")
        return 2
    with contextlib.ExitStack() as stack:
        root = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "root"
        build_root(root)
        layer = stack.enter_context(tempfile.TemporaryFile())
        write_layer(root, layer)
        partial = given.output.with_name(given.output.name + ".partial")
        write_archive(partial, layer, given.name)
        partial.replace(given.output)
    return 0


def build_root(root: Path) -> None:
    """A minimal Debian with Squall installed."""
    words = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}"]
    slim = [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("man", "doc", "locale")]
    subprocess.run([*words, *slim, "bookworm", str(root)], check=True, timeout=600)
    place = root / "opt" / "squall"
    place.mkdir(parents=True)
    tracked = subprocess.run(
        ["git", "archive", "HEAD"], cwd=CHECKOUT, check=True, capture_output=True, timeout=60
    )
    with tarfile.open(fileobj=io.BytesIO(tracked.stdout)) as files:
        files.extractall(place, filter="data")
    with network_of_this_machine(root):
        command = ["chroot", str(root), "sh", "/opt/squall/deploy/image/install"]
        subprocess.run(command, env=environment(), check=True, timeout=900)


def environment() -> dict[str, str]:
    """What the chroot gets of this environment: proxies and the settings of pip's index."""
    wanted = {"http_proxy", "https_proxy", "no_proxy", "pip_index_url", "pip_cert"}
    kept = {name: value for name, value in os.environ.items() if name.lower() in wanted}
    return {"PATH": PATH, **kept}


@contextlib.contextmanager
def network_of_this_machine(root: Path) -> Iterator[None]:
    """Lend the chroot this machine's name servers, certificates and pip settings."""
    lent = [
        Path("/etc/resolv.conf"),
        Path("/etc/pip.conf"),
        Path("/etc/ssl/certs/ca-certificates.crt"),
    ]
    before = {path: _read(root / path.relative_to("/")) for path in lent}
    for path in lent:
        _write(root / path.relative_to("/"), _read(path))
    try:
        yield
    finally:
        for path, content in before.items():
            _write(root / path.relative_to("/"), content)


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _write(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)


def write_layer(root: Path, layer: io.BufferedRandom) -> None:
    """Every file in a fixed order, with numeric owners and whole seconds."""
    with tarfile.open(fileobj=layer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            if not name.startswith(LEFT_OUT) and not path.is_socket():
                tar.add(path, name, recursive=False, filter=_plain)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uname = entry.gname = ""
    entry.mtime = int(entry.mtime)
    return entry


def write_archive(path: Path, layer: io.BufferedRandom, name: str) -> None:
    """The OCI layout: layer, configuration, manifest, index."""
    size = layer.tell()
    layer.seek(0)
    digest = hashlib.file_digest(layer, "sha256").hexdigest()
    layer.seek(0)
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    rootfs = {"type": "layers", "diff_ids": [f"sha256:{digest}"]}
    image = {"architecture": machine, "os": "linux", "config": CONFIG, "rootfs": rootfs}
    with tarfile.open(path, "w") as tar:
        entry = tarfile.TarInfo(f"blobs/sha256/{digest}")
        entry.size = size
        tar.addfile(entry, layer)
        kind = f"{OCI}.layer.v1.tar"
        layers = [{"mediaType": kind, "digest": f"sha256:{digest}", "size": size}]
        config = _add_json(tar, image, f"{OCI}.config.v1+json")
        manifest_kind = f"{OCI}.manifest.v1+json"
        manifest = {
            "schemaVersion": 2,
            "mediaType": manifest_kind,
            "config": config,
            "layers": layers,
        }
        listed = _add_json(tar, manifest, manifest_kind)
        listed["annotations"] = {
            "io.containerd.image.name": name,
            "org.opencontainers.image.ref.name": name.rpartition(":")[2],
        }
        _add_json(tar, {"schemaVersion": 2, "manifests": [listed]}, "", "index.json")
        _add_json(tar, {"imageLayoutVersion": "1.0.0"}, "", "oci-layout")


def _add_json(tar: tarfile.TarFile, data: object, kind: str, member: str = "") -> dict[str, object]:
    content = json.dumps(data, sort_keys=True).encode()
    digest = hashlib.sha256(content).hexdigest()
    entry = tarfile.TarInfo(member or f"blobs/sha256/{digest}")
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}


if __name__ == "__main__":
    sys.exit(main())
