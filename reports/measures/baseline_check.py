"""Whether the baseline of a run is large and good enough to measure against."""

from __future__ import annotations

from reports.measures.reason import Reason
from reports.measures.recovery import MIN_BASELINE, Baseline


def about_baseline(before: Baseline, target: float) -> list[Reason]:
    """Too few payments before the fault, or not good enough without one."""
    if before.arrivals < MIN_BASELINE:
        text = (
            f"Only {before.arrivals} intents were due before the fault; {MIN_BASELINE} are needed."
        )
        return [Reason(code="baseline_small", text=text)]
    if before.good_ratio < target:
        text = f"Before the fault {before.good_ratio:.2%} of the intents were good"
        return [Reason(code="baseline_dirty", text=f"{text}; {target:.2%} is required.")]
    return []
