"""A run's verdict as the campaigns see it: figures, and what no interval excuses."""

from __future__ import annotations

from harness.campaigns.records import Figure, Outcome, Why
from reports.measures.reason import Reason
from reports.verdict.scorecard import ObjectiveResult, Scorecard

# A figure says the same, with its value.
_SAID_BY_FIGURES = ("objective_failed",)


def outcome_of(scorecard: Scorecard) -> Outcome:
    """The outcome of a judged run."""
    document, picture = scorecard.document, scorecard.picture
    metrics = ("",) * len(document.objectives) if picture is None else picture.metrics
    failed = document.verdict == "FAIL"
    kinds = {found.kind.name for checked in scorecard.checks for found in checked.violations}
    violations = [reason for reason in document.reasons if reason.code in kinds]
    broken = [
        reason
        for reason in document.reasons
        if reason not in violations and reason.code not in _SAID_BY_FIGURES
    ]
    return Outcome(
        verdict=document.verdict,
        why=tuple(map(_why, document.reasons)),
        figures=tuple(map(_figure, document.objectives, metrics)),
        broken=tuple(map(_why, broken)) if failed else (),
        violations=tuple(map(_why, violations)) if failed else (),
    )


def _figure(result: ObjectiveResult, metric: str) -> Figure:
    value, limit = result.value, result.limit
    holds = value is not None and (value <= limit if result.must == "<=" else value >= limit)
    return Figure(
        name=result.name,
        metric=metric,
        must=result.must,
        limit=limit,
        unit=result.unit,
        value=value,
        censored=holds and result.verdict == "fail",
    )


def _why(reason: Reason) -> Why:
    return Why(code=reason.code, text=reason.text)
