"""Objectives: the metrics with their units, and the comparison with each limit."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from harness.errors import ConfigError
from harness.experiment import Objective, Terms
from harness.files.problems import nearest
from reports.measures.metric_table import METRICS, Measured, metric_of
from reports.measures.required_objectives import UNRESOLVED, default_objective, tightens
from reports.measures.slo_figures import SloFigure
from reports.verdict.scorecard import ObjectiveResult


def check_metrics(terms: Terms, file: Path | None = None) -> None:
    """Refuse objectives on figures that do not exist, or that loosen the default one.

    Raises ConfigError with the nearest name, or with the limit that is allowed.
    """
    default = default_objective(terms.good)
    for objective in terms.objectives:
        if objective.metric not in METRICS:
            fix = nearest(objective.metric, sorted(METRICS))
            text = f"objective {objective.name!r}: no metric {objective.metric!r}; {fix}"
            raise ConfigError(text, file=file)
        if objective.metric == UNRESOLVED and not tightens(objective, default):
            found = f"{UNRESOLVED} {objective.must} {objective.limit:g}"
            allowed = f'is looser than the default; write must: "<=", limit: {default.limit:g}'
            text = f"objective {objective.name!r}: {found} {allowed} or less, or leave it out"
            raise ConfigError(text, file=file)


def judge_objective(objective: Objective | SloFigure, measured: Measured) -> ObjectiveResult:
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
        unit=metric_of(objective.metric).unit,
        verdict=verdict,
    )
