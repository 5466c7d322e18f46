"""The arrivals that a fault could reach, counted in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from reports.inputs.schedule import Floats, Ints, blocks, place
from reports.measures.degraded import Stretch
from reports.measures.traces import Trace

_SLICE_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceCounts:
    """Arrivals and bad ones among them in slices of a second; the last one may be shorter."""

    due: Ints
    bad: Ints
    width_s: Floats

    @property
    def bad_ratio(self) -> Floats:
        """Share of bad ones; none where nothing was due."""
        return self.bad / np.maximum(self.due, 1)


class Felt:
    """The arrivals that a fault could reach: due from its asking on, or in flight at that time."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.begin_s = min(trace.asked_s - trace.in_flight_s, trace.end_s)
        self._first = place(trace.due, self.begin_s)
        self._stop = max(self._first, place(trace.due, trace.end_s))
        self.bad = ~trace.good[self._first : self._stop]
        self.bad_places = np.flatnonzero(self.bad)

    def due_s(self, number: int) -> float:
        """When an arrival was due."""
        at = self._first + number
        return float(self.trace.due.span_s(at, at + 1)[0])

    def after_s(self, stretch: Stretch) -> float | None:
        """When the first good arrival after a stretch was due; None when the load ended before."""
        return None if stretch.last == len(self.bad) - 1 else self.due_s(stretch.last + 1)

    def before(self, at_s: float) -> int:
        """How many of these arrivals were due before that second."""
        return min(max(place(self.trace.due, at_s), self._first), self._stop) - self._first

    def slices(self, begin_s: float, end_s: float) -> SliceCounts:
        """Counts from `begin_s` to before `end_s`."""
        edges = np.append(np.arange(begin_s, end_s, _SLICE_S), max(begin_s, end_s))
        at = self.all_before(edges)
        bad = np.diff(np.searchsorted(self.bad_places, at))
        return SliceCounts(due=np.diff(at), bad=bad, width_s=np.diff(edges))

    def all_before(self, at_s: Floats) -> Ints:
        """How many of these arrivals were due before each of these seconds, in ascending order."""
        begin, end = self.before(float(at_s[0])), self.before(float(at_s[-1]))
        found = np.full(len(at_s), begin, np.int64)
        for first, stop in blocks(self._first + begin, self._first + end):
            found += np.searchsorted(self.trace.due.span_s(first, stop), at_s)
        return found
