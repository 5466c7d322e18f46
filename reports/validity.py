"""Does this run count: data whole, fault proven and gone, load true, baseline clean, tail long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.traffic import US_PER_S
from reports.cohorts import NEVER, Cohorts, Flags
from reports.phases import FaultLife
from reports.recovery import MIN_BASELINE, Baseline, KnownTime, Trace
from reports.scorecard import Load, Reason
from reports.stored import StoredRun

MIN_DELIVERED: Final = 0.999
LEAST_LATE_MS: Final = 5.0
LATE_SHARE: Final = 0.05
MAX_LATE_MS: Final = 1000.0
MAX_LATE_STRETCH_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How truly the load was delivered: lateness of first attempts, and its longest stretch."""

    scheduled: int
    started: int
    late_ms_p50: float | None
    late_ms_p99: float | None
    late_ms_max: float
    limit_ms: float
    stretch_s: float

    @property
    def ratio(self) -> float:
        """Started arrivals to scheduled ones."""
        return self.started / self.scheduled if self.scheduled else 0.0

    def figures(self) -> Load:
        """As verdict.json has it."""
        return Load(
            scheduled=self.scheduled,
            started=self.started,
            delivered_ratio=round(self.ratio, 6),
            lateness_ms_p50=self.late_ms_p50,
            lateness_ms_p99=self.late_ms_p99,
        )


def delivery(cohorts: Cohorts, latency_limit_ms: float) -> Delivery:
    """Lateness over first attempts against max(LEAST_LATE_MS, LATE_SHARE of the latency limit).

    A generator that stands still for a moment hides behind a percentile, hence the stretch: the
    longest run of arrivals, each late or never started, in seconds of intended time.
    """
    limit_ms = max(LEAST_LATE_MS, LATE_SHARE * latency_limit_ms)
    started = cohorts.started_us != NEVER
    late_ms = cohorts.late_us[started] / 1000.0
    ranked = np.sort(late_ms)
    return Delivery(
        scheduled=len(started),
        started=int(started.sum()),
        late_ms_p50=_rank(ranked, 0.5),
        late_ms_p99=_rank(ranked, 0.99),
        late_ms_max=float(ranked[-1]) if len(ranked) else 0.0,
        limit_ms=limit_ms,
        stretch_s=_longest_s(cohorts, ~started | (cohorts.late_us > limit_ms * 1000)),
    )


def about_data(stored: StoredRun) -> list[Reason]:
    """What is missing from the files though nobody touched them."""
    found = [_reason("evidence_missing", f"{text}.") for text in stored.evidence.missing]
    return found + [_reason("data_missing", f"{text}.") for text in stored.faulty]


def about_faults(lives: tuple[FaultLife, ...], stored: StoredRun) -> list[Reason]:
    """No fault, a fault not asked, not proven, not undone, or not proven undone."""
    found = []
    if not lives:
        found.append(_reason("no_fault", "No fault was injected, so nothing was put to test."))
    elif len(lives) < stored.faults_asked:
        text = f"Only {len(lives)} of {stored.faults_asked} faults of the experiment were asked."
        found.append(_reason("fault_not_asked", text))
    for life in lives:
        found += _about_fault(life)
    if stored.manifest.ended != "complete":
        found.append(_reason("ended_early", f"The run ended {stored.manifest.ended}."))
    return found


def about_load(seen: Delivery) -> list[Reason]:
    """Arrivals that never started, or started too late."""
    found = []
    if seen.ratio < MIN_DELIVERED:
        text = f"Only {seen.started:,} of {seen.scheduled:,} scheduled payments were started."
        found.append(_reason("load_not_delivered", text))
    if seen.late_ms_p99 is not None and seen.late_ms_p99 > seen.limit_ms:
        text = f"1 % of the payments started {seen.late_ms_p99:.1f} ms late or later"
        found.append(_reason("load_late", f"{text} (limit {seen.limit_ms:g} ms)."))
    elif seen.stretch_s > MAX_LATE_STRETCH_S or seen.late_ms_max > MAX_LATE_MS:
        text = f"The load generator stood still: {seen.stretch_s:.2f} s of arrivals were late"
        found.append(_reason("load_late", f"{text}, the latest by {seen.late_ms_max:.0f} ms."))
    return found


def about_baseline(before: Baseline, target: float) -> list[Reason]:
    """Too few payments before the fault, or not good enough without one."""
    if before.arrivals < MIN_BASELINE:
        text = f"Only {before.arrivals} payments were due before the fault; {MIN_BASELINE} needed."
        return [_reason("baseline_small", text)]
    if before.good_ratio < target:
        text = f"Before the fault {before.good_ratio:.2%} of the payments were good"
        return [_reason("baseline_dirty", f"{text}; {target:.2%} is the least for a start.")]
    return []


def about_tail(trace: Trace) -> list[Reason]:
    """After the fault, load must go on for at least the hold."""
    clock = KnownTime(trace.due_s, trace.begin_s, trace.end_s)
    tail_s = clock.between(trace.f1_s, trace.end_s)
    if tail_s >= trace.hold_s:
        return []
    text = f"After the fault only {tail_s:.1f} s of load remained; {trace.hold_s:g} s are needed"
    return [_reason("tail_short", f"{text} to call a recovery stable.")]


def _about_fault(life: FaultLife) -> list[Reason]:
    what = f"The fault {life.name} of {life.target}"
    if "verified" not in life.at_s:
        return [_reason("fault_not_proven", f"{what} was asked but never proven to be on.")]
    gone = {"undone", "verified_undone"} & set(life.missing)
    if gone:
        return [_reason("fault_not_undone", f"{what} was not proven to be undone.")]
    if life.missing:
        text = f"{what} has no record of being {' and '.join(life.missing)}."
        return [_reason("fault_not_asked", text)]
    return []


def _longest_s(cohorts: Cohorts, late: Flags) -> float:
    if not len(late):
        return 0.0
    edges = np.flatnonzero(np.diff(np.concatenate(([0], late.view(np.int8), [0]))))
    begin, end = edges[::2], edges[1::2] - 1
    if not len(begin):
        return 0.0
    return float((cohorts.due_us[end] - cohorts.due_us[begin]).max()) / US_PER_S


def _rank(ranked: np.ndarray[tuple[int], np.dtype[np.float64]], share: float) -> float | None:
    if not len(ranked):
        return None
    return round(float(ranked[max(int(np.ceil(len(ranked) * share)) - 1, 0)]), 3)


def _reason(code: str, text: str) -> Reason:
    return Reason(code=code, text=text[0].upper() + text[1:])
