"""Two modes across repeats: a gap that repeats of one kind practically never leave."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean
from typing import Final

from harness.campaigns.spread import LEAST_SD, PastSpread

# A smaller difference between the modes (20 %) does not matter to anyone.
LEAST_GAP: Final = math.log(1.2)
# The largest gap of n normal values, in spreads within the two sides of it: exceeded by one sample
# in a thousand (Monte Carlo, 200,000 samples for each n). Below four values it says nothing.
_GAP_OF: Final = {
    4: 92.0,
    5: 31.0,
    6: 18.0,
    7: 12.0,
    8: 9.4,
    9: 7.9,
    10: 6.8,
    11: 6.1,
    12: 5.5,
}
_GAP_OF_MORE: Final = 5.0
# The same where the spread is known from earlier campaigns.
_GAP_OF_KNOWN: Final = 4.1


def modes(values: Sequence[float], past: PastSpread | None) -> tuple[tuple[int, ...], ...]:
    """The positions of the values of each mode, the better mode first; one mode if no gap shows."""
    order = sorted(range(len(values)), key=lambda position: values[position])
    everything = (tuple(range(len(values))),)
    if len(values) < 3:  # noqa: PLR2004  # two values always have a gap
        return everything
    gaps = [values[b] - values[a] for a, b in pairwise(order)]
    widest = max(range(len(gaps)), key=lambda place: gaps[place])
    lower, upper = order[: widest + 1], order[widest + 1 :]
    if gaps[widest] < max(LEAST_GAP, _least_gap(values, (lower, upper), past)):
        return everything
    return (tuple(sorted(lower)), tuple(sorted(upper)))


def _least_gap(
    values: Sequence[float], sides: tuple[list[int], list[int]], past: PastSpread | None
) -> float:
    if past is not None and past.degrees > 0:
        return _GAP_OF_KNOWN * max(past.sd, LEAST_SD)
    within = 0.0
    for side in sides:
        mean = fmean(values[place] for place in side)
        within += sum((values[place] - mean) ** 2 for place in side)
    sd = max(math.sqrt(within / (len(values) - 2)), LEAST_SD)
    if len(values) < min(_GAP_OF):
        return math.inf
    return _GAP_OF.get(len(values), _GAP_OF_MORE) * sd
