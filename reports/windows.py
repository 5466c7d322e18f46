"""The run in windows of time, for pictures and rates: counts, latency, amplification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.traffic import US_PER_S
from reports.cohorts import Cohorts, Floats
from reports.stored import Ints, Records

MOST_WINDOWS: Final = 240
PERCENTILES: Final = (50, 95, 99)
AMPLIFIED: Final = 1.5
STARVED: Final = 0.5
METASTABLE_S: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Per window of `width_s`: arrivals due per second by outcome; latency in ms (nan: none)."""

    width_s: float
    scheduled: Floats
    good: Floats
    slow: Floats
    failed: Floats
    latency_ms: tuple[Floats, Floats, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amplification:
    """Per second of the run: requests sent for each payment due, and the share that went well."""

    attempts_per_intent: Floats
    good_ratio: Floats


def windows(cohorts: Cohorts, latency_limit_ms: float, end_s: float) -> Windows:
    """At most MOST_WINDOWS windows of one second or longer, whatever the run's length."""
    width_s = 1.0
    while end_s / width_s > MOST_WINDOWS:
        width_s *= 2
    count = max(1, int(np.ceil(end_s / width_s)))
    place = np.minimum((cohorts.due_s / width_s).astype(np.int64), count - 1)
    good, slow = cohorts.good(latency_limit_ms), cohorts.slow(latency_limit_ms)

    def rate(chosen: Ints) -> Floats:
        return np.bincount(chosen, minlength=count) / width_s

    return Windows(
        width_s=width_s,
        scheduled=rate(place),
        good=rate(place[good]),
        slow=rate(place[slow]),
        failed=rate(place[~good & ~slow]),
        latency_ms=_percentiles(place, cohorts.latency_ms, count),
    )


def amplification(cohorts: Cohorts, attempts: Records, good: Floats, end_s: float) -> Amplification:
    """Requests sent in a second for each payment due in it; 0 where nothing was due."""
    count = max(1, int(np.ceil(end_s)))
    sent_s = (attempts["due_us"].astype(np.int64) + attempts["late_us"]) // US_PER_S
    due_s = np.minimum(cohorts.due_us // US_PER_S, count - 1)
    sent = np.bincount(sent_s[sent_s < count], minlength=count)
    due = np.bincount(due_s, minlength=count)
    well = np.bincount(due_s, weights=good, minlength=count)
    some = np.maximum(due, 1)
    return Amplification(
        attempts_per_intent=np.where(due > 0, sent / some, 0.0),
        good_ratio=np.where(due > 0, well / some, 1.0),
    )


def metastable(seen: Amplification, f1_s: float, baseline_good: float, hold_s: float) -> bool:
    """After the fault, retries keep the system down: for a minute, or to the end of the load."""
    begin = int(np.ceil(f1_s))
    amplified = seen.attempts_per_intent[begin:] > AMPLIFIED
    starved = seen.good_ratio[begin:] < STARVED * baseline_good
    run = 0
    for sick in (amplified & starved).tolist():
        run = run + 1 if sick else 0
        if run > METASTABLE_S:
            return True
    return run >= hold_s


def _percentiles(place: Ints, latency_ms: Floats, count: int) -> tuple[Floats, Floats, Floats]:
    """Exact, by one sort: nearest rank of what was captured in each window."""
    done = np.isfinite(latency_ms)
    place, latency_ms = place[done], latency_ms[done]
    ordered = latency_ms[np.lexsort((latency_ms, place))]
    size = np.bincount(place, minlength=count)
    begin = np.cumsum(size) - size

    def at(percent: int) -> Floats:
        rank = np.maximum(np.ceil(size * percent / 100).astype(np.int64), 1) - 1
        if not len(ordered):
            return np.full(count, np.nan)
        found = ordered[np.minimum(begin + rank, len(ordered) - 1)]
        return np.where(size > 0, found, np.nan)

    return at(50), at(95), at(99)
