"""Does this run count: data whole, fault proven and gone, load true, baseline clean, tail long."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from harness.load.asked import ASKED
from harness.store import COMPLETE
from reports.checks.base import Checked
from reports.inputs.schedule import Schedule, place
from reports.inputs.stored import StoredRun
from reports.measures.conducted import about_experiment
from reports.measures.delivery import Delivery
from reports.measures.held import about_held
from reports.measures.host_cpu import Sharing
from reports.measures.lived import about_lived
from reports.measures.phases import STAGES, FaultLife
from reports.measures.reason import Reason
from reports.measures.recovery import P1, Trace
from reports.measures.replicas import described, scalings

# With fewer, a system that fails one operation in twenty (P1, the smallest degradation that counts)
# would show no failure at all in more than 5 % of all runs.
MIN_DURING: Final = math.ceil(math.log(0.05) / math.log(1 - P1))
MIN_DELIVERED: Final = 0.999
MAX_LATE_MS: Final = 1000.0
MAX_LATE_STRETCH_S: Final = 0.5
NOTED_FOREIGN: Final = 0.05


def about_data(stored: StoredRun, impossible: Sequence[str] = ()) -> list[Reason]:
    """What the files lack although their seal is intact, and what no run can be.

    The harness stops the load of a run that ends early, so payments in flight have no record.
    """
    ended = stored.manifest.ended
    found = [] if ended == COMPLETE else [_reason("ended_early", f"The run ended {_early(ended)}.")]
    found += [_reason("evidence_missing", f"{text}.") for text in stored.evidence.missing]
    found += [_reason("data_missing", f"{text}.") for text in stored.faulty]
    return found + [
        _reason("data_impossible", f"{text}.") for text in (*stored.impossible, *impossible)
    ]


def _early(ended: str) -> str:
    """The load of others has its own reason, which names them."""
    return "early, before the fault" if ended.startswith("early: other processes") else ended


def about_checks(checks: Sequence[Checked], asked_for: tuple[str, ...]) -> list[Reason]:
    """Checks that raised or found no key, and tables that a check needs but did not get.

    An experiment that asks for no evidence at all claims nothing about the records.
    """
    found = [
        _reason("check_crashed", f"The check {checked.name} was not made: {checked.why}.")
        for checked in checks
        if checked.cause == "crashed"
    ]
    unjoined = [checked for checked in checks if checked.cause == "keys_not_joined"]
    if unjoined:
        names = ", ".join(checked.name for checked in unjoined)
        text = f"Not checked: {names}: {unjoined[0].why}; send `self.intent.key`, or set it to the"
        found.append(_reason("keys_not_joined", f"{text} key that is sent."))
    if not asked_for:
        return found
    missing = {name for checked in checks for name in checked.missing}
    unasked = sorted(missing - {*asked_for, ASKED})
    if unasked:
        text = f"The experiment does not ask for {', '.join(unasked)}, so not checked"
        text = f"{text}: {_without(checks, unasked)}; add it to `evidence`."
        found.append(_reason("evidence_missing", text))
    if ASKED in missing:
        text = "What each intent asked is not stored whole (load/asked.parquet), so not checked"
        found.append(_reason("evidence_missing", f"{text}: {_without(checks, [ASKED])}."))
    return found


def _without(checks: Sequence[Checked], tables: Sequence[str]) -> str:
    """The names of the checks that need one of these tables."""
    return ", ".join(checked.name for checked in checks if {*checked.missing} & {*tables})


def about_faults(lives: tuple[FaultLife, ...], stored: StoredRun) -> list[Reason]:
    """No fault, a fault not asked, not proven, not undone, or not proven undone."""
    if stored.manifest.ended != COMPLETE:
        return [reason for life in lives for reason in _about_fault(life)]
    found = []
    if not lives and not stored.terms.control:
        found.append(_reason("no_fault", "No fault was injected, so nothing was put to test."))
    for life in lives:
        found += _about_fault(life)
    found += about_lived(stored.script, stored.journal, lives, _declared(stored))
    found += about_held(lives, stored.events, stored.manifest.t0_mono_ns)
    found += _about_observed(lives, stored.due)
    found += about_experiment(stored.journal, stored.journal_damage, stored.script)
    return found


def remarks_about_control(stored: StoredRun) -> list[Reason]:
    """What the word fault means in a run that has none."""
    if not stored.terms.control:
        return []
    text = "Control run: no fault was injected; the figures of the fault are of the time in which"
    return [_reason("control_run", f"{text} an experiment would inject it.")]


def about_lives(lives: tuple[FaultLife, ...], stored: StoredRun) -> list[Reason]:
    """Errors of these faults themselves, independent of the experiment."""
    found = [reason for life in lives for reason in _about_fault(life)]
    if stored.manifest.ended != COMPLETE:
        return found
    found += about_held(lives, stored.events, stored.manifest.t0_mono_ns)
    return found + _about_observed(lives, stored.due)


def about_load(seen: Delivery) -> list[Reason]:
    """Arrivals that never started, or started too late."""
    found = []
    if seen.ratio < MIN_DELIVERED:
        text = f"Only {seen.started:,} of {seen.scheduled:,} scheduled intents"
        found.append(_reason("load_not_delivered", f"{text} have a record of a start."))
    if seen.late_ms_p99 is not None and seen.late_ms_p99 > seen.limit_ms:
        text = f"1 % of the intents started {seen.late_ms_p99:.1f} ms late or later"
        found.append(_reason("load_late", f"{text} (limit {seen.limit_ms:g} ms)."))
    elif seen.stretch_s > MAX_LATE_STRETCH_S or seen.late_ms_max > MAX_LATE_MS:
        text = f"The load generator stood still: {seen.stretch_s:.2f} s of arrivals were late"
        found.append(_reason("load_late", f"{text}, the latest by {seen.late_ms_max:.0f} ms."))
    return found


def about_machine(seen: Sharing | None) -> list[Reason]:
    """CPU load of others that could have changed a figure."""
    if seen is None:
        text = "The CPU use of other processes was not measured, so they could have disturbed it."
        return [_reason("machine_unknown", text)]
    if seen.harmful is None:
        return []
    text = f"{seen.harmful.describe()}. Stop them, or run on a quieter machine."
    return [_reason("machine_shared", text)]


def remarks_about_asked(stored: StoredRun, checks: Sequence[Checked]) -> list[Reason]:
    """Amounts that could not be compared with what the intents asked."""
    made = {checked.name for checked in checks if checked.verdict != "not_checked"}
    if stored.asks or "payments" not in made:
        return []
    text = "The scenario does not declare what its intents ask (`asks`), so payers, payees and"
    text = f"{text} amounts are only compared between the records."
    return [_reason("asked_not_declared", text)]


def remarks_about_machine(seen: Sharing | None) -> list[Reason]:
    """CPU load of others that is worth a line although it could not change the verdict."""
    if seen is None or seen.harmful is not None or seen.foreign_worst < NOTED_FOREIGN:
        return []
    who = f" ({', '.join(seen.whole.takers)})" if seen.whole.takers else ""
    took = f"Other processes{who} took {seen.whole.foreign:.0%} of the CPU"
    text = f"{took}, {seen.foreign_worst:.0%} in the worst 5 s; the run got the CPU it asked for."
    return [_reason("machine_shared_harmless", text)]


def remarks_about_run(stored: StoredRun) -> list[Reason]:
    """What the load and the system's size were, and that nothing was injected."""
    found = [*remarks_about_load(stored), *remarks_about_scaling(stored)]
    return [*found, *remarks_about_control(stored)]


