"""From a stored run to all that is measured of it; no verdict yet."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.store import COMPLETE
from reports.checks.base import Checked
from reports.inputs.stored import StoredRun
from reports.measures.aggregations import Tallies
from reports.measures.baseline_check import about_baseline
from reports.measures.cohorts import read_blocks
from reports.measures.confounded import is_confounded
from reports.measures.delivery import Delivery
from reports.measures.detection import detected_s
from reports.measures.edge_attempts import edge_attempts, edge_series
from reports.measures.happenings import happenings
from reports.measures.host_cpu import Sharing, sharing
from reports.measures.marks import marked_lives
from reports.measures.metastable import Aftermath, metastable
from reports.measures.metric_table import Measured
from reports.measures.metrics import AGAINST_BASELINE, Seen, measure_all
from reports.measures.page_model import Picture
from reports.measures.phases import (
    FaultLife,
    FaultWindow,
    breaker_open_s,
    control_window,
    fault_lives,
    fault_window,
)
from reports.measures.recovery import Baseline, KnownTime, Recovery, Trace, baseline, measure
from reports.measures.replicas import replica_lanes, scalings
from reports.measures.required_objectives import objectives_of
from reports.measures.slo_figures import SloFigure, SloSpan, slo_figures
from reports.measures.state_lanes import lanes
from reports.measures.struck import Struck
from reports.measures.system_figures import observes_breakers, system_figures
from reports.measures.wrong_records import tell_wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Everything measured; `recovery` only where baseline and fault allow one.

    `impossible`: what no generator can have recorded, a sentence each.
    """

    stored: StoredRun
    faults: tuple[FaultLife, ...]
    delivery: Delivery
    sharing: Sharing | None
    trace: Trace | None
    before: Baseline | None
    seen: Seen
    measured: dict[str, Measured]
    checks: tuple[Checked, ...]
    slos: tuple[SloFigure, ...]
    picture: Picture
    impossible: tuple[str, ...] = ()


def read(stored: StoredRun) -> Reading:
    """Measure all that the run allows."""
    t0 = stored.manifest.t0_mono_ns
    faults = (*fault_lives(stored.events, t0), *marked_lives(stored.events, t0))
    window = _window(stored, faults)
    tallies = Tallies(stored, window)
    for block in read_blocks(stored.due, stored.attempts, stored.terms.good.latency_ms):
        tallies.add(block)
    trace = None if window is None else _trace(stored, tallies, window)
    before = None if trace is None else baseline(trace)
    recovery = _recovery(stored, trace, before)
    seen = _seen(stored, tallies, faults, trace, recovery)
    measured = measure_all(seen)
    checks = tallies.checks.result()
    slos = _slos(stored, tallies, window, measured)
    picture = _picture(seen, tallies, faults, before, measured)
    wrong = tell_wrong(stored, checks, picture.lanes, faults, picture.end_s)
    return Reading(
        stored=stored,
        faults=faults,
        delivery=tallies.delivery.result(),
        sharing=_sharing(stored),
        trace=trace,
        before=before,
        seen=seen,
        measured=measured,
        checks=checks,
        slos=slos,
        picture=replace(_with_slos(picture, slos), wrong=wrong),
        impossible=tuple(tallies.rules.result()) if stored.complete else (),
    )


def _window(stored: StoredRun, faults: tuple[FaultLife, ...]) -> FaultWindow | None:
    if stored.terms.control and not faults:
        return control_window(stored.manifest.phases)
    return fault_window(faults)


def _slos(
    stored: StoredRun,
    tallies: Tallies,
    window: FaultWindow | None,
    measured: dict[str, Measured],
) -> tuple[SloFigure, ...]:
    span = SloSpan(
        begin_s=stored.terms.phases.warm_up_s,
        asked_s=None if window is None else window.asked_s,
        f0_s=None if window is None else window.begin_s,
        f1_s=None if window is None else window.end_s,
        control=stored.terms.control,
    )
    slices = {name: tally.result() for name, tally in tallies.slos.items()}
    return slo_figures(stored.slos, slices, span, measured)


def _with_slos(picture: Picture, slos: tuple[SloFigure, ...]) -> Picture:
    """The metrics of a run's documents stand behind those of its experiment."""
    bounds = frozenset(one.metric for one in slos if one.measured.censored)
    return replace(
        picture,
        metrics=(*picture.metrics, *(one.metric for one in slos)),
        censored=picture.censored | bounds,
    )


def _sharing(stored: StoredRun) -> Sharing | None:
    """From the end of warm-up, or from zero in a run that ended before."""
    last_s = max((phase.end_s for phase in stored.manifest.phases), default=0.0)
    end_s, warm_up_s = min(stored.plan.load_s, last_s), stored.terms.phases.warm_up_s
    early = stored.manifest.ended != COMPLETE and end_s < 2 * warm_up_s
    return sharing(stored.machine, 0.0 if early else warm_up_s, end_s)


