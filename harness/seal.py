"""The seal of a stored run: the length and the SHA-256 of every file.

It shows accidents: a file that was changed, cut, lost or added after the run. It is not signed, so
it does not show the work of a person who changes a file and seals the run again.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

import msgspec

from harness.errors import StoredRunError
from harness.files.undecodable import UNDECODABLE
from harness.files.whole_file import open_plain, read_whole, write_whole

SEAL: Final = "seal.json"
# What is written after the seal, in the run's own folder only.
JUDGED: Final = frozenset(
    name + end
    for name in ("verdict.json", "report.html", "violations.csv", SEAL)
    for end in ("", ".part")
)
_MOST_SEAL_BYTES: Final = 1 << 24
_MOST_FILES: Final = 20_000
_MOST_TOLD: Final = 20
_MOST_NAME: Final = 200
_DIGESTS_AT_ONCE: Final = 4


class _Sealed(msgspec.Struct, frozen=True, kw_only=True):
    bytes: int
    sha256: str


class _Stamp(NamedTuple):
    """Which file it is, and when it was last changed in any way."""

    device: int
    inode: int
    bytes: int
    modified_ns: int
    changed_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SealCheck:
    """`damage`: what differs from the seal, one sentence for each difference."""

    root: Path
    damage: tuple[str, ...]
    stamps: Mapping[Path, _Stamp]

    def changed(self) -> tuple[str, ...]:
        """The files that changed after the check: their content may differ from the seal."""
        paths = (path for path, stamp in self.stamps.items() if _stamp_now(path) != stamp)
        names = (str(path.relative_to(self.root)) for path in paths)
        return _told([f"{_short(name)} was changed while the run was judged" for name in names])


def write_seal(root: Path) -> None:
    """Note the length and the digest of every regular file. Raises OSError."""
    names = [name for name, mode in _entries(root) if stat.S_ISREG(mode) and _is_text(name)]
    write_named(root, names)


def check_seal(root: Path) -> SealCheck:
    """Compare all files with the seal. Raises StoredRunError where no seal can be read, OSError."""
    sealed = _read_seal(root / SEAL)
    entries = dict(_entries(root))
    damage = [_strange(name) for name in sealed if not _is_inside(name)]
    damage += [_unnamed(name, mode) for name, mode in entries.items() if name not in sealed]
    inside = {name: was for name, was in sealed.items() if _is_inside(name)}
    there = [name for name in inside if stat.S_ISREG(entries.get(name, 0))]
    stamps = {path: _stamp_now(path) for path in _folders(root, entries)}
    found = dict(zip(there, _digests([root / name for name in there]), strict=True))
    for name, was in inside.items():
        if name in found:
            stamps[root / name] = found[name][0]
        damage.append(_difference(name, was, found.get(name)))
    known = {path: stamp for path, stamp in stamps.items() if stamp is not None}
    return SealCheck(root=root, damage=_told([text for text in damage if text]), stamps=known)


def write_named(root: Path, names: Sequence[str]) -> None:
    """Note the length and the digest of these files only. Raises OSError."""
    digests = _digests([root / name for name in names])
    sealed = {
        name: _Sealed(bytes=stamp.bytes, sha256=digest)
        for name, (stamp, digest) in zip(names, digests, strict=True)
    }
    text = msgspec.json.format(msgspec.json.encode(sealed, order="sorted"), indent=1)
    write_whole(root / SEAL, text)


def check_named(root: Path, names: Sequence[str]) -> tuple[str, ...]:
    """What differs: files of the seal that changed or are missing, and those it does not name.

    Raises StoredRunError where no seal can be read, OSError.
    """
    sealed = _read_seal(root / SEAL)
    there = [name for name in sealed if name in names and (root / name).is_file()]
    found = dict(zip(there, _digests([root / name for name in there]), strict=True))
    damage = [_difference(name, was, found.get(name)) for name, was in sealed.items()]
    damage += [f"the seal does not name {_short(name)}" for name in names if name not in sealed]
    return _told([text for text in damage if text])


def _read_seal(path: Path) -> dict[str, _Sealed]:
    try:
        return msgspec.json.decode(read_whole(path, _MOST_SEAL_BYTES), type=dict[str, _Sealed])
    except FileNotFoundError:
        text = "missing: the run was cut off, or the folder is not a run of Squall"
        raise StoredRunError(f"{path}: {text}") from None
    except (OSError, *UNDECODABLE) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise StoredRunError(f"{path}: unreadable: {why}") from error


def _entries(root: Path) -> Iterator[tuple[str, int]]:
    """Name and mode of every file in the run's folder. Links are not followed."""
    count = 0
    todo = [root]
    while todo:
        with os.scandir(todo.pop()) as found:
            for entry in sorted(found, key=lambda each: each.name):
                mode = entry.stat(follow_symlinks=False).st_mode
                path = Path(entry.path)
                if stat.S_ISDIR(mode):
                    todo.append(path)
                elif path.parent != root or path.name not in JUDGED:
                    yield str(path.relative_to(root)), mode
                count += 1
                if count > _MOST_FILES:
                    raise StoredRunError(f"{root}: holds more than {_MOST_FILES:,} files")


def _folders(root: Path, entries: Mapping[str, int]) -> set[Path]:
    """The folders that hold files, without the run's own, which a verdict changes."""
    return {(root / name).parent for name in entries} - {root}


def _is_inside(name: str) -> bool:
    """Whether it is a plain name of a file in the run's folder."""
    parts = PurePosixPath(name).parts
    plain = "\0" not in name and str(PurePosixPath(name)) == name and parts[:1] != ("/",)
    return plain and ".." not in parts and name not in JUDGED and name != "."


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _strange(name: str) -> str:
    return f"the seal names {_short(name)!r}, which cannot be a file of this run"


def _unnamed(name: str, mode: int) -> str:
    kind = "file" if stat.S_ISREG(mode) else "link" if stat.S_ISLNK(mode) else "special file"
    return f"{_short(name)} is a {kind} that the seal does not name"


def _difference(name: str, was: _Sealed, found: tuple[_Stamp, str] | None) -> str:
    if found is None:
        return f"{_short(name)} is missing"
    stamp, digest = found
    if stamp.bytes != was.bytes:
        return f"{_short(name)} has {stamp.bytes} bytes, not {was.bytes}"
    return "" if digest == was.sha256 else f"{_short(name)} was changed after the run"


def _short(name: str) -> str:
    return name if len(name) <= _MOST_NAME else f"{name[:_MOST_NAME]}..."


def _told(sentences: list[str]) -> tuple[str, ...]:
    more = len(sentences) - _MOST_TOLD
    end = (f"{more:,} more files differ from the seal",) if more > 0 else ()
    return (*sentences[:_MOST_TOLD], *end)


def _stamp_now(path: Path) -> _Stamp | None:
    try:
        return _stamp(path.lstat())
    except OSError:
        return None


def _stamp(seen: os.stat_result) -> _Stamp:
    return _Stamp(seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


def _digests(paths: list[Path]) -> list[tuple[_Stamp, str]]:
    """Several at once: hashing a large file does not hold the interpreter."""
    with ThreadPoolExecutor(_DIGESTS_AT_ONCE) as pool:
        return list(pool.map(_digest, paths))


def _digest(path: Path) -> tuple[_Stamp, str]:
    """The stamp is of before: a file that is changed while it is read differs from it later."""
    with open_plain(path) as stream:
        stamp = _stamp(os.fstat(stream.fileno()))
        return stamp, hashlib.file_digest(stream, "sha256").hexdigest()
