"""The figures of a comparison from its attempts: each column's own one, the cost, the details."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from harness.campaigns.compare.differences import Compared, Value, compared
from harness.campaigns.compare.document import CAPACITY, COST, PRICE
from harness.campaigns.compare.strategy import Compare
from harness.campaigns.gate import valid_of
from harness.campaigns.plan import Plan
from harness.campaigns.records import Attempt, Measure

_HOURS_A_MONTH: Final = 730
_GOOD_AT_KNEE: Final = 0.99  # the 99th percentile is within the limit
_MILLION: Final = 1_000_000


def figures_of(plan: Plan, compare: Compare, seen: Sequence[Attempt]) -> tuple[Compared, ...]:
    """What is compared: the first measure of each column, then the cost."""
    runs = [(column, _runs(compare, column, seen)) for column in compare.columns]
    priced = cost_column(plan)
    count = len(runs) + (priced is not None)
    found = [_compared(column, 0, run, count) for column, run in runs if _names(run)]
    capacity = next((one for one in found if one.column == priced), None)
    if capacity is not None and capacity.metric == CAPACITY:
        found.append(_cost(plan, capacity, count))
    elif plan.matrix is not None and plan.matrix.prices is not None:
        found.append(_price(plan, count))
    return tuple(found)


def details_of(compare: Compare, seen: Sequence[Attempt]) -> tuple[Compared, ...]:
    """The other measures, without intervals."""
    found = []
    for column in compare.columns:
        runs = _runs(compare, column, seen)
        found += [_compared(column, place, runs, 0) for place in range(1, len(_names(runs)))]
    return tuple(found)


def cost_column(plan: Plan) -> str | None:
    """The ramp by which the cost is counted: the first one; None without prices or ramp."""
    matrix = plan.matrix
    if matrix is None or matrix.prices is None:
        return None
    return next((column.name for column in matrix.columns if column.ramp), None)


Runs = dict[str, list[tuple[Measure, ...] | None]]


def _runs(compare: Compare, column: str, seen: Sequence[Attempt]) -> Runs:
    """The measures of each arm, one item for each repeat; None where there is no valid run."""
    found: Runs = {}
    for arm in compare.arms:
        valid = {a.request.repeat: a for a in valid_of((column, arm), seen, compare.repeats)}
        found[arm] = [_measures(valid.get(repeat)) for repeat in range(compare.repeats)]
    return found


def _measures(attempt: Attempt | None) -> tuple[Measure, ...] | None:
    if attempt is None or attempt.outcome is None:
        return None
    return attempt.outcome.measures


def _names(runs: Runs) -> tuple[Measure, ...]:
    return next((each for of_arm in runs.values() for each in of_arm if each), ())


def _compared(column: str, place: int, runs: Runs, figures: int) -> Compared:
    """One measure of all arms; with `figures` 0 it is shown without intervals."""
    known = _names(runs)[place]
    values = {arm: [_of(each, known.metric) for each in of_arm] for arm, of_arm in runs.items()}
    plain = {arm: [None if m is None else m.value for m in each] for arm, each in values.items()}
    bounds = {arm for arm, each in values.items() if any(m and m.at_least for m in each)}
    empty = Compared(
        column=column,
        metric=known.metric,
        unit=known.unit,
        must=known.must,
        least_ratio=None,
        arms=(),
    )
    if figures:
        return compared(empty, plain, bounds, figures)
    told = compared(empty, plain, bounds, 1)
    return msgspec.structs.replace(told, least_ratio=None, arms=tuple(map(_bare, told.arms)))


def _bare(one: Value) -> Value:
    return Value(arm=one.arm, values=one.values, mean=one.mean, is_bound=one.is_bound)


def _of(measures: tuple[Measure, ...] | None, metric: str) -> Measure | None:
    return next((one for one in measures or () if one.metric == metric), None)


def _cost(plan: Plan, capacity: Compared, figures: int) -> Compared:
    """Of a million good payments at the knee; endless where nothing is carried."""
    prices = {fact.name: fact.month_minor or 0 for fact in plan.facts}
    values = {
        one.arm: [_cost_of(prices[one.arm], rate) for rate in one.values] for one in capacity.arms
    }
    empty = Compared(
        column=capacity.column, metric=COST, unit="minor", must="<=", least_ratio=None, arms=()
    )
    empty = msgspec.structs.replace(empty, bound="highest")
    bounds = {one.arm for one in capacity.arms if one.is_bound}
    return compared(empty, values, bounds, figures)


def _price(plan: Plan, figures: int) -> Compared:
    """Of a month; it is exact, for it follows from the files."""
    values = {fact.name: [float(fact.month_minor or 0)] * 2 for fact in plan.facts}
    empty = Compared(
        column="prices", metric=PRICE, unit="minor", must="<=", least_ratio=None, arms=()
    )
    return compared(empty, values, set(), figures)


def _cost_of(month_minor: int, rate_per_s: float | None) -> float | None:
    if not rate_per_s:
        return None
    good_a_month = rate_per_s * _GOOD_AT_KNEE * 3600 * _HOURS_A_MONTH
    return round(month_minor * _MILLION / good_a_month, 4)
