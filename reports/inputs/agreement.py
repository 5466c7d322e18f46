"""Whether the small files of a stored run agree with each other: plan, phases, times, events.

What no run can be makes a run INVALID, whoever changed it and sealed the folder again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from harness.experiment import Terms
from harness.host.cpu import Slice
from harness.store import LoadGo, LoadPlan, Manifest, PhaseSpan, RunFolder, read_json
from harness.timeline import Event

_NEAR_S: Final = 1e-6
_ROUNDED_S: Final = 0.002  # slices are stored in milliseconds
_PHASES: Final = ("warm-up", "baseline", "fault", "recovery", "drain")
_WATCH: Final = ("warm-up", "watch", "drain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the files of a run that came to its end tell of it."""

    manifest: Manifest
    plan: LoadPlan
    terms: Terms
    slices: Sequence[Slice]
    events: Sequence[Event]
    last_due_s: float


def contradictions(folder: RunFolder, told: Told) -> tuple[str, ...]:
    """A sentence for each. Raises StoredRunError."""
    return (
        *_of_plan(told),
        *_of_zero(folder, told.manifest),
        *_of_phases(told),
        *_of_slices(told.slices),
        *_of_events(told),
    )


def _of_plan(told: Told) -> Iterator[str]:
    manifest, plan, phases = told.manifest, told.plan, told.terms.phases
    for name in ("seed", "rate_scale", "intent_prefix"):
        if getattr(manifest, name) != getattr(plan, name):
            yield f"run.json and load/plan.json differ in {name}"
    stop_s = phases.load_s + phases.drain_s
    for name, here, there in (
        ("load_s", plan.load_s, phases.load_s),
        ("stop_s", plan.stop_s, stop_s),
    ):
        if abs(here - there) > _NEAR_S:
            text = f"{name} of load/plan.json is {here:g}, but the phases of the experiment make"
            yield f"{text} {there:g}"
    if told.last_due_s > plan.stop_s:
        text = f"the last arrival was due at {told.last_due_s:.1f} s"
        yield f"{text}, after the end of the load (load/schedule.bin)"


def _of_zero(folder: RunFolder, manifest: Manifest) -> Iterator[str]:
    if folder.go.is_file() and read_json(folder.go, LoadGo).t0_mono_ns != manifest.t0_mono_ns:
        yield "run.json and load/go.json differ in the zero of time"


def _of_phases(told: Told) -> Iterator[str]:
    """Each begins where the one before ends, and none of the planned ones is cut short."""
    phases, planned = told.manifest.phases, told.terms.phases
    wanted = _WATCH if told.terms.watch else _PHASES
    if tuple(phase.name for phase in phases) != wanted:
        yield f"the phases of run.json are not {', '.join(wanted)}"
        return
    begins = [0.0, *(phase.end_s for phase in phases)]
    for phase, begin_s in zip(phases, begins, strict=False):
        if phase.begin_s != begin_s or phase.end_s < phase.begin_s:
            yield f"the phase {phase.name} of run.json does not follow the one before it"
    least = [planned.warm_up_s, planned.warm_up_s + planned.baseline_s]
    ends = least[:1] if told.terms.watch else least
    yield from _cut_short(phases, [*ends, *[0.0] * (len(phases) - len(ends) - 2), planned.load_s])


def _cut_short(phases: Sequence[PhaseSpan], least_s: Sequence[float]) -> Iterator[str]:
    for phase, end_s in zip(phases, least_s, strict=False):
        if phase.end_s < end_s - _NEAR_S:
            text = f"the phase {phase.name} of run.json ends at {phase.end_s:g} s"
            yield f"{text}, before {end_s:g} s"


def _of_slices(slices: Sequence[Slice]) -> Iterator[str]:
    if any(one.end_s <= one.begin_s for one in slices):
        yield "a slice of machine.json has no length"
    if any(two.begin_s < one.end_s - _ROUNDED_S for one, two in pairwise(slices)):
        yield "two slices of machine.json overlap or are out of order"


def _of_events(told: Told) -> Iterator[str]:
    """The harness tells the beginning of every phase: without the last one, the end is cut off."""
    told_of = tuple(e.name for e in told.events if (e.source, e.kind) == ("run", "phase"))
    missing = [p.name for p in told.manifest.phases if p.name not in told_of]
    if missing:
        yield f"the timeline does not tell the beginning of the phase {missing[0]}"
    elif told_of != tuple(phase.name for phase in told.manifest.phases):
        yield "the timeline tells the phases in another order than run.json"
