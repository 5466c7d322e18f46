"""Files of the state folder: opened only if they are regular, this user's alone, and not too long.

A link, a FIFO, a device, another user's file or one that others may write to is refused: what it
says could be anybody's, and to open or truncate it could do harm elsewhere.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from harness.errors import RefusedError

BYTES_MAX: Final = 67_108_864
# O_NONBLOCK: a FIFO must not make the open wait for a writer.
_SAFELY: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_READ_BYTES: Final = 1_048_576


def read_private(path: Path, bytes_max: int = BYTES_MAX) -> bytes | None:
    """The whole file, or None if there is none. Raises RefusedError that says why not."""
    try:
        handle = os.open(path, os.O_RDONLY | _SAFELY)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _cannot(path, "opened", error) from error
    try:
        refuse_shared(path, os.fstat(handle), bytes_max)
        return _read_all(path, handle, bytes_max)
    finally:
        os.close(handle)


def append_private(path: Path) -> int:
    """A descriptor that appends; the file is made if it is missing. Raises RefusedError."""
    flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY | _SAFELY
    try:
        handle = os.open(path, flags, 0o600)
    except OSError as error:
        raise _cannot(path, "opened", error) from error
    try:
        refuse_shared(path, os.fstat(handle), BYTES_MAX)
    except RefusedError:
        os.close(handle)
        raise
    return handle


def refuse_shared(path: Path, found: os.stat_result, bytes_max: int) -> None:
    """Raise RefusedError unless it is a regular file of this user's alone."""
    why = ""
    if not stat.S_ISREG(found.st_mode):
        why = "is not a regular file"
    elif found.st_uid != os.geteuid():
        why = f"belongs to uid {found.st_uid}, not to uid {os.geteuid()}"
    elif found.st_mode & 0o022:
        why = f"may be written by others (mode {stat.S_IMODE(found.st_mode):04o}, allowed is 0600)"
    elif found.st_nlink > 1:
        why = f"has {found.st_nlink} names (hard links), allowed is 1"
    elif found.st_size > bytes_max:
        why = f"has {found.st_size} bytes, allowed are {bytes_max}"
    if why:
        raise RefusedError(f"{path}: {why}: its text is not believed; look at it, then remove it")


def _read_all(path: Path, handle: int, bytes_max: int) -> bytes:
    parts, total = [], 0
    try:
        while total <= bytes_max and (part := os.read(handle, _READ_BYTES)):
            parts.append(part)
            total += len(part)
    except OSError as error:
        raise _cannot(path, "read", error) from error
    return b"".join(parts)


def _cannot(path: Path, what: str, error: OSError) -> RefusedError:
    text = f"{path}: cannot be {what}: {error.strerror}"
    return RefusedError(f"{text}; a link, a socket or another user's file is not allowed there")