def _recovery(stored: StoredRun, trace: Trace | None, before: Baseline | None) -> Recovery | None:
    """Against a baseline that is none, each figure would be made up."""
    if trace is None or before is None:
        return None
    sound = before.good_ratio > 0 and not about_baseline(before, stored.terms.good.target)
    return measure(trace, before) if sound else None


def _trace(stored: StoredRun, tallies: Tallies, window: FaultWindow) -> Trace:
    terms, begin_s, end_s = stored.terms, stored.terms.phases.warm_up_s, stored.plan.load_s
    return Trace(
        due=stored.due,
        good=tallies.good.result(),
        known=KnownTime(stored.due, begin_s, end_s),
        begin_s=begin_s,
        end_s=end_s,
        asked_s=window.asked_s,
        f0_s=window.begin_s,
        f1_s=window.end_s,
        in_flight_s=tallies.in_flight.longest_s,
        hold_s=max(terms.hold_s, breaker_open_s(stored.events)),
    )


def _seen(
    stored: StoredRun,
    tallies: Tallies,
    faults: tuple[FaultLife, ...],
    trace: Trace | None,
    recovery: Recovery | None,
) -> Seen:
    terms, t0 = stored.terms, stored.manifest.t0_mono_ns
    load_s, window = stored.plan.load_s, _window(stored, faults)
    begin_s = terms.phases.warm_up_s if window is None else window.begin_s
    struck = Struck(lives=faults, services=[one.name for one in stored.system.services])
    return Seen(
        shares=tallies.shares.result(),
        target=terms.good.target,
        trace=trace,
        recovery=recovery,
        window=window,
        detected_s=detected_s(stored.events, struck, t0, load_s),
        amplification=tallies.amplification.result(),
        backlog=tallies.backlog.result(),
        edges=edge_attempts(stored.events, t0, begin_s),
        unknowns=tallies.unknowns.result(),
        warm_up_end_s=terms.phases.warm_up_s,
        system=system_figures(stored, struck, tallies.served.result()),
    )


def _picture(
    seen: Seen,
    tallies: Tallies,
    faults: tuple[FaultLife, ...],
    before: Baseline | None,
    measured: dict[str, Measured],
) -> Picture:
    stored = tallies.stored
    terms, manifest = stored.terms, stored.manifest
    end_s = _end_s(stored)
    per_window = tallies.windows.result().until(end_s)
    return Picture(
        title=stored.title,
        question=terms.question,
        control=terms.control,
        zero_wall_ns=_zero_wall_ns(stored),
        latency_limit_ms=terms.good.latency_ms,
        good_target=terms.good.target,
        hold_s=terms.hold_s if seen.trace is None else seen.trace.hold_s,
        end_s=end_s,
        phases=manifest.phases,
        faults=faults,
        windows=per_window,
        amplification=seen.amplification.until(end_s),
        baseline=before,
        recovery=seen.recovery,
        outcomes=tallies.outcomes.result(),
        steps=tallies.steps.result(stored.names),
        metastable=_metastable(stored, seen, before),
        confounded=seen.trace is not None and is_confounded(seen.trace),
        good_ratio_fault=measured["good_ratio_fault"].value,
        unknowns=seen.unknowns,
        lanes=(
            *replica_lanes(scalings(stored.events, manifest.t0_mono_ns), end_s),
            *lanes(stored.events, manifest.t0_mono_ns, end_s),
        ),
        observes_breakers=observes_breakers(stored),
        happenings=happenings(stored.events, manifest.t0_mono_ns, end_s),
        answers=tallies.answers.result(stored.names),
        wrong=(),
        story=tallies.hardest.result(manifest.intent_prefix, stored.names),
        metrics=tuple(objective.metric for objective in objectives_of(terms)),
        censored=frozenset(name for name, figure in measured.items() if figure.censored),
        unjudged=frozenset(() if before is None or seen.recovery else AGAINST_BASELINE),
        defect=manifest.defect,
    )


def _end_s(stored: StoredRun) -> float:
    """The end of the picture; a run that ended early shows nothing of the load after its end."""
    ends = [phase.end_s for phase in stored.manifest.phases]
    if stored.manifest.ended != COMPLETE and ends:
        return max(ends)
    return max([stored.plan.load_s, *ends])


def _zero_wall_ns(stored: StoredRun) -> int:
    """The wall-clock time of the run's zero; 0: no event says it."""
    zero = stored.manifest.t0_mono_ns
    return next((e.wall_ns - (e.mono_ns - zero) for e in stored.events), 0)


def _metastable(stored: StoredRun, seen: Seen, before: Baseline | None) -> bool:
    if seen.trace is None or before is None:
        return False
    load_s, t0 = stored.plan.load_s, stored.manifest.t0_mono_ns
    run = Aftermath(
        seen=seen.amplification,
        edges=edge_series(stored.events, t0, load_s),
        open_intents=seen.backlog,
        begin_s=seen.trace.begin_s,
        f0_s=seen.trace.f0_s,
        f1_s=seen.trace.f1_s,
        hold_s=seen.trace.hold_s,
        good_ratio=before.good_ratio,
    )
    return metastable(run)
