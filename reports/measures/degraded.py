"""Where requests go bad and where they are good again: a CUSUM with sharp, monotone boundaries.

A stretch is found by one walk of whole-numbered log likelihood ratios (P1 against p0) in both
directions. Its boundaries are then drawn again: the last bad request that counts is one that enough
bad requests follow within the stretch, and from there on those that follow closely. A stray failure
at a distance therefore moves no boundary, and more bad requests never shorten a stretch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from reports.inputs.schedule import Ints
from reports.measures.cohorts import Flags

P1: Final = 0.05
ALPHA: Final = 0.01
_STRAYS_APART: Final = 7
_UNITS_PER_NAT: Final = 1_000_000
_FIRST_CHUNK: Final = 1 << 10
_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Millionths of a nat: what a bad request adds to the walk, and what a good one takes away."""

    for_bad: int
    for_good: int

    @classmethod
    def against(cls, p0: float) -> Weights:
        """Of P1 against the bad rate at rest."""
        return cls(
            for_bad=round(math.log(P1 / p0) * _UNITS_PER_NAT),
            for_good=round(math.log((1 - P1) / (1 - p0)) * _UNITS_PER_NAT),
        )

    @property
    def support(self) -> int:
        """The evidence that a boundary needs on its inner side: of one bad request, net."""
        return self.for_bad

    @property
    def no_strays(self) -> int:
        """More evidence than two strays have, and two of the rest beside them."""
        return 4 * self.for_bad + _STRAYS_APART * self.for_good


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Places of the first and the last bad request of a degraded stretch."""

    first: int
    last: int


def stretches(bad: Flags, p0: float, close: int) -> list[Stretch]:
    """All degraded stretches in their order, with their boundaries drawn sharply.

    At a boundary, bad requests with at most `close` good ones between them belong together.
    """
    weights = Weights.against(p0)
    size, places = len(bad), np.flatnonzero(bad)
    found = []
    for onset, end in segments(bad, p0):
        begin, stop = np.searchsorted(places, (onset, size if end is None else end)).tolist()
        mine = places[begin:stop]
        last = _last(mine, weights, close)
        first = len(mine) - 1 - _last(-mine[::-1], weights, close)
        found.append(Stretch(first=int(mine[min(first, last)]), last=int(mine[last])))
    return found


def segments(bad: Flags, p0: float) -> list[tuple[int, int | None]]:
    """(first degraded, first good again) as places in `bad`; None when it never was good again.

    The coarse search: the same pair of rates both ways, so that a worse trace is never degraded for
    less long. Weights are whole numbers, so the order of computation changes nothing.
    """
    size = len(bad)
    if not size:
        return []
    threshold = round(math.log(size / ALPHA) * _UNITS_PER_NAT)
    weights = Weights.against(p0)
    down = _Walk(bad, weights.for_bad, weights.for_good)
    up = _Walk(bad, -weights.for_bad, -weights.for_good)
    found: list[tuple[int, int | None]] = []
    at = 0
    while at < size:
        crossed, onset = down.climb(at, threshold)
        if crossed == size:
            break
        back, end = up.climb(crossed + 1, threshold)
        found.append((onset, end if end < size else None))
        at = back + 1
    return found


def _last(places: Ints, weights: Weights, close: int) -> int:
    """Which of these bad requests is the last one of their stretch.

    The last with enough evidence behind it, then those that follow it closely.
    """
    wanted, size, width = weights.support, len(places), 64
    while True:
        tail = places[max(0, size - width) :]
        later = np.arange(len(tail) - 1, -1, -1)
        evidence = later * weights.for_bad + (tail[-1] - tail - later) * weights.for_good
        enough = np.flatnonzero(evidence >= wanted)
        if len(enough) or len(tail) == size:
            break
        width *= 4
    at = int(enough[-1]) if len(enough) else 0
    apart = np.flatnonzero(np.diff(tail[at:]) - 1 > close)
    at = at + int(apart[0]) if len(apart) else len(tail) - 1
    return size - len(tail) + at


class _Walk:
    """The sum of weights clipped at zero: the plain sum minus its running minimum, in chunks."""

    def __init__(self, bad: Flags, for_bad: int, for_good: int) -> None:
        self._bad, self._for_bad, self._for_good = bad, for_bad, for_good

    def climb(self, start: int, threshold: int) -> tuple[int, int]:
        """Where the sum first exceeds the threshold; the place after its last zero."""
        at, total, since, width = start, 0, start, _FIRST_CHUNK
        while at < len(self._bad):
            walk = self._walk(at, width, total)
            over = len(walk)
            if walk.max() > threshold:
                over = int((walk > threshold).argmax())
            zeros = walk[:over][::-1] == 0
            if zeros.any():
                since = at + over - int(zeros.argmax())
            if over < len(walk):
                return at + over, since
            total, at, width = int(walk[-1]), at + len(walk), min(width * 4, _CHUNK)
        return len(self._bad), since

    def _walk(self, at: int, width: int, total: int) -> Ints:
        weights = np.where(self._bad[at : at + width], self._for_bad, self._for_good)
        weights[0] += total
        plain = np.cumsum(weights, out=weights)
        lowest = np.minimum.accumulate(plain)
        return plain - np.minimum(lowest, 0, out=lowest)
