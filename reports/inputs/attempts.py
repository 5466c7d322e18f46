"""The attempts of a run by ranges of intents, for any order of the records."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from harness.errors import StoredRunError
from harness.load.records import EFFECT_SHIFT, FIELDS, OUTCOME_SHIFT, RECORD_BYTES

Records = npt.NDArray[np.void]
RECORD: Final[np.dtype[Any]] = np.dtype(list(FIELDS))
_CHUNK: Final = 1 << 16
_OUTCOMES: Final = 3  # the bits of an outcome; 0 is none
_WORDS: Final = RECORD_BYTES // 8
_KEPT_A_FILE: Final = 2  # what one range has begun, and what answered late


def names_of(records: Records) -> npt.NDArray[np.int64]:
    """The number of each attempt's request name."""
    return records["name"].astype(np.int64)


def effects_of(records: Records) -> npt.NDArray[np.bool_]:
    """Whether each attempt claims that the system's records show it once it succeeds."""
    found: npt.NDArray[np.bool_] = records["code"] >> EFFECT_SHIFT != 0
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    """A stretch of one file, and the lowest and highest intent in it."""

    path: Path
    first: int
    count: int
    lowest: int
    highest: int

    def read(self) -> Records:
        return np.fromfile(self.path, RECORD, self.count, offset=self.first * RECORD_BYTES)


class AttemptFiles:
    """All whole records of some files. A few chunks stay in memory, never a file."""

    def __init__(self, paths: tuple[Path, ...]) -> None:
        """Look once at every record. Raises OSError, StoredRunError for an undefined outcome."""
        self._most_kept = _KEPT_A_FILE * len(paths)
        self._chunks = tuple(chunk for path in paths for chunk in _chunks(path))
        self._kept: OrderedDict[_Chunk, Records] = OrderedDict()

    def __len__(self) -> int:
        return sum(chunk.count for chunk in self._chunks)

    def of(self, path: Path) -> int:
        """How many are in that file."""
        return sum(chunk.count for chunk in self._chunks if chunk.path == path)

    @property
    def highest(self) -> int:
        """The highest intent that was attempted; -1: none was."""
        return max((chunk.highest for chunk in self._chunks), default=-1)

    def between(self, first: int, stop: int) -> Records:
        """The attempts of the intents from `first` to before `stop`, in no particular order."""
        parts = [
            _within(self._read(chunk), first, stop, chunk)
            for chunk in self._chunks
            if chunk.lowest < stop and chunk.highest >= first
        ]
        words = [np.empty((0, _WORDS), np.uint64), *parts]
        return np.concatenate(words).reshape(-1).view(RECORD)

    def _read(self, chunk: _Chunk) -> Records:
        """Chunks that hold more than one range's intents are wanted again soon."""
        records = self._kept.pop(chunk, None)
        if records is None:
            records = chunk.read()
        self._kept[chunk] = records
        if len(self._kept) > self._most_kept:
            self._kept.popitem(last=False)
        return records


def _chunks(path: Path) -> Iterator[_Chunk]:
    count = path.stat().st_size // RECORD_BYTES if path.is_file() else 0
    for first in range(0, count, _CHUNK):
        size = min(_CHUNK, count - first)
        records = np.fromfile(path, RECORD, size, offset=first * RECORD_BYTES)
        whole = _whole(records)
        if not (records["code"][:whole] >> OUTCOME_SHIFT & _OUTCOMES).all():
            raise StoredRunError(f"{path.name} has an attempt with an undefined outcome")
        intents = records["intent"][:whole]
        if whole:
            low, high = int(intents.min()), int(intents.max())
            yield _Chunk(path=path, first=first, count=whole, lowest=low, highest=high)
        if whole < size:
            return


def _whole(records: Records) -> int:
    """How many there are before the first that is torn or was never written."""
    numbers = records["attempt"]
    return len(numbers) if numbers.all() else int(numbers.argmin())


def _within(records: Records, first: int, stop: int, chunk: _Chunk) -> npt.NDArray[np.uint64]:
    """As whole numbers, one row a record: numpy copies those many times faster."""
    words = records.view(np.uint64).reshape(-1, _WORDS)
    if chunk.lowest >= first and chunk.highest < stop:
        return words
    intents = records["intent"]
    wanted = np.flatnonzero((intents >= first) & (intents < stop))
    return words.take(wanted, axis=0)
