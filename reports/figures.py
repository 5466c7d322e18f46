"""Every figure that an objective may name, measured once from the folded run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from reports.cohorts import Cohorts, Flags
from reports.objectives import Measured
from reports.phases import FaultWindow
from reports.picture import Unknowns
from reports.recovery import Recovery, Trace
from reports.windows import Amplification

MONTH_S: Final = 30 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was measured of one run; None where the run does not allow it."""

    cohorts: Cohorts
    good: Flags
    latency_limit_ms: float
    target: float
    trace: Trace | None
    recovery: Recovery | None
    window: FaultWindow | None
    detected_s: float | None
    amplification: Amplification
    unknowns: Unknowns
    warm_up_end_s: float


def measure_all(seen: Seen) -> dict[str, Measured]:
    """A value for each of METRICS; missing ones stay None."""
    window = seen.window
    fault = None if window is None else _between(seen, window.begin_s, window.end_s)
    counts = _between(seen, seen.warm_up_end_s, np.inf)
    failed = ~seen.good & ~seen.cohorts.slow(seen.latency_limit_ms)
    return {
        **_recovery(seen),
        "time_to_detect_s": Measured(value=_since_fault(seen)),
        "good_ratio_fault": Measured(value=None if fault is None else _share(seen.good, fault)),
        "good_ratio_run": Measured(value=_share(seen.good, counts)),
        "failed_ratio_run": Measured(value=_share(failed, counts)),
        "resolve_s_p99": Measured(value=seen.unknowns.p99_s, censored=seen.unknowns.censored),
        **_amplification(seen),
    }


def budget_used_ratio(lost_s: float, target: float) -> float | None:
    """Share of a month's error budget; None where the target leaves no budget."""
    return lost_s / ((1 - target) * MONTH_S) if target < 1 else None


def _recovery(seen: Seen) -> dict[str, Measured]:
    r = seen.recovery
    if r is None:
        names = ("time_to_degrade_s", "first_recovery_s", "stable_recovery_s")
        more = ("recovery_after_clear_s", "lost_s", "budget_used_ratio")
        return {name: Measured(value=None) for name in names + more}
    budget = budget_used_ratio(r.lost_s, seen.target)
    return {
        "time_to_degrade_s": Measured(value=r.time_to_degrade_s),
        "first_recovery_s": Measured(value=r.first_recovery_s, censored=r.first_censored),
        "stable_recovery_s": Measured(value=r.stable_recovery_s, censored=r.censored),
        "recovery_after_clear_s": Measured(value=r.recovery_after_clear_s, censored=r.censored),
        "lost_s": Measured(value=r.lost_s, censored=r.censored),
        "budget_used_ratio": Measured(value=budget, censored=r.censored),
    }


def _amplification(seen: Seen) -> dict[str, Measured]:
    begin_s = seen.warm_up_end_s if seen.window is None else seen.window.begin_s
    due = _between(seen, begin_s, np.inf) & (seen.cohorts.attempts > 0)
    mean = float(seen.cohorts.attempts[due].mean()) if due.any() else None
    peak = seen.amplification.attempts_per_intent[int(begin_s) :]
    return {
        "attempts_per_intent": Measured(value=mean),
        "attempts_per_intent_peak": Measured(value=float(peak.max()) if len(peak) else None),
    }


def _since_fault(seen: Seen) -> float | None:
    if seen.detected_s is None or seen.window is None:
        return None
    return seen.detected_s - seen.window.begin_s


def _between(seen: Seen, begin_s: float, end_s: float) -> Flags:
    return (seen.cohorts.due_s >= begin_s) & (seen.cohorts.due_s < end_s)


def _share(chosen: Flags, among: Flags) -> float | None:
    count = int(np.count_nonzero(among))
    return int(np.count_nonzero(chosen & among)) / count if count else None
