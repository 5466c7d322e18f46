"""A figure on a scale where limits, spread and ratios are differences: the log of its burden.

The burden is the figure itself where it must stay below its limit, and for a share that must stay
above it, the missing share. A small constant is added, so that a burden of zero has a place.
"""

from __future__ import annotations

import math
from typing import Final

from harness.campaigns.records import Must

# What a run cannot tell from zero: a tenth of a second, one in two thousand, a hundredth of a try.
_SMALLEST: Final = {"s": 0.1, "ratio": 0.0005}
_SMALLEST_OTHER: Final = 0.01


def is_bounded(limit: float, unit: str, must: Must) -> bool:
    """Whether the limit is the best value there is: then each repeat holds it or does not."""
    return limit <= 0 if must == "<=" else unit == "ratio" and limit >= 1


def log_burden(value: float, unit: str, must: Must) -> float:
    """Larger is worse. A value better than the best one counts as the best one."""
    smallest = _SMALLEST.get(unit, _SMALLEST_OTHER)
    if must == "<=":
        return math.log(max(value, 0.0) + smallest)
    if unit == "ratio":
        return math.log(max(1 - value, 0.0) + smallest)
    return -math.log(max(value, 0.0) + smallest)


def from_log(burden: float, unit: str, must: Must) -> float:
    """The value that has this burden."""
    smallest = _SMALLEST.get(unit, _SMALLEST_OTHER)
    if must == "<=":
        return max(math.exp(min(burden, 700.0)) - smallest, 0.0)
    if unit == "ratio":
        return 1 - max(math.exp(min(burden, 700.0)) - smallest, 0.0)
    return max(math.exp(min(-burden, 700.0)) - smallest, 0.0)
