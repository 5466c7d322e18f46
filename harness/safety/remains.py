"""What a death leaves on disk: the data of a run's system, half-written files, sockets.

The logs, the attempts and the timeline of a run that broke off are kept. A `data` folder is removed
only if it holds the run's mark: a path in the undo log alone is not believed.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from harness.safety.private_file import read_private

MARK_FILE: Final = ".squall-mark"
_DATA: Final = "data"
_PART: Final = ".part"
_MARK_BYTES_MAX: Final = 256
_BLOCK_BYTES: Final = 512
_SOCKETS: Final = ("*.sock", ".s.PGSQL.*")


def make_data_folder(folder: Path, mark: str) -> Path:
    """The folder of a run's bulky data, marked before it has its name; one that exists is kept."""
    data = folder / _DATA
    if data.is_dir():
        return data
    part = folder / (_DATA + _PART)
    part.mkdir(parents=True, exist_ok=True)
    marked = os.open(part / MARK_FILE, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    try:
        os.write(marked, mark.encode())
    finally:
        os.close(marked)
    part.rename(data)
    return data


def data_of(folder: Path, mark: str) -> Path | None:
    """A run's data if it is there and bears that mark. Raises RefusedError: a strange mark file."""
    data = folder / _DATA
    if not mark or data.is_symlink() or not data.is_dir():
        return None
    if not any(data.iterdir()):  # a death after the mark and before the folder itself was removed
        return data
    return data if read_private(data / MARK_FILE, _MARK_BYTES_MAX) == mark.encode() else None


def remove_remains(folder: Path, mark: str) -> int:
    """Remove a run's data and half-written files; bytes that were freed. Raises OSError."""
    freed = 0
    data = data_of(folder, mark)
    if data is not None:
        freed += _bytes_below(data)
        remove_data(data)
    if folder.is_symlink():
        return freed
    for part in (*folder.glob("*" + _PART), *folder.glob("*/*" + _PART)):
        freed += _remove_part(part)
    return freed


def remove_data(data: Path) -> None:
    """Remove a data folder; its mark goes last, so that a death in between changes nothing.

    Raises OSError.
    """
    for path in data.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != MARK_FILE:
            path.unlink()
    (data / MARK_FILE).unlink(missing_ok=True)
    data.rmdir()


def remove_sockets(state_root: Path) -> None:
    """Remove the sockets of a system that has ended: PostgreSQL refuses one that seems in use."""
    for pattern in _SOCKETS:
        for path in state_root.glob(pattern):
            path.unlink(missing_ok=True)


def _remove_part(part: Path) -> int:
    if part.is_symlink() or part.is_file():
        size = part.lstat().st_size
        part.unlink()
        return size
    if part.is_dir() and {p.name for p in part.iterdir()} <= {MARK_FILE}:
        shutil.rmtree(part)
    return 0


def _bytes_below(folder: Path) -> int:
    files = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    return sum(file.lstat().st_blocks * _BLOCK_BYTES for file in files)
