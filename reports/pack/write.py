"""Writes a pack: a plain tar of manifest, signature and the files of a sealed run."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from harness.errors import StoredRunError
from harness.store import RunFolder, as_json
from reports.inputs.stored import read_stored
from reports.pack.manifest import Manifest, PackedFile, Responsible, manifest_of
from reports.pack.signature import sign
from reports.render.stored_verdict import write
from reports.verdict.judge import judge

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.json.sig"
RUN: Final = "run/"
_CHUNK: Final = 1 << 20


def write_pack(
    folder: RunFolder, target: Path, responsible: Responsible, sealed_at: str, key: Path | None
) -> Manifest:
    """Pack a sealed run into a new file. Raises StoredRunError, SignatureError, OSError.

    A run with a damaged seal is not packed: the pack would say that it is whole.
    """
    if damage := folder.check_seal().damage:
        raise StoredRunError(f"{folder.root}: not packed: {damage[0]}")
    scorecard, stored = judge(folder), read_stored(folder)
    with suppress(OSError):  # a folder that cannot be written keeps the verdict that it has
        write(folder, scorecard)
    document = scorecard.document
    files = tuple(_packed(folder.root, name) for name in _names(folder.root))
    manifest = manifest_of(stored, document, responsible, files, sealed_at)
    text = as_json(manifest)
    signature = b"" if key is None else sign(text, key)
    with target.open("xb") as stream, tarfile.open(fileobj=stream, mode="w") as tar:
        _add(tar, MANIFEST, text)
        if signature:
            _add(tar, SIGNATURE, signature)
        for one in files:
            _add_file(tar, folder.root / one.path, one)
    return manifest


def _names(root: Path) -> Iterator[str]:
    """The sealed files, the seal, and what was judged from them."""
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_file() and not path.is_symlink() and not name.endswith(".part"):
            yield name


def _packed(root: Path, name: str) -> PackedFile:
    digest, size = hashlib.sha256(), 0
    with (root / name).open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return PackedFile(path=name, bytes=size, sha256=digest.hexdigest())


def _add(tar: tarfile.TarFile, name: str, text: bytes) -> None:
    tar.addfile(_entry(name, len(text)), io.BytesIO(text))


def _add_file(tar: tarfile.TarFile, path: Path, one: PackedFile) -> None:
    with path.open("rb") as stream:
        tar.addfile(_entry(f"{RUN}{one.path}", one.bytes), stream)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    """No owner, no time: the same run gives the same pack."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o644
    return entry
