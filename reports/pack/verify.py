"""Checks a pack: every digest, the signature, and the verdict, which is judged again."""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from harness.errors import ConfigError, StoredRunError
from harness.files.undecodable import UNDECODABLE
from harness.files.whole_file import open_plain
from harness.store import RunFolder
from reports.inputs.stored import read_stored
from reports.pack.errors import NotAPackError
from reports.pack.manifest import Manifest, PackedFile, manifest_of
from reports.pack.signature import is_signed_by
from reports.pack.write import MANIFEST, RUN, SIGNATURE
from reports.render.stored_verdict import write
from reports.verdict.judge import judge

_MOST_MANIFEST: Final = 1 << 24
_MOST_SIGNATURE: Final = 1 << 16
_MOST_FILES: Final = 20_000
_MOST_BYTES: Final = 8 << 30
_MOST_TOLD: Final = 20
_CHUNK: Final = 1 << 20


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """`signature`: valid, invalid, none, or not checked (no allowed signers were given)."""

    verified: bool
    signature: str
    problems: tuple[str, ...]
    name: str
    verdict: str
    sealed_at: str
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signers:
    """Who may have signed: a file of allowed signers, and the name of one of them."""

    file: Path
    identity: str


def verify_pack(path: Path, signers: Signers | None) -> Verified:
    """Everything that can be known of a pack. Raises NotAPackError, SignatureError."""
    try:
        with open_plain(path) as stream, tarfile.open(fileobj=stream, mode="r:") as tar:
            return _verify(tar, path, signers)
    except (tarfile.TarError, ValueError, ArithmeticError, LookupError) as error:
        # A header that was changed makes tarfile raise any of these.
        raise NotAPackError(f"no pack of Squall: {error}", file=path) from None
    except OSError as error:
        raise NotAPackError(f"cannot be read: {error.strerror}", file=path) from error


def _verify(tar: tarfile.TarFile, path: Path, signers: Signers | None) -> Verified:
    members = _members(tar, path)
    text = _text(tar, members, MANIFEST, _MOST_MANIFEST)
    if text is None:
        raise NotAPackError(f"no pack of Squall: it has no {MANIFEST}", file=path)
    manifest = _manifest(text, path)
    signature = _text(tar, members, SIGNATURE, _MOST_SIGNATURE)
    signed = _signed(text, signature, signers)
    problems = list(_differences(tar, members, manifest))
    if signed == "invalid" or (signers is not None and signed == "none"):
        problems.append(f"the signature is {signed if signed == 'invalid' else 'missing'}")
    if not problems:
        problems += _judged_again(tar, members, manifest)
    return Verified(
        verified=not problems,
        signature=signed,
        problems=tuple(problems[:_MOST_TOLD]),
        name=manifest.name,
        verdict=manifest.verdict,
        sealed_at=manifest.sealed_at,
        files=len(manifest.files),
    )


def _members(tar: tarfile.TarFile, path: Path) -> dict[str, tarfile.TarInfo]:
    """Plain files with plain names only, within limits."""
    found: dict[str, tarfile.TarInfo] = {}
    total = 0
    for member in tar:
        total += member.size
        name = PurePosixPath(member.name)
        if not member.isreg() or name.is_absolute() or ".." in name.parts or member.name in found:
            raise NotAPackError(f"{member.name[:80]!r} does not belong into a pack", file=path)
        if len(found) >= _MOST_FILES or total > _MOST_BYTES:
            raise NotAPackError("it holds more than a pack may hold", file=path)
        found[member.name] = member
    return found


def _text(
    tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], name: str, most: int
) -> bytes | None:
    member = members.get(name)
    stream = None if member is None or member.size > most else tar.extractfile(member)
    return None if stream is None else stream.read(most)


def _manifest(text: bytes, path: Path) -> Manifest:
    try:
        return msgspec.json.decode(text, type=Manifest)
    except UNDECODABLE as error:
        raise NotAPackError(f"{MANIFEST} cannot be read: {error}", file=path) from None


def _signed(text: bytes, signature: bytes | None, signers: Signers | None) -> str:
    if signature is None:
        return "none"
    if signers is None:
        return "not checked"
    is_theirs = is_signed_by(text, signature, signers.file, signers.identity)
    return "valid" if is_theirs else "invalid"


def _differences(
    tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], manifest: Manifest
) -> Iterator[str]:
    named = {f"{RUN}{one.path}": one for one in manifest.files}
    for name in members:
        if name not in named and name not in (MANIFEST, SIGNATURE):
            yield f"{name}: not in the manifest"
    for name, one in named.items():
        member = members.get(name)
        if member is None:
            yield f"{name}: missing"
        elif not _is_as_packed(tar, member, one):
            yield f"{name}: differs from the manifest"


def _is_as_packed(tar: tarfile.TarFile, member: tarfile.TarInfo, one: PackedFile) -> bool:
    stream, digest = tar.extractfile(member), hashlib.sha256()
    if stream is None or member.size != one.bytes:
        return False
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest() == one.sha256


def _judged_again(
    tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], manifest: Manifest
) -> Iterator[str]:
    """The verdict of the packed files, whatever the manifest says."""
    with tempfile.TemporaryDirectory(prefix="squall-pack-") as folder:
        root = Path(folder)
        for name, member in members.items():
            if name.startswith(RUN):
                tar.extract(member, root, filter="data")
        try:
            yield from _compared(RunFolder(root / RUN), manifest)
        except (StoredRunError, ConfigError) as error:
            yield f"the run cannot be judged: {str(error).replace(f'{root}/', '')}"


def _compared(folder: RunFolder, manifest: Manifest) -> Iterator[str]:
    """What manifest and verdict say otherwise than the files of the run."""
    judged = (folder.verdict, folder.report, folder.violations)
    given = {path: path.read_bytes() for path in judged if path.is_file()}
    scorecard = judge(folder)
    document = scorecard.document
    reasons = tuple(reason.text for reason in document.reasons)
    if (document.verdict, reasons) != (manifest.verdict, manifest.reasons):
        yield f"judged again it is {document.verdict}, the manifest says {manifest.verdict}"
        return
    again = manifest_of(
        read_stored(folder), document, manifest.responsible, manifest.files, manifest.sealed_at
    )
    for name in Manifest.__struct_fields__:
        if getattr(again, name) != getattr(manifest, name):
            yield f"{MANIFEST}: {name} is not that of the run"
    write(folder, scorecard)
    for path, text in given.items():
        if not path.is_file() or path.read_bytes() != text:
            yield f"{RUN}{path.name}: not what the run's files give"
