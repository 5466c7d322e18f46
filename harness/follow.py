"""Reads what is being appended to: only whole records, only what is new.

A reader runs beside the writer on another core: it may copy the first words of a record before they
are written and the last one after. So what is whole is told by one look and taken by a second one:
what the first saw ended was written before the second began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from harness.records import RECORD_BYTES, Attempt, unpack, whole_bytes
from harness.store import RunFolder
from harness.timeline import Event


class Follower:
    """The bytes that were appended to one file since the last look."""

    def __init__(self, path: Path) -> None:
        self._path, self._offset = path, 0

    def take(self, whole_bytes_of: Callable[[bytes], int]) -> bytes:
        """What is new and whole. Empty where there is no file."""
        try:
            with self._path.open("rb", buffering=0) as stream:  # both looks are at the file
                stream.seek(self._offset)
                whole = whole_bytes_of(stream.read())
                stream.seek(self._offset)
                raw = stream.read(whole)
        except FileNotFoundError:
            return b""
        self._offset += whole
        return raw


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
