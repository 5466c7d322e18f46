"""How far repeats of the same run lie apart: their own spread, pooled with that of earlier ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Final

import msgspec

# Repeats never count as closer together than this (log scale: about 1 %): figures are rounded.
LEAST_SD: Final = 0.01
MOST_HISTORY_DEGREES: Final = 8.0
# A spread of more than this many times the earlier one is another spread.
MOST_GROWTH: Final = 2.0


class PastSpread(msgspec.Struct, frozen=True, kw_only=True):
    """The spread of an objective in earlier campaigns on the same experiment."""

    experiment: str
    objective: str
    sd: float
    degrees: float


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """A standard deviation on the log scale, and from how much it is known.

    `pooled`: earlier campaigns are in it. `grown`: it is more than twice theirs, so they are not.
    """

    sd: float
    degrees: float
    pooled: bool = False
    grown: bool = False


def spread_of(groups: Sequence[Sequence[float]], past: PastSpread | None) -> Spread | None:
    """The spread within groups; None where nothing is known of it."""
    squares = sum((each - fmean(group)) ** 2 for group in groups for each in group)
    degrees = float(sum(len(group) - 1 for group in groups))
    if past is None or past.degrees <= 0 or not math.isfinite(past.sd):
        return None if degrees <= 0 else _spread(squares, degrees)
    own_sd = math.sqrt(squares / degrees) if degrees > 0 else 0.0
    if own_sd > MOST_GROWTH * max(past.sd, LEAST_SD):
        return Spread(sd=own_sd, degrees=degrees, grown=True)
    earlier = min(past.degrees, MOST_HISTORY_DEGREES)
    squares += earlier * past.sd**2
    return msgspec.structs.replace(_spread(squares, degrees + earlier), pooled=True)


def _spread(squares: float, degrees: float) -> Spread:
    return Spread(sd=max(math.sqrt(squares / degrees), LEAST_SD), degrees=degrees)
