"""Intended starts, read from their file as they are wanted: memory does not grow with a run."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from harness.errors import StoredRunError
from harness.load.traffic import US_PER_S

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
BLOCK: Final = 1 << 17
_DUE: Final = np.dtype("<u4")


class Instants(Protocol):
    """Instants in ascending order, in seconds since the run's zero."""

    def __len__(self) -> int:
        """How many there are."""

    def span_s(self, first: int, stop: int) -> Floats:
        """Those at the places from `first` to before `stop`."""


class Schedule:
    """The intended start of intent i at place i. Raises StoredRunError: unreadable, cut off."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            size = path.stat().st_size
        except OSError as error:
            raise StoredRunError(f"{path}: unreadable: {error}") from error
        if size % _DUE.itemsize:
            raise StoredRunError(f"{path}: cut off in the middle of an arrival")
        self._length = size // _DUE.itemsize

    def __len__(self) -> int:
        return self._length

    def span_us(self, first: int, stop: int) -> Ints:
        """Microseconds since the run's zero. Raises StoredRunError."""
        count = max(0, min(stop, self._length) - first)
        try:
            due = np.fromfile(self._path, _DUE, count, offset=first * _DUE.itemsize)
        except OSError as error:
            raise StoredRunError(f"{self._path}: unreadable: {error}") from error
        return due.astype(np.int64)

    def span_s(self, first: int, stop: int) -> Floats:
        """Those at the places from `first` to before `stop`."""
        return self.span_us(first, stop) / US_PER_S

    def check_order(self) -> None:
        """All that is measured rests on ascending starts. Raises StoredRunError."""
        before = 0
        for first, stop in blocks(0, self._length):
            due = self.span_us(first, stop)
            if due[0] < before or bool((due[1:] < due[:-1]).any()):
                raise StoredRunError(f"{self._path}: not in the order of time")
            before = int(due[-1])


def blocks(first: int, stop: int) -> Iterator[tuple[int, int]]:
    """The places from `first` to before `stop`, in stretches of at most BLOCK."""
    return ((at, min(at + BLOCK, stop)) for at in range(first, stop, BLOCK))


def place(due: Instants, at_s: float) -> int:
    """The first place at or after that second; the length when there is none."""
    return bisect_left(range(len(due)), at_s, key=lambda at: float(due.span_s(at, at + 1)[0]))