def remarks_about_scaling(stored: StoredRun) -> list[Reason]:
    """Services whose number of instances changed, a sentence each."""
    found = scalings(stored.events, stored.manifest.t0_mono_ns)
    return [_reason("scaled", described(one)) for one in found]


def remarks_about_load(stored: StoredRun) -> list[Reason]:
    """What a closed loop cannot show."""
    if stored.open_loop:
        return []
    text = "The load was closed-loop: users that wait for an answer send nothing meanwhile, so the"
    more = "arrivals of an outage are fewer than real ones, and its figures are too good."
    return [_reason("closed_loop", f"{text} {more}")]


def about_tail(trace: Trace) -> list[Reason]:
    """After the fault, load must go on for at least the hold."""
    tail_s = trace.known.between(trace.f1_s, trace.end_s)
    if tail_s >= trace.hold_s:
        return []
    left_s = max(tail_s, 0.0)
    text = f"After the fault only {left_s:.1f} s of load remained; {trace.hold_s:g} s are needed"
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
    early = [two for one, two in pairwise(STAGES) if life.at_s[two] < life.at_s[one]]
    if early:
        text = f"{what} has its stages out of order: {early[0]} comes before the stage before it."
        return [_reason("fault_not_proven", text)]
    return []


def _declared(stored: StoredRun) -> tuple[str, ...]:
    """The actions of others that the experiment declares as faults."""
    return tuple(fault.action for fault in stored.terms.faults)


def _about_observed(lives: tuple[FaultLife, ...], due: Schedule) -> list[Reason]:
    """How many operations were due while each fault was on; the steps of a canary are one fault."""
    counts: dict[tuple[str, str], int] = {}
    for life in lives:
        if {"verified", "undone"} <= life.at_s.keys():
            count = max(0, place(due, life.at_s["undone"]) - place(due, life.at_s["verified"]))
            counts[life.name, life.target] = counts.get((life.name, life.target), 0) + count
    return [
        _reason(
            "fault_unobserved",
            f"Only {count} operations were due while {name} of {target} was on; "
            f"{MIN_DURING} are needed to see one in twenty fail.",
        )
        for (name, target), count in counts.items()
        if count < MIN_DURING
    ]


def _reason(code: str, text: str) -> Reason:
    return Reason(code=code, text=text[0].upper() + text[1:])
