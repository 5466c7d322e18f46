"""Reads a file that is being appended to: only complete records, only new ones.

The reader may run beside the writer on another core, and copy the first words of a record before
they are written and the last one after. So the first read determines which records are complete and
a second read takes them: records that the first read saw complete do not change any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import Final

import msgspec

from harness.load.records import RECORD_BYTES, Attempt, unpack, whole_bytes
from harness.store import RunFolder
from harness.timeline import Event

_LOOK_BYTES: Final = RECORD_BYTES << 15  # records lie before megabytes of zeros: not all are read


class Follower:
    """The bytes that were appended to one file since the last time."""

    def __init__(self, path: Path) -> None:
        self._path, self._offset = path, 0

    def take(self, whole_bytes_of: Callable[[bytes], int]) -> bytes:
        """The new complete records. Empty if the file does not exist.

        `whole_bytes_of` gets `_LOOK_BYTES` at most, more than any line or record has.
        """
        taken = []
        try:
            with self._path.open("rb", buffering=0) as stream:  # both looks are at the file
                while part := self._look(stream, whole_bytes_of):
                    taken.append(part)
        except FileNotFoundError:
            return b""
        return b"".join(taken)

    def _look(self, stream: FileIO, whole_bytes_of: Callable[[bytes], int]) -> bytes:
        stream.seek(self._offset)
        whole = whole_bytes_of(stream.read(_LOOK_BYTES))
        stream.seek(self._offset)
        self._offset += whole
        return stream.read(whole)


class RunFollower:
    """The events and attempts of a run that have not been seen yet."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._timeline = Follower(folder.timeline)
        self._attempts: dict[Path, Follower] = {}
        self._decode = msgspec.json.Decoder(Event).decode

    def events(self) -> Iterator[Event]:
        """New events, in the order in which they were written."""
        yield from map(self._decode, self._timeline.take(_whole_lines).splitlines())

    def attempts(self) -> Iterator[Attempt]:
        """New attempts of all workers."""
        for path in self._folder.all_attempts():
            raw = self._attempts.setdefault(path, Follower(path)).take(whole_bytes)
            for at in range(0, len(raw), RECORD_BYTES):
                yield unpack(raw[at : at + RECORD_BYTES])


def _whole_lines(raw: bytes) -> int:
    return raw.rfind(b"\n") + 1
