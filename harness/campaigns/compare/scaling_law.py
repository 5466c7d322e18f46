"""The Universal Scalability Law, fitted to capacities by size; pure.

    C(n) = C1 * n / (1 + contention * (n - 1) + coherence * n * (n - 1))

n / C(n) is linear in 1/C1, contention/C1 and coherence/C1, so the fit is linear least squares with
relative errors, and its interval follows from the spread of the repeats. It says nothing of sizes
beyond the largest one that was measured (Gunther, Guerrilla Capacity Planning, 2007).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from harness.campaigns.compare.least_squares import Vector, covariance, fitted, squares
from harness.campaigns.student import t_quantile
from harness.errors import HarnessError

_UNKNOWNS: Final = 3
_TWO_SIDED: Final = 0.975


class BeyondMeasuredError(HarnessError):
    """The fit says nothing about a size outside of the measured ones."""


class Bounded(msgspec.Struct, frozen=True, kw_only=True):
    """A value with its interval (95 %); without one where the repeats do not give any."""

    value: float
    low: float | None = None
    high: float | None = None


class Law(msgspec.Struct, frozen=True, kw_only=True):
    """The fitted law, for sizes from `least` to `most`. `best`: the size of the highest capacity.

    `best` is null where capacity still rises at the largest measured size.
    """

    one: Bounded
    contention: Bounded
    coherence: Bounded
    least: int
    most: int
    best: float | None = None

    def capacity(self, size: float) -> float:
        """What the law says of a size within the measured ones. Raises BeyondMeasuredError."""
        if not self.least <= size <= self.most:
            text = f"measured at sizes {self.least} to {self.most}; nothing is said of {size:g}"
            raise BeyondMeasuredError(text)
        slowed = self.contention.value * (size - 1) + self.coherence.value * size * (size - 1)
        return self.one.value * size / (1 + slowed)


def law_of(points: Sequence[tuple[int, float]]) -> Law | None:
    """The law of (size, capacity) pairs; None with fewer than three sizes, or without capacity."""
    sizes = sorted({size for size, _ in points})
    if len(sizes) < _UNKNOWNS or any(capacity <= 0 for _, capacity in points):
        return None
    rows = [_row(size, capacity) for size, capacity in points]
    found = fitted(rows, [1.0] * len(rows), 1)
    if found is None or found[0] <= 0:
        return None
    one, contention, coherence = 1 / found[0], found[1] / found[0], found[2] / found[0]
    low, high = _reaches(rows, found)
    return Law(
        one=_bounded(one, *_around(one, low[0], high[0])),
        contention=_bounded(contention, low[1], high[1]),
        coherence=_bounded(coherence, low[2], high[2]),
        least=sizes[0],
        most=sizes[-1],
        best=_best(contention, coherence, (sizes[0], sizes[-1])),
    )


def _row(size: int, capacity: float) -> Vector:
    """Relative errors: n / C(n) and its terms, divided by n / C(n)."""
    scale = capacity / size
    return (scale, scale * (size - 1), scale * size * (size - 1))


def _best(contention: float, coherence: float, measured: tuple[int, int]) -> float | None:
    if coherence <= 0 or contention >= 1:
        return None
    peak = math.sqrt((1 - contention) / coherence)
    return round(peak, 2) if measured[0] <= peak <= measured[1] else None


def _reaches(
    rows: Sequence[Vector], found: Vector
) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
    """Lower and upper ends of 1/C1, contention and coherence, by the delta method."""
    degrees, inverse = len(rows) - _UNKNOWNS, covariance(rows)
    if degrees < 1 or inverse is None:
        return (None, None, None), (None, None, None)
    variance = squares(rows, [1.0] * len(rows), found) / degrees
    t = t_quantile(_TWO_SIDED, degrees)
    first = found[0]
    ends = [_ends(first, t * math.sqrt(max(variance * inverse[0][0], 0.0)))]
    for at in (1, 2):
        ratio = found[at] / first
        own = inverse[at][at] - 2 * ratio * inverse[at][0] + ratio * ratio * inverse[0][0]
        ends.append(_ends(ratio, t * math.sqrt(max(variance * own, 0.0)) / first))
    return tuple(max(low, 0.0) for low, _ in ends), tuple(high for _, high in ends)


def _ends(middle: float, reach: float) -> tuple[float, float]:
    return middle - reach, middle + reach


def _around(one: float, low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """The interval of C1 from that of 1/C1; without an upper end where 1/C1 may be 0."""
    if low is None or high is None:
        return None, None
    return min(1 / high, one), max(1 / low, one) if low > 0 else None


def _bounded(value: float, low: float | None, high: float | None) -> Bounded:
    ends = [None if end is None else round(end, 6) for end in (low, high)]
    return Bounded(value=round(value, 6), low=ends[0], high=ends[1])
