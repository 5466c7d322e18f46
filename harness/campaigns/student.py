"""Student's t: the quantile that a one-sided bound of a mean needs.

scipy has it too; it would add 83 MB and more than a second to the start of a command (decision
0057). The tests compare these values with a published table.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final

_TINY: Final = 1e-300
_STEPS: Final = 300
_EXACT: Final = 3e-15


@cache
def t_quantile(probability: float, degrees: float) -> float:
    """The value that t with that many degrees of freedom stays below with this probability."""
    if not 0.5 <= probability < 1 or degrees <= 0:  # noqa: PLR2004  # the upper half only
        raise ValueError(f"no quantile of t for {probability} with {degrees} degrees of freedom")
    low, high = 0.0, 2.0
    while t_probability(high, degrees) < probability:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        if t_probability(middle, degrees) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def t_probability(t: float, degrees: float) -> float:
    """How probable a value of at most t is."""
    half = _beta_share(degrees / (degrees + t * t), degrees / 2, 0.5) / 2
    return 1 - half if t > 0 else half


def _beta_share(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function, by its continued fraction."""
    if x in (0.0, 1.0):
        return x
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_share(1 - x, b, a)
    logs = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(logs + a * math.log(x) + b * math.log1p(-x)) / a
    return front * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's method."""
    c, d = 1.0, 1 / _kept(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _kept(1 + term * d)
            c = _kept(1 + term / c)
            found *= c * d
        if abs(c * d - 1) < _EXACT:
            break
    return found


def _kept(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
