"""Did the fault fall into a traffic spike? Counts are compared with what chance alone would do."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

from reports.inputs.schedule import place
from reports.measures.traces import Trace

RATIO: Final = 1.5
_PARTS: Final = 4
# Standard deviations of two Poisson counts. Of the 16 pairs of a steady run, fewer than one in a
# thousand runs have one that exceeds it.
_SIGNIFICANT: Final = 4.0


def is_confounded(trace: Trace) -> bool:
    """Some part of the fault had far more arrivals than some part of the baseline.

    Without the fault, payments might have suffered as well. Both are cut into four parts, so that
    a spike that began before the fault, or ended during it, is seen.
    """
    if not trace.begin_s < trace.asked_s <= trace.f0_s < trace.f1_s:
        return False  # there is no baseline or no fault; the run is INVALID for that
    usual = _counts(trace, trace.begin_s, trace.asked_s)
    during = _counts(trace, trace.f0_s, trace.f1_s)
    wide = (trace.f1_s - trace.f0_s) / max(trace.asked_s - trace.begin_s, 1e-9)
    return _exceeds(max(during), min(usual), wide)


def _exceeds(during: int, usual: int, wide: float) -> bool:
    """By the ratio of rates, and by more than the noise of two counts (Anscombe's transform).

    `wide` is how many times longer the time of `during` was.
    """
    if wide <= 0 or during <= RATIO * usual * wide:
        return False
    apart = math.sqrt(during + 3 / 8) - math.sqrt(wide * (usual + 3 / 8))
    return 2 * apart / math.sqrt(1 + wide) > _SIGNIFICANT


def _counts(trace: Trace, begin_s: float, end_s: float) -> list[int]:
    edges = [begin_s + (end_s - begin_s) * part / _PARTS for part in range(_PARTS + 1)]
    return [stop - first for first, stop in pairwise(place(trace.due, at_s) for at_s in edges)]
