"""How much of the machine others took while the run was judged: on average, and at the worst."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from harness.machine import Slice

STRETCH_SLICES: Final = 5  # of a second each


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """Shares of all cores, 0 to 1; the worst and the busiest are means over five seconds."""

    foreign: float
    foreign_worst: float
    busy_worst: float


def sharing(slices: Sequence[Slice], begin_s: float, end_s: float) -> Sharing | None:
    """Of the slices that lie between; None when nobody looked at half of that time or more."""
    inside = [s for s in slices if s.begin_s >= begin_s and s.end_s <= end_s]
    looked_s = sum(s.end_s - s.begin_s for s in inside)
    if not inside or looked_s < (end_s - begin_s) / 2:
        return None
    return Sharing(
        foreign=_mean(inside, _foreign),
        foreign_worst=_worst(inside, _foreign),
        busy_worst=_worst(inside, _busy),
    )


def _foreign(one: Slice) -> float:
    return one.foreign


def _busy(one: Slice) -> float:
    return one.busy


def _mean(slices: Sequence[Slice], share: Callable[[Slice], float]) -> float:
    total_s = sum(s.end_s - s.begin_s for s in slices)
    return sum(share(s) * (s.end_s - s.begin_s) for s in slices) / total_s


def _worst(slices: Sequence[Slice], share: Callable[[Slice], float]) -> float:
    firsts = range(max(1, len(slices) - STRETCH_SLICES + 1))
    return max(_mean(slices[first : first + STRETCH_SLICES], share) for first in firsts)
