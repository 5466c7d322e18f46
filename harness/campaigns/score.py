"""The score of a run and of a suite: 0 to 100, for a trend; never the decision.

Each objective has a log-normal curve: 90 at its limit, 50 at twice the burden of its limit. The
score is that of the weakest objective. So another objective can only lower it, and no average
hides a bad one (decision 0058).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev
from typing import Final

import msgspec

from harness.campaigns.log_scale import is_bounded, log_burden
from harness.campaigns.objective_decision import is_number
from harness.campaigns.records import Figure, Outcome
from harness.campaigns.student import t_quantile

FORMULA: Final = 1
_AT_LIMIT: Final = 0.90
_AT_TWICE: Final = math.log(2)
# The curve's width: 90 at the limit and 50 at twice the limit.
_WIDTH: Final = _AT_TWICE / NormalDist().inv_cdf(_AT_LIMIT)
_TWO_SIDED: Final = 0.975


class ScoreInput(msgspec.Struct, frozen=True, kw_only=True):
    """One objective of a score, with its points."""

    name: str
    value: float | None
    limit: float
    unit: str
    points: float


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """`points` null: nothing may be said. `low` and `high`: 95 % interval over the repeats."""

    formula: int = FORMULA
    points: float | None = None
    low: float | None = None
    high: float | None = None
    weakest: str = ""
    inputs: tuple[ScoreInput, ...] = ()


def score_of_run(outcome: Outcome) -> Score:
    """The score of one run; without points if the run is INVALID or lacks objectives."""
    inputs = tuple(_input(figure) for figure in outcome.figures)
    if outcome.violations:
        return Score(points=0.0, weakest=outcome.violations[0].text, inputs=inputs)
    if not outcome.is_valid or not inputs:
        return Score(inputs=inputs)
    if outcome.broken:
        return Score(points=0.0, weakest=outcome.broken[0].text, inputs=inputs)
    weakest = min(inputs, key=lambda each: each.points)
    return Score(points=weakest.points, weakest=weakest.name, inputs=inputs)


def score_of_repeats(scores: Sequence[Score]) -> Score:
    """The mean over the repeats with its interval; without points if one of them has none."""
    points = [each.points for each in scores if each.points is not None]
    if not points or len(points) < len(scores):
        return Score()
    worst = min(scores, key=lambda each: each.points or 0.0)
    if worst.points == 0:
        return Score(points=0.0, low=0.0, high=0.0, weakest=worst.weakest, inputs=worst.inputs)
    middle, low, high = fmean(points), None, None
    if len(points) > 1:
        reach = t_quantile(_TWO_SIDED, len(points) - 1) * stdev(points) / math.sqrt(len(points))
        low, high = round(max(middle - reach, 0), 2), round(min(middle + reach, 100), 2)
    return Score(
        points=round(middle, 2), low=low, high=high, weakest=worst.weakest, inputs=worst.inputs
    )


def score_of_suite(scores: Sequence[Score], names: Sequence[str]) -> Score:
    """That of the weakest experiment; without points if one of them has none."""
    if not scores or any(each.points is None for each in scores):
        return Score()
    place = min(range(len(scores)), key=lambda at: scores[at].points or 0.0)
    weakest = f"{names[place]}: {scores[place].weakest}"
    return msgspec.structs.replace(scores[place], weakest=weakest)


def _input(figure: Figure) -> ScoreInput:
    return ScoreInput(
        name=figure.name,
        value=figure.value if is_number(figure.value) else None,
        limit=figure.limit,
        unit=figure.unit,
        points=_points(figure),
    )


def _points(figure: Figure) -> float:
    """By the curve; 0 for a missing value, an endless one, or a missed limit without margin."""
    value, unit, must = figure.value, figure.unit, figure.must
    if value is None or not is_number(value) or figure.censored:
        return 0.0
    burden, limit = log_burden(value, unit, must), log_burden(figure.limit, unit, must)
    if is_bounded(figure.limit, unit, must):
        return 100.0 if burden <= limit else 0.0
    return round(100 * (1 - NormalDist(limit + _AT_TWICE, _WIDTH).cdf(burden)), 2)
