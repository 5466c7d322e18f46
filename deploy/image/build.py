#!/usr/bin/env python3
"""Build the container image of `squall` without Docker: an OCI archive of two layers.

    sudo deploy/image/build.py OUTPUT.tar [--name NAME] [--base FOLDER] [--worktree]

Needs Debian 12, root and the package mmdebstrap. It does what the Dockerfile beside it does: a
minimal Debian, `install-dependencies`, the files that git tracks, and `install`, in a chroot.
`ctr images import` and `skopeo copy oci-archive:OUTPUT.tar` read the result. `--base` keeps the
root file system and the layer of the dependencies in a folder: with the same requirements.lock the
next image takes seconds. `--worktree` takes the files as they are instead of the last commit.
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
from collections.abc import Iterator, Sequence
from pathlib import Path

IMAGE = Path(__file__).resolve().parent
CHECKOUT = IMAGE.parents[1]
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
    parser.add_argument("--base", type=Path, help="a folder to keep what dependencies need")
    parser.add_argument("--worktree", action="store_true", help="not the last commit")
    given = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        sys.stderr.write("build: needs root and the Debian package mmdebstrap\n")
        return 2
    with contextlib.ExitStack() as stack:
        base = given.base or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        layers = build_layers(base, tracked(given.worktree))
        partial = given.output.with_name(given.output.name + ".partial")
        write_archive(partial, layers, given.name)
        partial.replace(given.output)
    return 0


def tracked(worktree: bool) -> bytes:
    """A tar of the files that git tracks: of the last commit, or as they are now."""
    words = ["git", "stash", "create"] if worktree else ["git", "rev-parse", "HEAD"]
    tree = subprocess.run(words, cwd=CHECKOUT, check=True, capture_output=True, timeout=60).stdout
    words = ["git", "archive", tree.decode().strip() or "HEAD"]
    return subprocess.run(words, cwd=CHECKOUT, check=True, capture_output=True, timeout=60).stdout


def build_layers(base: Path, files: bytes) -> tuple[Path, Path]:
    """The layers of the dependencies and of Squall, in `base`, which may hold the first."""
    base.mkdir(parents=True, exist_ok=True)
    root, first, second = base / "root", base / "dependencies.tar", base / "squall.tar"
    lock, kept = CHECKOUT / "requirements.lock", base / "requirements.lock"
    if not first.exists() or not kept.exists() or kept.read_bytes() != lock.read_bytes():
        for old in (first, second, kept):
            old.unlink(missing_ok=True)
        shutil.rmtree(root, ignore_errors=True)
        install_dependencies(root, lock)
        write_layer(root, first)
        kept.write_bytes(lock.read_bytes())
    place = root / "opt" / "squall"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(files)) as content:
        content.extractall(place, filter="data")
    in_chroot(root, "sh", "/opt/squall/deploy/image/install")
    write_layer(root, second, changed_after_s=kept.stat().st_ctime)
    return first, second


def install_dependencies(root: Path, lock: Path) -> None:
    """A minimal Debian with what requirements.lock names."""
    words = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}"]
    slim = [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("man", "doc", "locale")]
    subprocess.run([*words, *slim, "bookworm", str(root)], check=True, timeout=600)
    place = root / "opt" / "dependencies"
    place.mkdir(parents=True)
    for path in (IMAGE / "install-dependencies", lock):
        shutil.copy(path, place)
    inside = "/opt/dependencies"
    in_chroot(root, "sh", f"{inside}/install-dependencies", f"{inside}/{lock.name}")


def in_chroot(root: Path, *words: str) -> None:
    """Run a command in the root file system, with the network of this machine."""
    with network_of_this_machine(root):
        command = ["chroot", str(root), *words]
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


def write_layer(root: Path, layer: Path, changed_after_s: float = 0.0) -> None:
    """Every file (changed since then) in a fixed order, with numeric owners and whole seconds."""
    with tarfile.open(layer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            old = path.lstat().st_ctime < changed_after_s
            if not old and not name.startswith(LEFT_OUT) and not path.is_socket():
                tar.add(path, name, recursive=False, filter=_plain)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uname = entry.gname = ""
    entry.mtime = int(entry.mtime)
    return entry


def write_archive(path: Path, layers: Sequence[Path], name: str) -> None:
    """The OCI layout: layers, configuration, manifest, index."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    with tarfile.open(path, "w") as tar:
        described = [_add_layer(tar, layer) for layer in layers]
        rootfs = {"type": "layers", "diff_ids": [layer["digest"] for layer in described]}
        image = {"architecture": machine, "os": "linux", "config": CONFIG, "rootfs": rootfs}
        kind = f"{OCI}.manifest.v1+json"
        manifest = {
            "schemaVersion": 2,
            "mediaType": kind,
            "config": _add_json(tar, image, f"{OCI}.config.v1+json"),
            "layers": described,
        }
        listed = _add_json(tar, manifest, kind)
        listed["annotations"] = {
            "io.containerd.image.name": name,
            "org.opencontainers.image.ref.name": name.rpartition(":")[2],
        }
        _add_json(tar, {"schemaVersion": 2, "manifests": [listed]}, "", "index.json")
        _add_json(tar, {"imageLayoutVersion": "1.0.0"}, "", "oci-layout")


def _add_layer(tar: tarfile.TarFile, layer: Path) -> dict[str, object]:
    with layer.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    tar.add(layer, f"blobs/sha256/{digest}", filter=_plain)
    size = layer.stat().st_size
    return {"mediaType": f"{OCI}.layer.v1.tar", "digest": f"sha256:{digest}", "size": size}


def _add_json(tar: tarfile.TarFile, data: object, kind: str, member: str = "") -> dict[str, object]:
    content = json.dumps(data, sort_keys=True).encode()
    digest = hashlib.sha256(content).hexdigest()
    entry = tarfile.TarInfo(member or f"blobs/sha256/{digest}")
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}


if __name__ == "__main__":
    sys.exit(main())
