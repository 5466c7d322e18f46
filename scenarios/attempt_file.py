"""Where attempts are kept: a mapped file, whose pages are the kernel's and so outlive kill -9."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Final, Protocol

from harness.records import RECORD_BYTES

BLOCK_BYTES: Final = 1 << 18


class Recorder(Protocol):
    """Where attempts are kept: `pack_into(recorder.room, recorder.place(), *fields)`.

    Two steps instead of a call with eight arguments, since every request pays for it.
    """

    @property
    def room(self) -> mmap.mmap | bytearray:
        """Where records are packed."""

    def place(self) -> int:
        """The offset in `room` for the next record. Raises OSError when the disk has none."""

    @property
    def kept(self) -> int:
        """How many were kept."""

    def close(self) -> None:
        """No more will come."""


class NoRecorder:
    """Counts and forgets: Locust's own page is fed by Locust's events."""

    def __init__(self) -> None:
        self.room = bytearray(RECORD_BYTES)
        self.kept = 0

    def place(self) -> int:
        """The same place, for every record."""
        self.kept += 1
        return 0

    def close(self) -> None:
        """Nothing was opened."""


class AttemptFile:
    """Room is taken from the disk ahead, so that a full one is an error and no lost record."""

    __slots__ = ("_at", "_end", "_fd", "room")

    def __init__(self, path: Path, expected: int = 0) -> None:
        """Make the file, with room for that many records. Raises OSError (exists, no space)."""
        self._fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        self._at, self._end = 0, _whole_blocks(expected * RECORD_BYTES)
        try:
            os.posix_fallocate(self._fd, 0, self._end)
            self.room = mmap.mmap(self._fd, self._end)
        except OSError:
            os.close(self._fd)
            raise

    @property
    def kept(self) -> int:
        """How many records were placed."""
        return self._at // RECORD_BYTES

    def place(self) -> int:
        """The offset in `room` for the next record. Raises OSError when the disk has none."""
        at = self._at
        end = at + RECORD_BYTES
        if end > self._end:
            self._grow()
        self._at = end
        return at

    def close(self) -> None:
        """Cut off what was not needed and give the file back; nothing can be placed any more."""
        self.room.close()
        os.ftruncate(self._fd, self._at)
        os.close(self._fd)

    def _grow(self) -> None:
        os.posix_fallocate(self._fd, self._end, BLOCK_BYTES)
        self.room.resize(self._end + BLOCK_BYTES)
        self._end += BLOCK_BYTES


def _whole_blocks(size: int) -> int:
    return (size // BLOCK_BYTES + 1) * BLOCK_BYTES
