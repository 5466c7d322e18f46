"""Where attempts are kept: a mapped file, whose pages are the kernel's and so outlive kill -9."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from itertools import chain
from operator import length_hint
from pathlib import Path
from typing import Final, NoReturn, Protocol

from harness.load.records import RECORD_BYTES

BLOCK_BYTES: Final = RECORD_BYTES << 11  # whole records and whole pages
_WARM_AHEAD_BYTES: Final = 1 << 24  # what an hour holds need not wait in memory for its turn
_WARM_AT_ONCE_BYTES: Final = 1 << 16  # the kernel maps what was written at once at once


class Recorder(Protocol):
    """Where attempts are kept: `pack_into(recorder.room, next(recorder.places), *words)`.

    Two steps in C instead of a method with seven arguments, since every request pays for it.
    """

    @property
    def room(self) -> mmap.mmap | bytearray:
        """Where records are packed."""

    @property
    def places(self) -> Iterator[int]:
        """The offsets in `room` for the next records. Raises OSError when the disk has none."""

    @property
    def kept(self) -> int:
        """How many were kept."""

    def close(self) -> None:
        """No more will come."""


class NoRecorder:
    """Counts and forgets: Locust's own page is fed by Locust's events."""

    def __init__(self) -> None:
        self.room = bytearray(RECORD_BYTES)
        self.places = self._same_place()
        self.kept = 0

    def close(self) -> None:
        """Nothing was opened."""

    def _same_place(self) -> Iterator[int]:
        while True:
            self.kept += 1
            yield 0


class AttemptFile:
    """Room is taken from the disk ahead, so that a full one is an error and no lost record."""

    __slots__ = ("_block", "_end", "_fd", "places", "room")

    def __init__(self, path: Path, expected: int = 0) -> None:
        """Make the file, with room for that many records. Raises OSError (exists, no space)."""
        self._fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        self._end = (expected * RECORD_BYTES // BLOCK_BYTES + 1) * BLOCK_BYTES
        try:
            os.posix_fallocate(self._fd, 0, self._end)
            self._warm(0, min(self._end, _WARM_AHEAD_BYTES))
            self.room = mmap.mmap(self._fd, self._end)
        except OSError:
            os.close(self._fd)
            raise
        self._block = iter(range(0, self._end, RECORD_BYTES))
        self.places: Iterator[int] = chain.from_iterable(self._blocks())

    @property
    def kept(self) -> int:
        """How many records were placed."""
        return self._end // RECORD_BYTES - length_hint(self._block)

    def close(self) -> None:
        """Cut off what was not needed and give the file back; nothing can be placed any more."""
        self.room.close()
        os.ftruncate(self._fd, self.kept * RECORD_BYTES)
        os.close(self._fd)

    def _blocks(self) -> Iterator[Iterator[int]]:
        while True:
            yield self._block
            try:
                self._grow()
            except OSError as full:
                yield _Refusal(full)

    def _grow(self) -> None:
        begin, end = self._end, self._end + BLOCK_BYTES
        os.posix_fallocate(self._fd, begin, BLOCK_BYTES)
        self._warm(begin, end)
        self.room.resize(end)
        self._block, self._end = iter(range(begin, end, RECORD_BYTES)), end

    def _warm(self, begin: int, end: int) -> None:
        """Zeros that lie in the page cache are touched at a tenth of the cost of untouched room."""
        for at in range(begin, end, _WARM_AT_ONCE_BYTES):
            os.pwrite(self._fd, bytes(min(end - at, _WARM_AT_ONCE_BYTES)), at)


class _Refusal:
    """The disk is full; every further call raises too."""

    def __init__(self, full: OSError) -> None:
        self._full = full

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> NoReturn:
        raise self._full
