"""Which arms differ in a figure: intervals from repeats with the same arrivals; pure.

On the log scale a figure is the sum of its arm, its repeat (the arrivals, the hour) and chance.
The spread of chance is pooled over all arms. Two arms differ where their intervals do not overlap.
Among equal arms, any figure calls any pair different in at most 5 % of all matrices (Bonferroni).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final, Literal

import msgspec

from harness.campaigns.log_scale import from_log, log_burden
from harness.campaigns.records import Must
from harness.campaigns.spread import LEAST_SD
from harness.campaigns.student import t_quantile

ERROR: Final = 0.05
_LEAST_REPEATS: Final = 2


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of one arm. `is_bound`: some repeat gave only a bound.

    `low` to `high` is its interval; null where there are too few repeats. `better_than`: the arms
    that are shown to be worse.
    """

    arm: str
    values: tuple[float | None, ...]
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    is_bound: bool = False
    better_than: tuple[str, ...] = ()


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of all arms. `least_ratio`: how much larger a value must be to be called larger.

    `bound`: what a value with `is_bound` is, the lowest or the highest that it may be.
    """

    column: str
    metric: str
    unit: str
    must: Must
    least_ratio: float | None
    arms: tuple[Value, ...]
    bound: Literal["lowest", "highest"] = "lowest"

    @property
    def other_may_win(self) -> bool:
        """Whether an arm that is a bound may be better than it looks; else it may be worse."""
        return (self.must == ">=") == (self.bound == "lowest")

    def of(self, arm: str) -> Value:
        """The figure of one arm. Raises KeyError."""
        return {value.arm: value for value in self.arms}[arm]


def compared(
    empty: Compared, found: Mapping[str, Sequence[float | None]], bounds: set[str], figures: int
) -> Compared:
    """`found`: the values of each arm, one for each repeat; `bounds`: arms with bounds.

    `figures`: how many figures of the matrix are compared.
    """
    logs = {arm: _logs(values, empty) for arm, values in found.items()}
    reach = _reach(logs, figures)
    values = [_value(arm, found[arm], logs[arm], reach, empty) for arm in found]
    marked = [msgspec.structs.replace(one, is_bound=one.arm in bounds) for one in values]
    return msgspec.structs.replace(
        empty,
        least_ratio=None if reach is None else round(math.exp(min(2 * reach, 50.0)), 4),
        arms=tuple(
            msgspec.structs.replace(one, better_than=_worse(one, marked, empty)) for one in marked
        ),
    )


def _logs(values: Sequence[float | None], empty: Compared) -> list[float] | None:
    """None where a repeat has no value: a mean of the others would not be comparable."""
    if not values or any(value is None or not math.isfinite(value) for value in values):
        return None
    known = [value for value in values if value is not None]
    return [log_burden(value, empty.unit, empty.must) for value in known]


def _reach(logs: Mapping[str, list[float] | None], figures: int) -> float | None:
    """Half the length of each interval, on the log scale."""
    rows = [row for row in logs.values() if row is not None]
    # Constant values, as of an arm that carries 0, do not show how large the chance is.
    moving = [row for row in rows if len(set(row)) > 1]
    rows = moving if len(moving) > 1 else rows
    arms, repeats = len(rows), min(map(len, rows), default=0)
    if arms < 2 or repeats < _LEAST_REPEATS:  # noqa: PLR2004  # one arm differs from none
        return None
    of_repeat = [fmean(row[place] for row in rows) for place in range(repeats)]
    squares = 0.0
    for row in rows:
        left = [row[place] - of_repeat[place] for place in range(repeats)]
        squares += sum((each - fmean(left)) ** 2 for each in left)
    degrees = (arms - 1) * (repeats - 1)
    sd = max(math.sqrt(squares / degrees), LEAST_SD)
    pairs = len(logs) * (len(logs) - 1) / 2
    together = t_quantile(1 - ERROR / 2 / pairs / max(figures, 1), degrees) / math.sqrt(2)
    alone = t_quantile(1 - ERROR / 2, degrees)
    return max(together, alone) * sd / math.sqrt(repeats)


def _value(
    arm: str,
    values: Sequence[float | None],
    logs: list[float] | None,
    reach: float | None,
    empty: Compared,
) -> Value:
    found = Value(arm=arm, values=tuple(values))
    if logs is None:
        return found
    middle = fmean(logs)
    ends = sorted(from_log(middle + each, empty.unit, empty.must) for each in _ends(reach))
    return msgspec.structs.replace(
        found,
        mean=_round(from_log(middle, empty.unit, empty.must)),
        low=_round(ends[0]) if ends else None,
        high=_round(ends[-1]) if ends else None,
    )


def _ends(reach: float | None) -> tuple[float, ...]:
    return () if reach is None else (-reach, reach)


def _worse(one: Value, others: Sequence[Value], empty: Compared) -> tuple[str, ...]:
    return tuple(other.arm for other in others if _is_better(one, other, empty))


def _is_better(one: Value, other: Value, empty: Compared) -> bool:
    """Apart, and not by a bound whose true value may lie on the other side."""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return False
    if (other if empty.other_may_win else one).is_bound:
        return False
    return one.low > other.high if empty.must == ">=" else one.high < other.low


def _round(value: float) -> float:
    return round(value, 6)
