"""The measures of a run as the figures of verdict.json, rounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import msgspec

from reports.checks.base import Checked
from reports.measures.edge_attempts import EdgeAttempts
from reports.measures.held import summary
from reports.measures.host_cpu import Sharing
from reports.measures.metric_table import Measured
from reports.measures.metrics import Seen
from reports.measures.outcomes import Outcomes
from reports.measures.phases import FaultLife
from reports.measures.recovery import Episode
from reports.measures.step_figures import StepCounts
from reports.verdict.scorecard import (
    MOST_EXAMPLES,
    CheckFigures,
    DegradedFigures,
    EdgeFigures,
    Fault,
    IntentFigures,
    MachineFigures,
    RecoveryFigures,
    StepFigures,
    ViolationFigures,
)


def machine_figures(seen: Sharing | None) -> MachineFigures:
    """The CPU that the run could use."""
    if seen is None:
        return MachineFigures()
    return MachineFigures(
        cores=round(seen.cores, 3),
        limited_by=seen.limited_by,
        foreign_ratio=round(seen.whole.foreign, 4),
        foreign_ratio_worst=round(seen.foreign_worst, 4),
        busy_ratio_worst=round(seen.busy_worst, 4),
        waited_ratio_worst=round(seen.waited_worst, 4),
        takers=seen.whole.takers,
    )


def fault_figures(life: FaultLife) -> Fault:
    """One fault, its times since the zero of the run."""

    def at(stage: str) -> float | None:
        return round(life.at_s[stage], 6) if stage in life.at_s else None

    return Fault(
        name=life.name,
        target=life.target,
        asked_s=at("asked"),
        injected_s=at("injected"),
        verified_s=at("verified"),
        undone_s=at("undone"),
        verified_undone_s=at("verified_undone"),
        evidence={**life.proof, **({"held": held} if (held := summary(life)) else {})},
    )


def recovery_figures(seen: Seen, measured: dict[str, Measured]) -> RecoveryFigures:
    """The times since the start of the fault."""

    def of(name: str) -> float | None:
        value = measured[name].value
        return None if value is None else round(value, 6)

    found, f0_s = seen.recovery, 0.0 if seen.window is None else seen.window.begin_s
    return RecoveryFigures(
        time_to_degrade_s=of("time_to_degrade_s"),
        time_to_detect_s=of("time_to_detect_s"),
        first_recovery_s=of("first_recovery_s"),
        stable_recovery_s=of("stable_recovery_s"),
        recovery_after_clear_s=of("recovery_after_clear_s"),
        censored=found is not None and found.censored,
        lost_s=of("lost_s"),
        budget_used_ratio=of("budget_used_ratio"),
        resolution_s=None if found is None else round(found.resolution_s, 6),
        arrivals=None if found is None else found.arrivals,
        bad=None if found is None else found.bad,
        episodes=None if found is None else _degraded(found.episodes, f0_s),
        short_dips=None if found is None else _degraded(found.micro_dips, f0_s),
    )


def _degraded(found: tuple[Episode, ...], f0_s: float) -> tuple[DegradedFigures, ...]:
    return tuple(
        DegradedFigures(
            begin_s=round(each.begin_s - f0_s, 6),
            end_s=None if each.end_s is None else round(each.end_s - f0_s, 6),
            arrivals=each.arrivals,
            bad=each.bad,
            worst_bad_ratio=round(each.worst_bad_ratio, 6),
        )
        for each in found
    )


def intents_figures(found: Outcomes) -> IntentFigures:
    """How the intents ended."""
    return IntentFigures(
        attempts=found.attempts,
        acknowledged=found.acknowledged,
        refused=found.refused,
        unknown=found.unknown,
        unstarted=found.unstarted,
        unknown_at_first=found.unknown_at_first,
    )


def steps_figures(found: tuple[StepCounts, ...]) -> tuple[StepFigures, ...]:
    """How each request of the scenario went."""
    return tuple(msgspec.convert(asdict(each), StepFigures) for each in found)


def edges_figures(found: Mapping[str, EdgeAttempts]) -> dict[str, EdgeFigures]:
    """How often the callers of each edge repeated."""
    return {
        edge: EdgeFigures(
            calls=one.calls,
            attempts=one.attempts,
            attempts_per_call=None if one.per_call is None else round(one.per_call, 6),
        )
        for edge, one in found.items()
    }


def check_figures(checked: Checked) -> CheckFigures:
    """The outcome of one check, with the first names of each violation."""
    violations = tuple(
        ViolationFigures(
            kind=found.kind.name,
            count=len(found.names),
            examples=found.names[:MOST_EXAMPLES],
            proof=found.proof,
        )
        for found in checked.violations
    )
    made = checked.verdict != "not_checked"
    counts = {kind.name: len(checked.names_of(kind)) for kind in checked.classes} if made else {}
    return CheckFigures(
        verdict=checked.verdict, classes=counts, violations=violations, why=checked.why
    )
