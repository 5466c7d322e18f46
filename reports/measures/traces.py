"""Arrivals in time, whether each went well, and how it was before the fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from reports.inputs.schedule import Floats, Instants, blocks, place
from reports.measures.cohorts import Flags
from reports.measures.degraded import P1

GAP_S: Final = 2.0
MIN_BASELINE: Final = 300
_STRAY_RATIO: Final = 0.02
_CLOSE_MIN: Final = 4
_CLOSE_MAX: Final = 20


class KnownTime:
    """Durations without the stretches in which nothing was scheduled, so nothing is known."""

    def __init__(self, due: Instants, begin_s: float, end_s: float) -> None:
        starts: list[Floats] = []
        lengths: list[Floats] = []
        last_s = begin_s
        for first, stop in blocks(place(due, begin_s), place(due, end_s)):
            edges = np.concatenate(([last_s], due.span_s(first, stop)))
            _keep_gaps(edges, starts, lengths)
            last_s = float(edges[-1])
        _keep_gaps(np.array([last_s, end_s]), starts, lengths)
        self._begin, self._length = np.concatenate(starts), np.concatenate(lengths)

    def between(self, begin_s: float, end_s: float) -> float:
        """Known seconds from one instant to another (negative when they stand the other way)."""
        return end_s - begin_s - (self._unknown(end_s) - self._unknown(begin_s))

    def after(self, begin_s: float, end_s: float) -> float:
        """Known seconds from one instant on to another, none when that came before."""
        return max(0.0, self.between(begin_s, end_s))

    def _unknown(self, at_s: float) -> float:
        return float(np.clip(at_s - self._begin, 0.0, self._length).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Arrivals in the order of their intended start, and whether each went well.

    Load was offered from `begin_s` (end of warm-up) to `end_s`; the fault lasted from `f0_s` to
    `f1_s` (verified) and was asked for at `asked_s`; `in_flight_s` is the longest time a payment
    took before that.
    """

    due: Instants
    good: Flags
    known: KnownTime
    begin_s: float
    end_s: float
    asked_s: float
    f0_s: float
    f1_s: float
    in_flight_s: float
    hold_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """How it was before the fault: arrivals and the share that went well."""

    arrivals: int
    good_ratio: float

    @property
    def bad_rate(self) -> float:
        """p0: the shrunk bad rate, never so near to 0 or to P1 that one request would decide."""
        return min(max(self._shrunk, P1 / 10), P1 / 3)

    @property
    def close(self) -> int:
        """Good requests in a row that make it unlikely for the next bad one to be of a stretch.

        So few that a stray failure is among them in 2 % of all cases.
        """
        return min(max(round(_STRAY_RATIO / self._shrunk), _CLOSE_MIN), _CLOSE_MAX)

    @property
    def _shrunk(self) -> float:
        bad = self.arrivals * (1 - self.good_ratio)
        return (bad + 2) / (self.arrivals + 4)


def baseline(trace: Trace) -> Baseline:
    """From the end of warm-up to the asking for the fault minus the longest time in flight."""
    first = place(trace.due, trace.begin_s)
    stop = max(first, place(trace.due, trace.asked_s - trace.in_flight_s))
    arrivals, good = stop - first, int(np.count_nonzero(trace.good[first:stop]))
    return Baseline(arrivals=arrivals, good_ratio=good / arrivals if arrivals else 0.0)


def _keep_gaps(edges: Floats, starts: list[Floats], lengths: list[Floats]) -> None:
    length = np.diff(edges)
    starts.append(edges[:-1][length > GAP_S])
    lengths.append(length[length > GAP_S])
