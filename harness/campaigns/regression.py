"""Is the candidate worse than the baseline? The ratio of their burdens with its interval.

Only a lower bound above the tolerance is a regression: a slower build must be shown to be slower.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final

import msgspec

from harness.campaigns.log_scale import log_burden
from harness.campaigns.objective_decision import Rule, is_number
from harness.campaigns.records import Figure, Outcome
from harness.campaigns.spread import LEAST_SD
from harness.campaigns.student import t_quantile

TOLERANCE: Final = 1.20
_MOST_LOG: Final = 300.0


class Regression(msgspec.Struct, frozen=True, kw_only=True):
    """One objective. `ratio` of the burdens, candidate to baseline; null: no pair has values.

    `same_job`: both were run in turn in this campaign; else the machine's drift is in the ratio.
    """

    experiment: str
    name: str
    pairs: int
    same_job: bool
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    worse: bool = False


def regressions(
    experiment: str,
    candidate: Mapping[int, Outcome],
    baseline: Mapping[int, Outcome],
    rule: Rule,
) -> tuple[Regression, ...]:
    """Compare repeats of the same number: they had the same arrivals and the same fault start."""
    shared = sorted(candidate.keys() & baseline.keys())
    pairs = [(candidate[repeat], baseline[repeat]) for repeat in shared]
    names = dict.fromkeys(f.key for new, _ in pairs for f in new.figures)
    return tuple(_paired(experiment, key, pairs, rule) for key in names)


def regressions_to_stored(
    experiment: str, candidate: Sequence[Outcome], stored: Sequence[Outcome], rule: Rule
) -> tuple[Regression, ...]:
    """Compare with runs of another time: two means with their own spreads (Welch)."""
    names = dict.fromkeys(f.key for outcome in candidate for f in outcome.figures)
    return tuple(_unpaired(experiment, key, (candidate, stored), rule) for key in names)


def _paired(
    experiment: str, key: str, pairs: Sequence[tuple[Outcome, Outcome]], rule: Rule
) -> Regression:
    both = [(_log(new, key), _log(old, key)) for new, old in pairs]
    steps = [new - old for new, old in both if new is not None and old is not None]
    found = Regression(experiment=experiment, name=key, pairs=len(steps), same_job=True)
    if len(steps) < max(rule.least, 2):
        return found
    sd = max(_sd(steps), LEAST_SD)
    reach = t_quantile(1 - rule.error, len(steps) - 1) * sd / math.sqrt(len(steps))
    return _with(found, fmean(steps), reach)


def _unpaired(
    experiment: str, key: str, arms: tuple[Sequence[Outcome], Sequence[Outcome]], rule: Rule
) -> Regression:
    new, old = ([v for o in arm if (v := _log(o, key)) is not None] for arm in arms)
    found = Regression(
        experiment=experiment, name=key, pairs=min(len(new), len(old)), same_job=False
    )
    if len(new) < max(rule.least, 2) or not old:
        return found
    sd = max(_sd(new), LEAST_SD)
    sd_old = max(_sd(old), LEAST_SD) if len(old) > 1 else sd  # one run shows no spread of its own
    error = math.sqrt(sd**2 / len(new) + sd_old**2 / len(old))
    degrees = min(len(new), len(old) if len(old) > 1 else len(new)) - 1
    reach = t_quantile(1 - rule.error, degrees) * error
    return _with(found, fmean(new) - fmean(old), reach)


def _with(found: Regression, middle: float, reach: float) -> Regression:
    low, ratio, high = (
        round(math.exp(max(min(each, _MOST_LOG), -_MOST_LOG)), 4)
        for each in (middle - reach, middle, middle + reach)
    )
    return msgspec.structs.replace(found, ratio=ratio, low=low, high=high, worse=low > TOLERANCE)


def _log(outcome: Outcome, key: str) -> float | None:
    figure: Figure | None = next((f for f in outcome.figures if f.key == key), None)
    if figure is None or figure.value is None or not is_number(figure.value):
        return None
    return log_burden(figure.value, figure.unit, figure.must)


def _sd(values: Sequence[float]) -> float:
    mean = fmean(values)
    return math.sqrt(sum((each - mean) ** 2 for each in values) / max(len(values) - 1, 1))
