"""Files that are read or written as a whole: regular files only, and never half of one."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 1 << 28


def open_plain(path: Path) -> FileIO:
    """Open a regular file for reading. Raises OSError for anything else; a FIFO does not block."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "is not a regular file", str(path))
    return FileIO(descriptor)


def read_whole(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """Read a regular file. Raises OSError, also when it has more than `most_bytes`."""
    with open_plain(path) as stream:
        if os.fstat(stream.fileno()).st_size > most_bytes:
            raise OSError(errno.EFBIG, f"has more than {most_bytes:,} bytes", str(path))
        return stream.readall()


def write_wherever(path: Path, content: bytes) -> None:
    """To a path that a user named: a device or a pipe is written to, any other file replaced."""
    is_special = path.exists() and not path.is_file()
    (write_special if is_special else write_whole)(path, content)


def write_special(path: Path, content: bytes) -> None:
    """Write to a device or a pipe. Raises OSError for a FIFO without a reader, and does not wait.

    A reader that is there is waited for.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with FileIO(descriptor, "wb") as stream:
        os.set_blocking(descriptor, True)
        _write_all(stream, content)


def write_whole(path: Path, content: bytes) -> None:
    """Write all or nothing: a reader never sees half a file, and a link is never followed."""
    part = path.with_name(path.name + ".part")
    with suppress(FileNotFoundError):
        part.unlink()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with FileIO(os.open(part, flags, 0o666), "wb") as stream:
            _write_all(stream, content)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise


def _write_all(stream: FileIO, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[stream.write(left) :]
