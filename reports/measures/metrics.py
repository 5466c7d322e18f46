"""The value of every metric that an objective may name, computed once from the measured run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from reports.inputs.schedule import Ints
from reports.measures.backlog import drained
from reports.measures.cohorts import NEVER, Block, Flags, Known
from reports.measures.edge_attempts import EdgeAttempts, worst
from reports.measures.metric_table import Measured
from reports.measures.page_model import Unknowns
from reports.measures.phases import FaultWindow
from reports.measures.recovery import Recovery, Trace
from reports.measures.system_figures import SystemFigures
from reports.measures.windows import Amplification

MONTH_S: Final = 30 * 24 * 3600
AGAINST_BASELINE: Final = (  # metrics that need a baseline
    "time_to_degrade_s",
    "first_recovery_s",
    "stable_recovery_s",
    "recovery_after_clear_s",
    "lost_s",
    "budget_used_ratio",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What share of the payments went how; None where none was due.

    `fault` is due during the fault, `run` due after warm-up; `attempts_per_intent` is the mean
    over what was started from the fault on (without a fault: after warm-up). `unresolved` is what
    never started and, of the intents with an effect, what has no final answer: of a request without
    an effect nothing is left open. `unknown` is what had an answer that left its outcome open.
    """

    good_fault: float | None
    good_run: float | None
    failed_run: float | None
    unknown_run: float | None
    unresolved_run: float | None
    attempts_per_intent: float | None


class SharesTally:
    """Counts blocks into shares."""

    def __init__(self, window: FaultWindow | None, warm_up_end_s: float) -> None:
        self._window, self._run_from_s = window, warm_up_end_s
        self._fault, self._good_fault = 0, 0
        self._run, self._good_run, self._failed_run = 0, 0, 0
        self._unresolved, self._unknown = 0, 0
        self._started, self._attempts = 0, 0

    def add(self, block: Block) -> None:
        """Add the next block."""
        due_s, good = block.due_s, block.good
        run = due_s >= self._run_from_s
        self._run += _count(run)
        self._good_run += _count(run & good)
        self._failed_run += _count(run & ~good & ~block.slow)
        never = block.cohorts.settled_us == NEVER
        unstarted = block.cohorts.effect == Known.UNSTARTED
        self._unknown += _count(run & (block.cohorts.unknown_us >= 0))
        self._unresolved += _count(run & never & (block.cohorts.claims | unstarted))
        since = run
        if self._window is not None:
            since = due_s >= self._window.begin_s
            fault = since & (due_s < self._window.end_s)
            self._fault += _count(fault)
            self._good_fault += _count(fault & good)
        self._started += _count(since & (block.cohorts.attempts > 0))
        further = block.cohorts.steps.intent[block.cohorts.further]
        self._attempts += int(block.cohorts.attempts[since].sum()) - _count(since[further])

    def result(self) -> Shares:
        """The whole run."""
        return Shares(
            good_fault=_share(self._good_fault, self._fault),
            good_run=_share(self._good_run, self._run),
            failed_run=_share(self._failed_run, self._run),
            unknown_run=_share(self._unknown, self._run),
            unresolved_run=_share(self._unresolved, self._run),
            attempts_per_intent=_share(self._attempts, self._started),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was measured of one run; None where the run does not allow it."""

    shares: Shares
    target: float
    trace: Trace | None
    recovery: Recovery | None
    window: FaultWindow | None
    detected_s: float | None
    amplification: Amplification
    backlog: Ints
    edges: Mapping[str, EdgeAttempts]
    unknowns: Unknowns
    warm_up_end_s: float
    system: SystemFigures


def measure_all(seen: Seen) -> dict[str, Measured]:
    """A value for each of METRICS; None if the run does not allow the measurement."""
    return {
        **_recovery(seen),
        "time_to_detect_s": Measured(value=_since_fault(seen)),
        "good_ratio_fault": Measured(value=seen.shares.good_fault),
        "good_ratio_run": Measured(value=seen.shares.good_run),
        "failed_ratio_run": Measured(value=seen.shares.failed_run),
        "unknown_ratio_run": Measured(value=seen.shares.unknown_run),
        "unresolved_ratio_run": Measured(value=seen.shares.unresolved_run),
        "resolve_s_p99": Measured(value=seen.unknowns.p99_s, censored=seen.unknowns.censored),
        **_amplification(seen),
        **seen.system.measured(),
        "attempts_per_call": worst(seen.edges),
        "backlog_drained_s": _backlog(seen),
    }


def budget_used_ratio(lost_s: float, target: float) -> float | None:
    """Share of a month's error budget; None where the target leaves no budget."""
    return lost_s / ((1 - target) * MONTH_S) if target < 1 else None


def _recovery(seen: Seen) -> dict[str, Measured]:
    r = seen.recovery
    if r is None:
        return {name: Measured(value=None) for name in AGAINST_BASELINE}
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
    peak = seen.amplification.attempts_per_intent[int(begin_s) :]
    return {
        "attempts_per_intent": Measured(value=seen.shares.attempts_per_intent),
        "attempts_per_intent_peak": Measured(value=float(peak.max()) if len(peak) else None),
    }


def _backlog(seen: Seen) -> Measured:
    if seen.window is None:
        return Measured(value=None)
    return drained(seen.backlog, seen.warm_up_end_s, seen.window)


def _since_fault(seen: Seen) -> float | None:
    if seen.detected_s is None or seen.window is None:
        return None
    return seen.detected_s - seen.window.begin_s


def _count(chosen: Flags) -> int:
    return int(np.count_nonzero(chosen))


def _share(chosen: int, among: int) -> float | None:
    return chosen / among if among else None
