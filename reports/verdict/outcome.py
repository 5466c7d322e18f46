"""A run's verdict as the campaigns see it: figures, and what no interval excuses."""

from __future__ import annotations

from collections.abc import Sequence

from harness.campaigns.records import Figure, Outcome, Why
from reports.measures.reason import Reason
from reports.verdict.scorecard import Document, ObjectiveResult, Scorecard

# A figure says the same, with its value.
_SAID_BY_FIGURES = ("objective_failed",)


def outcome_of(scorecard: Scorecard) -> Outcome:
    """The outcome of a judged run."""
    picture = scorecard.picture
    return outcome_of_document(scorecard.document, () if picture is None else picture.metrics)


def outcome_of_document(document: Document, known: Sequence[str] = ()) -> Outcome:
    """The outcome by verdict.json; `known`: the metric of each objective."""
    metrics = known or ("",) * len(document.objectives)
    failed = document.verdict == "FAIL"
    kinds = {found.kind for check in document.checks.values() for found in check.violations}
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
