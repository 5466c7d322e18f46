"""What the system's own events say of it: endings, breakers, readiness."""

from __future__ import annotations

from dataclasses import dataclass

from reports.inputs.stored import StoredRun
from reports.measures.breakers import BREAKER, half_open_calls_max, opened_by_itself
from reports.measures.cohorts import Flags
from reports.measures.metric_table import Measured
from reports.measures.own_endings import ended_by_itself
from reports.measures.readiness import ready_in_vain_s
from reports.measures.struck import Struck


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFigures:
    """None where the system and its target say nothing of it."""

    ended_by_itself: int | None = None
    breaker_opened_by_itself: int | None = None
    half_open_calls_max: int | None = None
    ready_in_vain_s: float | None = None

    def measured(self) -> dict[str, Measured]:
        """As metrics."""
        return {
            "ended_by_itself": _whole(self.ended_by_itself),
            "breaker_opened_by_itself": _whole(self.breaker_opened_by_itself),
            "half_open_calls_max": _whole(self.half_open_calls_max),
            "ready_in_vain_s": Measured(value=self.ready_in_vain_s),
        }


def system_figures(stored: StoredRun, struck: Struck, served: Flags) -> SystemFigures:
    """Of a run; `served` are the slots of its load with a good end."""
    events, t0, end_s = stored.events, stored.manifest.t0_mono_ns, stored.plan.load_s
    entry, begin_s = stored.system.entry.split(">")[-1], stored.terms.phases.warm_up_s
    return SystemFigures(
        ended_by_itself=ended_by_itself(events, struck, t0, end_s),
        breaker_opened_by_itself=(
            opened_by_itself(events, struck.lives, t0, end_s) if observes_breakers(stored) else None
        ),
        half_open_calls_max=half_open_calls_max(events, t0, end_s),
        ready_in_vain_s=ready_in_vain_s(served, events, entry, begin_s, t0),
    )


def observes_breakers(stored: StoredRun) -> bool:
    """Whether the system reports its breakers, so that silence means that none opened."""
    told = any(event.kind == BREAKER for event in stored.events)
    return told or BREAKER in stored.system.events


def _whole(count: int | None) -> Measured:
    return Measured(value=None if count is None else float(count))
