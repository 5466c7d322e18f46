"""The metrics that objectives may name, with their units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from harness.slo.openslo import CONTAINMENT


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
    "unknown_ratio_run": Metric(unit="ratio", words="answered in a way that left the outcome open"),
    "unresolved_ratio_run": Metric(unit="ratio", words="requests without a final outcome"),
    "resolve_s_p99": Metric(unit="s", words="unknown answers resolved, p99"),
    "ended_by_itself": Metric(
        unit="instances", words="instances that ended without a fault on them"
    ),
    "breaker_opened_by_itself": Metric(
        unit="openings", words="breakers that opened without a fault"
    ),
    "half_open_calls_max": Metric(unit="calls", words="calls at once through a half-open breaker"),
    "ready_in_vain_s": Metric(unit="s", words="ready while nothing went well, longest time"),
    "attempts_per_intent": Metric(unit="attempts", words="attempts per intent"),
    "attempts_per_intent_peak": Metric(unit="attempts", words="attempts per intent, worst 1 s"),
    "attempts_per_call": Metric(unit="attempts", words="attempts per call of an edge"),
    "backlog_drained_s": Metric(
        unit="s", words="time from the end of the fault until no more were open than before it"
    ),
}


# The figures of SLO documents; their limits stand there, so that no experiment names them.
SLO_METRICS: Final[Mapping[str, Metric]] = {
    "slo_ratio": Metric(unit="ratio", words="good by the SLO"),
    CONTAINMENT: Metric(unit="ratio", words="good by the SLO while the fault was on"),
    "slo_recovery_s": Metric(unit="s", words="time from the fault until the SLO holds again"),
    "slo_lost_s": Metric(unit="s", words="lost service in seconds of complete outage, by the SLO"),
    "slo_budget_ratio": Metric(unit="ratio", words="share of the SLO's error budget"),
    "slo_bad_minutes": Metric(unit="minutes", words="bad minutes a month by this fault"),
}


def metric_of(name: str) -> Metric:
    """A metric of a run, of an experiment's objective or of an SLO document."""
    return METRICS[name] if name in METRICS else SLO_METRICS[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A value; `censored`: it is a lower bound, and the objective fails."""

    value: float | None
    censored: bool = False


def metric_units() -> dict[str, str]:
    """The figures that objectives may name, with their units."""
    return {name: metric.unit for name, metric in METRICS.items()}
