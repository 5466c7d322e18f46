"""The decision on one objective over all repeats: a bound of the mean on the log scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final, Literal

import msgspec

from harness.campaigns.log_scale import from_log, is_bounded, log_burden
from harness.campaigns.modes import modes
from harness.campaigns.records import Figure, Must
from harness.campaigns.spread import PastSpread, Spread, spread_of
from harness.campaigns.student import t_quantile

ERROR: Final = 0.05
MOST_NEEDED: Final = 64
Decided = Literal["pass", "fail", "undecided", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How many repeats a decision takes; the 5 % are split over the looks in between.

    `past`: the spread of each objective in earlier campaigns, by experiment and objective.
    """

    least: int = 3
    most: int = 8
    past: Mapping[tuple[str, str], PastSpread] = field(default_factory=dict)

    @property
    def error(self) -> float:
        """The chance of a wrong decision that one look may have."""
        return ERROR / (self.most - self.least + 1)


class ObjectiveDecision(msgspec.Struct, frozen=True, kw_only=True):
    """One objective over the repeats of one experiment.

    `low` and `high`: the one-sided bounds that were compared with the limit, in the figure's unit;
    null without an interval. `modes`: the values of each mode, the better one first; the
    last one is judged. `needs`: how many more repeats would decide it, null if unknown.
    """

    name: str
    metric: str
    must: Must
    limit: float
    unit: str
    decided: Decided
    values: tuple[float | None, ...]
    censored: tuple[bool, ...] = ()
    middle: float | None = None
    low: float | None = None
    high: float | None = None
    confidence: float = 0.0
    cv: float | None = None
    pooled: bool = False
    modes: tuple[tuple[float, ...], ...] = ()
    needs: int | None = None
    why: str = ""


def decide_objective(
    figures: Sequence[Figure], rule: Rule, past: PastSpread | None = None
) -> ObjectiveDecision:
    """Decide it; `figures` are the same objective of each repeat, in their order."""
    first = figures[0]
    found = ObjectiveDecision(
        name=first.name,
        metric=first.metric,
        must=first.must,
        limit=first.limit,
        unit=first.unit,
        decided="undecided",
        values=tuple(f.value if is_number(f.value) else None for f in figures),
        censored=tuple(f.censored for f in figures),
        confidence=round(1 - rule.error, 6),
    )
    values = [value for value in found.values if value is not None]
    if len(values) < len(figures):
        return _with(found, "missing", "It has no value in a repeat, which is never a pass.")
    if any(found.censored):
        return _with(found, "fail", "In a repeat it was still going on when the load ended.")
    if is_bounded(first.limit, first.unit, first.must):
        return _every_repeat(found, values, rule)
    return _by_interval(found, values, rule, past)


def is_number(value: float | None) -> bool:
    """Whether it is a finite value."""
    return value is not None and math.isfinite(value)


def _every_repeat(
    found: ObjectiveDecision, values: Sequence[float], rule: Rule
) -> ObjectiveDecision:
    holds = [v <= found.limit if found.must == "<=" else v >= found.limit for v in values]
    if not all(holds):
        return _with(found, "fail", "A limit of this kind must hold in every repeat.")
    if len(values) < rule.least:
        return msgspec.structs.replace(found, needs=rule.least - len(values))
    return _with(found, "pass", "It holds in every repeat; a limit of this kind has no interval.")


def _by_interval(
    found: ObjectiveDecision, values: Sequence[float], rule: Rule, past: PastSpread | None
) -> ObjectiveDecision:
    unit, must = found.unit, found.must
    logs = [log_burden(value, unit, must) for value in values]
    limit = log_burden(found.limit, unit, must)
    groups = modes(logs, past)
    spread = spread_of([[logs[place] for place in group] for group in groups], past)
    judged = [logs[place] for place in groups[-1]]
    seen = msgspec.structs.replace(
        found,
        middle=_round(from_log(fmean(judged), unit, must)),
        modes=tuple(tuple(values[place] for place in group) for group in groups)[:2],
        cv=None if spread is None else round(math.sqrt(math.expm1(min(spread.sd**2, 50))), 6),
        pooled=spread is not None and spread.pooled,
    )
    if spread is None or len(values) < rule.least:
        return msgspec.structs.replace(seen, needs=max(rule.least - len(values), 1))
    reach = t_quantile(1 - rule.error, spread.degrees) * spread.sd / math.sqrt(len(judged))
    ends = [_round(from_log(fmean(judged) + each, unit, must)) for each in (-reach, reach)]
    low, high = sorted(ends)
    seen = msgspec.structs.replace(seen, low=low, high=high)
    distance = fmean(judged) - limit
    if distance + reach <= 0:
        return _with(seen, "pass", _about(groups, spread))
    if distance - reach > 0:
        return _with(seen, "fail", _about(groups, spread))
    needs = repeats_needed(distance, spread, len(judged), rule)
    return msgspec.structs.replace(seen, needs=needs, why=_about(groups, spread))


def repeats_needed(distance: float, spread: Spread, have: int, rule: Rule) -> int | None:
    """How many more repeats like these would decide; None: more than anyone would make."""
    for more in range(1, MOST_NEEDED):
        t = t_quantile(1 - rule.error, spread.degrees + more)
        if t * spread.sd / math.sqrt(have + more) < abs(distance):
            return more
    return None


def _about(groups: Sequence[Sequence[int]], spread: Spread) -> str:
    if len(groups) > 1:
        sizes = " and ".join(str(len(group)) for group in groups)
        return f"The repeats form two modes of {sizes}; the worse one is judged."
    return "The spread is more than twice that of earlier runs." if spread.grown else ""


def _with(found: ObjectiveDecision, decided: Decided, why: str) -> ObjectiveDecision:
    return msgspec.structs.replace(found, decided=decided, why=why)


def _round(value: float) -> float:
    return round(value, 6)
