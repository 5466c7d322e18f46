"""What a run shows of its SLOs and recovery objectives: figures beside their limits.

Without a recovery objective, an SLO must hold in all seconds from the end of warm-up to the end of
the load. With one, it must hold outside the time that the objective allows for the recovery.
An SLO for one request name without a recovery objective is about a request that the fault must not
reach: it must hold in the seconds of the fault alone as well (containment).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from harness.slo.agreement import title_of
from harness.slo.documents import SloSet
from harness.slo.durations import short_s
from harness.slo.openslo import CONTAINMENT, Slo, SloObjective
from harness.slo.recovery_objective import RecoveryObjective
from reports.inputs.schedule import Floats
from reports.measures.edge_attempts import PER_CALL
from reports.measures.episodes import APART_S
from reports.measures.metric_table import Measured
from reports.measures.phases import FaultWindow
from reports.measures.slo_slices import Slices

_MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SloFigure:
    """One limit of a document and what was measured; `metric` is one of SLO_METRICS."""

    name: str
    metric: str
    must: Literal["<=", ">="]
    limit: float
    measured: Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class SloSpan:
    """The seconds of a run that count; None: no fault was proven.

    From `asked_s` on (None: from f0 on) the fault may have an effect. `control`: there is no fault
    to be contained.
    """

    begin_s: float
    f0_s: float | None
    f1_s: float | None = None
    control: bool = False
    asked_s: float | None = None

    @property
    def reach_s(self) -> float | None:
        """From when on the fault can have an effect; None without a fault."""
        return self.f0_s if self.asked_s is None else self.asked_s


def slo_figures(
    documents: SloSet,
    slices: Mapping[str, Slices],
    span: SloSpan,
    measured: Mapping[str, Measured],
) -> tuple[SloFigure, ...]:
    """Every limit of every document, in their order; `measured` are the metrics of the run."""
    found: list[SloFigure] = []
    for slo in documents.slos:
        recoveries, of_slo = documents.recovery_of(slo), slices[slo.name]
        counted = _outside_of(of_slo, recoveries, span)
        for objective in slo.spec.objectives:
            name, target = f"{slo.name}: {title_of(objective)}", round(objective.share, 9)
            good = Measured(value=ratio(counted, slo, objective))
            found.append(_figure(name, "slo_ratio", target, good, must=">="))
            if slo.good.name and not recoveries and not span.control:
                good = Measured(value=ratio(_while_on(of_slo, span), slo, objective))
                name = f"{name}, while the fault was on"
                found.append(_figure(name, CONTAINMENT, target, good, must=">="))
        for recovery in recoveries:
            found += _recovery_figures(slo, recovery, of_slo, span)
            found += _run_figures(recovery, measured)
    return tuple(found)


def ratio(slices: Slices, slo: Slo, objective: SloObjective) -> float | None:
    """The SLI by the document's budgeting method; None where nothing was due.

    Occurrences: good requests of all. RatioTimeslices: the mean of the slices' ratios. Timeslices:
    the share of slices whose ratio reaches `timeSliceTarget`. A slice without requests is left out.
    """
    due = slices.total > 0
    if not due.any():
        return None
    if slo.spec.budgeting_method == "Occurrences":
        return float(slices.good.sum() / slices.total.sum())
    ratios: Floats = slices.good[due] / slices.total[due]
    if slo.spec.budgeting_method == "Timeslices":
        ratios = (ratios >= (objective.time_slice_target or 0)).astype(np.float64)
    return float(ratios.mean())


def _outside_of(slices: Slices, recoveries: tuple[RecoveryObjective, ...], span: SloSpan) -> Slices:
    """The seconds after warm-up without those that a recovery may take."""
    begin, size = math.ceil(span.begin_s), len(slices.total)
    if span.f0_s is None or span.reach_s is None or not recoveries:
        return slices.between(begin, size)
    longest_s = max(one.spec.recover_s for one in recoveries)
    before = slices.between(begin, max(begin, math.floor(span.reach_s)))
    return before.joined(slices.between(math.ceil(span.f0_s + longest_s), size))


def _while_on(slices: Slices, span: SloSpan) -> Slices:
    """The seconds of the fault, those at its begin and end included; none without a fault."""
    if span.reach_s is None or span.f1_s is None:
        return slices.between(0, 0)
    return slices.between(math.floor(span.reach_s), math.ceil(span.f1_s))


def _recovery_figures(
    slo: Slo, recovery: RecoveryObjective, slices: Slices, span: SloSpan
) -> Iterator[SloFigure]:
    spec, name, first = recovery.spec, recovery.name, slo.spec.objectives[0]
    f0_s, reach_s = span.f0_s, span.reach_s
    after = None if reach_s is None else slices.between(math.floor(reach_s), len(slices.total))
    recovered, lost_s, budget = Measured(value=None), None, None
    if after is not None and f0_s is not None and reach_s is not None:
        end_s = f0_s if span.f1_s is None else span.f1_s
        window = FaultWindow(asked_s=reach_s, begin_s=f0_s, end_s=end_s)
        recovered = recovery_time(slices, window, spec.hold_s, first.share)
        lost_s = _lost_s(after)
        budget = _budget(after, slo, first)
    yield _figure(f"{name}: recovery", "slo_recovery_s", spec.recover_s, recovered)
    if spec.max_lost_seconds is not None:
        limit, value = spec.max_lost_seconds, Measured(value=lost_s)
        yield _figure(f"{name}: lost seconds", "slo_lost_s", limit, value)
    if spec.max_budget_percent is not None:
        limit, value = spec.max_budget_percent / 100, Measured(value=budget)
        yield _figure(f"{name}: error budget", "slo_budget_ratio", limit, value)
    if spec.max_bad_minutes_per_month is not None and spec.faults_per_month is not None:
        minutes = None if lost_s is None else lost_s * spec.faults_per_month / _MINUTE_S
        limit, value = spec.max_bad_minutes_per_month, Measured(value=minutes)
        yield _figure(f"{name}: bad minutes a month", "slo_bad_minutes", limit, value)


def _run_figures(
    recovery: RecoveryObjective, measured: Mapping[str, Measured]
) -> Iterator[SloFigure]:
    """Limits of metrics of the whole run; the requests that the SLO selects do not matter."""
    spec, name = recovery.spec, recovery.name
    for words, metric, limit in (
        ("unknown answers resolved", "resolve_s_p99", _seconds(spec.resolve_within)),
        ("backlog drained", "backlog_drained_s", _seconds(spec.drain_within)),
        ("attempts per call", PER_CALL, spec.max_attempts_per_call),
    ):
        if limit is not None:
            yield _figure(f"{name}: {words}", metric, limit, measured[metric])


def _seconds(duration: str | None) -> float | None:
    return None if duration is None else short_s(duration)


def recovery_time(slices: Slices, fault: FaultWindow, hold_s: float, target: float) -> Measured:
    """From the fault to the first second from which each window of `hold_s` reaches the target.

    A window without requests shows nothing and does not reach it. The figure is exact to one
    second. A lower bound where the last window of the load does not reach the target, or where what
    went on after the fault stays away for a shorter time than it went on, up to APART_S. None where
    no window fits.
    """
    f0_s, first, hold = fault.begin_s, math.floor(fault.begin_s), math.ceil(hold_s)
    good = np.concatenate(([0], np.cumsum(slices.good[first:])))
    total = np.concatenate(([0], np.cumsum(slices.total[first:])))
    if len(total) <= hold:
        return Measured(value=None)
    good_in, total_in = good[hold:] - good[:-hold], total[hold:] - total[:-hold]
    reached = (total_in > 0) & (good_in >= target * total_in)
    if not reached[-1]:
        return Measured(value=len(slices.total) - f0_s, censored=True)
    missed = np.flatnonzero(~reached)
    begin = first + (int(missed[-1]) + 1 if len(missed) else 0)
    if len(slices.total) - begin < min(APART_S, begin - fault.end_s):
        return Measured(value=len(slices.total) - f0_s, censored=True)
    return Measured(value=max(0.0, begin - f0_s))


def _lost_s(slices: Slices) -> float:
    due = slices.total > 0
    return float((1 - slices.good[due] / slices.total[due]).sum())


def _budget(slices: Slices, slo: Slo, objective: SloObjective) -> float | None:
    """The share of the window's error budget that these seconds used."""
    value = ratio(slices, slo, objective)
    if value is None:
        return None
    due_s = float((slices.total > 0).sum())
    return (1 - value) * due_s / ((1 - objective.share) * slo.window_s)


def _figure(
    name: str, metric: str, limit: float, measured: Measured, *, must: Literal["<=", ">="] = "<="
) -> SloFigure:
    return SloFigure(name=name, metric=metric, must=must, limit=limit, measured=measured)
