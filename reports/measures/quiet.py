"""A hold of good traffic ends a degraded stretch, also at a low rate.

The walk of degraded.py needs some 300 good requests before it calls the system good: half a minute
at 10 requests per second. A window as long as the hold in which the evidence is for good splits a
stretch there. The windows lie on a grid that does not depend on what went wrong, so one more bad
request can only remove a split.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from reports.inputs.schedule import Ints
from reports.measures.cohorts import Flags
from reports.measures.degraded import Stretch, Weights
from reports.measures.felt import Felt
from reports.measures.traces import Baseline

_STEPS: Final = 20
# A window is good at odds of 4 to 1 (millionths of a nat), with no more than a stray or two in it.
_GOOD_ENOUGH: Final = -1_500_000
_STRAYS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Windows:
    """Quiet windows: for each the place of the first bad request in it, and of the one behind."""

    first: Ints
    stop: Ints

    def cover(self, size: int, *, behind: int) -> Flags:
        """Which of `size` bad requests lie in one, or up to `behind` after one."""
        begins = np.bincount(self.first, minlength=size + 2)
        ends = np.bincount(self.stop + behind, minlength=size + 2)
        return np.cumsum(begins - ends)[:size] > 0


def without_quiet(found: Iterable[Stretch], felt: Felt, before: Baseline) -> Iterator[Stretch]:
    """The stretches, split where a window of the hold was quiet."""
    windows = _quiet(felt, Weights.against(before.bad_rate))
    places = felt.bad_places
    inside = windows.cover(len(places), behind=0)
    apart = np.diff(places, prepend=-1) - 1 > before.close
    cut = windows.cover(len(places), behind=1) & apart
    for stretch in found:
        begin, stop = np.searchsorted(places, (stretch.first, stretch.last + 1)).tolist()
        edges = [begin, *(begin + 1 + np.flatnonzero(cut[begin + 1 : stop])).tolist(), stop]
        for first, behind in pairwise(edges):
            if not inside[first:behind].all():
                yield Stretch(first=int(places[first]), last=int(places[behind - 1]))


def _quiet(felt: Felt, weights: Weights) -> _Windows:
    step_s = felt.trace.hold_s / _STEPS
    edges = np.arange(felt.begin_s, felt.trace.end_s + step_s, step_s)
    at = felt.all_before(edges)
    bad_at = np.searchsorted(felt.bad_places, at)
    wide = _STEPS - 1
    due, bad = at[wide:] - at[:-wide], bad_at[wide:] - bad_at[:-wide]
    good = bad * weights.for_bad + (due - bad) * weights.for_good <= _GOOD_ENOUGH
    quiet = good & (bad <= _STRAYS)
    return _Windows(first=bad_at[:-wide][quiet], stop=bad_at[wide:][quiet])
