"""Objectives: the metrics with their units, and the comparison with each limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from harness.errors import ConfigError
from harness.experiment import Good, Objective, Terms
from harness.files.problems import nearest
from reports.verdict.scorecard import ObjectiveResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric of a run: its unit in verdict.json, and its name in the report."""

    unit: str
    words: str


METRICS: Final[Mapping[str, Metric]] = {
    "stable_recovery_s": Metric(unit="s", words="time from the fault to stable recovery"),
    "first_recovery_s": Metric(unit="s", words="time from the fault to the first recovery"),
    "recovery_after_clear_s": Metric(
        unit="s", words="time from the end of the fault to stable recovery"
    ),
    "time_to_degrade_s": Metric(unit="s", words="time from the fault to the first degradation"),
    "time_to_detect_s": Metric(unit="s", words="time from the fault until the system reported it"),
    "lost_s": Metric(unit="s", words="lost service in seconds of complete outage"),
    "budget_used_ratio": Metric(unit="ratio", words="share of a month's error budget"),
    "good_ratio_fault": Metric(unit="ratio", words="good during the fault"),
    "good_ratio_run": Metric(unit="ratio", words="good in the whole run"),
    "failed_ratio_run": Metric(unit="ratio", words="failed in the whole run"),
    "unresolved_ratio_run": Metric(unit="ratio", words="requests without a final outcome"),
    "resolve_s_p99": Metric(unit="s", words="unknown answers resolved, p99"),
    "attempts_per_intent": Metric(unit="attempts", words="attempts per payment"),
    "attempts_per_intent_peak": Metric(unit="attempts", words="attempts per payment, worst 1 s"),
}


# Objectives of every run, besides those of its experiment.
UNRESOLVED: Final = "unresolved_ratio_run"
_MOST_UNRESOLVED: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A value; `censored`: it is a lower bound, and the objective fails."""

    value: float | None
    censored: bool = False


def metric_units() -> dict[str, str]:
    """The figures that objectives may name, with their units."""
    return {name: metric.unit for name, metric in METRICS.items()}


def objectives_of(terms: Terms) -> tuple[Objective, ...]:
    """Those of the experiment, then the default one unless the experiment has a tighter one."""
    default = _default(terms.good)
    tighter = any(o.metric == UNRESOLVED and _tightens(o, default) for o in terms.objectives)
    return terms.objectives if tighter else (*terms.objectives, default)


def _default(good: Good) -> Objective:
    """At most 1 % without a final outcome, and no more than the target of `good` allows."""
    limit = max(0.0, min(_MOST_UNRESOLVED, 1 - good.target))
    name = "never brought to an end"
    return Objective(name=name, metric=UNRESOLVED, must="<=", limit=round(limit, 9))


def _tightens(objective: Objective, default: Objective) -> bool:
    return objective.must == default.must and objective.limit <= default.limit


def check_metrics(terms: Terms, file: Path | None = None) -> None:
    """Refuse objectives on figures that do not exist, or that loosen the default one.

    Raises ConfigError with the nearest name, or with the limit that is allowed.
    """
    default = _default(terms.good)
    for objective in terms.objectives:
        if objective.metric not in METRICS:
            fix = nearest(objective.metric, sorted(METRICS))
            text = f"objective {objective.name!r}: no metric {objective.metric!r}; {fix}"
            raise ConfigError(text, file=file)
        if objective.metric == UNRESOLVED and not _tightens(objective, default):
            found = f"{UNRESOLVED} {objective.must} {objective.limit:g}"
            allowed = f'is looser than the default; write must: "<=", limit: {default.limit:g}'
            text = f"objective {objective.name!r}: {found} {allowed} or less, or leave it out"
            raise ConfigError(text, file=file)


def judge_objective(objective: Objective, measured: Measured) -> ObjectiveResult:
    """Does the limit hold? A censored value fails; a missing one is never a pass."""
    value = measured.value
    if value is None:
        verdict: Literal["pass", "fail", "missing"] = "missing"
    else:
        holds = value <= objective.limit if objective.must == "<=" else value >= objective.limit
        verdict = "pass" if holds and not measured.censored else "fail"
    return ObjectiveResult(
        name=objective.name,
        must=objective.must,
        limit=objective.limit,
        value=None if value is None else round(value, 6),
        unit=METRICS[objective.metric].unit,
        verdict=verdict,
    )
