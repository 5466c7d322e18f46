"""A judged run of a comparison: its outcome with the figures that arms are compared by."""

from __future__ import annotations

from typing import Final

import msgspec

from harness.campaigns.compare.knee import KneeFound, knee_of
from harness.campaigns.compare.matrix import Knee
from harness.campaigns.records import Measure, Outcome
from harness.store import RunFolder
from reports.inputs.schedule import place
from reports.inputs.stored import StoredRun, read_stored
from reports.measures.cohorts import fold
from reports.measures.phases import fault_lives
from reports.measures.ramp import attempts_per_intent, p99_ms, windows
from reports.measures.run_load import load_between
from reports.verdict.outcome import outcome_of
from reports.verdict.reasons import any_proven
from reports.verdict.scorecard import Scorecard

# Beyond the knee the machine is full and the generator late; the knee is before that.
_OF_A_RAMP: Final = frozenset({"load_late", "load_not_delivered"})


def compare_outcome(folder: RunFolder, scorecard: Scorecard, knee: Knee | None) -> Outcome:
    """`knee`: its limits where the run is a ramp. Raises StoredRunError."""
    outcome = outcome_of(scorecard)
    if knee is not None:
        outcome = _of_ramp(outcome, scorecard)
    if not outcome.is_valid:
        return outcome
    stored = read_stored(folder)
    usual = _usual_measures(stored, scorecard)
    span_s = _span_s(stored)
    if knee is None:
        load = load_between(folder, stored, *span_s)
        return msgspec.structs.replace(outcome, measures=usual, load=load)
    begin_s = span_s[0] + (0.0 if stored.terms.control else knee.settle_s)
    found = knee_of(windows(stored, (begin_s, span_s[1]), knee), knee)
    capacity = _capacity(found)
    return msgspec.structs.replace(
        outcome,
        measures=(capacity, *usual),
        load=None if found is None else load_between(folder, stored, found.begin_s, found.end_s),
        remarks=() if found is None else (found.why,),
    )


def _of_ramp(outcome: Outcome, scorecard: Scorecard) -> Outcome:
    """A ramp counts although its end was too much for system and generator.

    An open payment is wrong only under a sound load, so it does not count here.
    """
    if not any_proven(scorecard.checks):
        outcome = msgspec.structs.replace(outcome, violations=())
    late = {why.code for why in outcome.why} <= _OF_A_RAMP
    if outcome.is_valid or not outcome.why or not late:
        return outcome
    return msgspec.structs.replace(outcome, verdict="INCONCLUSIVE")


def _capacity(found: KneeFound | None) -> Measure:
    return Measure(
        metric="capacity_per_s",
        must=">=",
        unit="per_s",
        value=None if found is None else found.rate_per_s,
        at_least=found is not None and found.at_least,
    )


def _usual_measures(stored: StoredRun, scorecard: Scorecard) -> tuple[Measure, ...]:
    """Of every run; without a ramp the arms are compared by the first one."""
    begin_s, end_s = stored.terms.phases.warm_up_s, stored.terms.phases.load_s
    first, stop = place(stored.due, begin_s), place(stored.due, end_s)
    cohorts = fold(stored.due.span_us(first, stop), stored.attempts.between(first, stop), first)
    recovery = scorecard.document.recovery
    lost = Measure(
        metric="lost_s", must="<=", unit="s", value=recovery.lost_s, at_least=recovery.censored
    )
    p99 = Measure(metric="latency_ms_p99", must="<=", unit="ms", value=p99_ms(cohorts))
    attempts = Measure(
        metric="attempts_per_intent",
        must="<=",
        unit="attempts",
        value=round(attempts_per_intent(cohorts), 4),
    )
    return (p99, lost, attempts) if stored.terms.control else (lost, p99, attempts)


def _span_s(stored: StoredRun) -> tuple[float, float]:
    """Under the fault, or the whole load of a control run."""
    phases = stored.terms.phases
    whole = (phases.warm_up_s, phases.load_s)
    if stored.terms.control:
        return whole
    lives = fault_lives(stored.events, stored.manifest.t0_mono_ns)
    begun = [life.at_s["verified"] for life in lives if "verified" in life.at_s]
    ended = [life.at_s["undone"] for life in lives if "undone" in life.at_s]
    return (max(begun), min(ended)) if begun and ended else whole
