"""Faults asked (experiment file) and faults lived (timeline), compared action by action."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from harness.chaos.journal import ActivityRun, Journal
from harness.chaos.script import Script, Step
from harness.timeline import Scalar
from reports.measures.phases import FaultLife
from reports.measures.reason import Reason

_DOSE = ("percent", "latency_ms", "deaths")  # what held.py compares with what was counted
_SUCCEEDED = "succeeded"
DECLARED = "declared-"  # what the ids of declared faults begin with


class _Injected(msgspec.Struct, frozen=True, kw_only=True):
    """What an action of harness.chaos.actions returns for each of its faults."""

    fault: str
    target: str
    fault_id: str
    service: str = ""


def about_lived(
    script: Script,
    journal: Journal | None,
    lives: tuple[FaultLife, ...],
    declared: Collection[str] = (),
) -> list[Reason]:
    """Faults that are missing, that differ from what was asked, and that were not asked at all.

    An action that failed or did not run is reported by conducted.py. Arguments that are given as
    `${variables}` are compared by what their action returned only.
    """
    if journal is None or not lives:
        return []
    found: list[Reason] = []
    known = {life.fault_id: life for life in lives}
    claimed: set[str] = {f"{DECLARED}{name}" for name in declared}
    found += [
        _missing(f"{name}: declared, but not injected")
        for name in declared
        if f"{DECLARED}{name}" not in known
    ]
    complete = True
    for step, run in _pairs(script.method, journal.run):
        if run is None or run.status != _SUCCEEDED:
            complete = False
            continue
        injected = _output(run)
        claimed |= {one.fault_id for one in injected}
        found += [_missing(f"{step.name}: {text}") for text in _differs(step, injected, known)]
    extra = [life for life in lives if life.fault_id not in claimed]
    if complete:
        found += [_extra(life) for life in extra]
    return found


def _pairs(
    steps: Sequence[Step], runs: Sequence[ActivityRun]
) -> Iterator[tuple[Step, ActivityRun | None]]:
    """Each injecting step with its run: the first of that name that no earlier step has taken."""
    left = list(runs)
    for step in steps:
        run = next((run for run in left if run.activity.name == step.name), None)
        if run is not None:
            left.remove(run)
        if step.fault:
            yield step, run


def _output(run: ActivityRun) -> tuple[_Injected, ...]:
    try:
        return msgspec.convert(run.output, tuple[_Injected, ...])
    except msgspec.ValidationError:
        return ()


def _differs(
    step: Step, injected: Sequence[_Injected], known: Mapping[str, FaultLife]
) -> Iterator[str]:
    arguments = step.arguments
    service, edge = arguments.get("service"), arguments.get("edge")
    count = arguments.get("instances", 1) if service is not None else 1
    where = service if service is not None else edge
    lived = {one.target for one in injected if _is_lived(one, step.fault, known)}
    if isinstance(count, int) and len(lived) != count:
        yield f"{count} x {step.fault} of {where} asked, {len(lived)} lived"
    for one in injected:
        is_where = one.service == service if service is not None else _edge(one.target) == edge
        if _is_literal(where) and not is_where:
            yield f"{step.fault} of {where} asked, {one.target} was struck"
        if one.fault_id in known:
            yield from _other_settings(arguments, known[one.fault_id].proof.get("asked", {}))


def _is_lived(one: _Injected, fault: str, known: Mapping[str, FaultLife]) -> bool:
    life = known.get(one.fault_id)
    return life is not None and (life.name, life.target) == (fault, one.target)


def _other_settings(asked: Mapping[str, object], lived: Mapping[str, Scalar]) -> Iterator[str]:
    """Numbers of the file that the driver was given otherwise, and doses that it did not tell."""
    for name, value in asked.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and (name in lived or name in _DOSE) and lived.get(name) != value:
            yield f"{name} {value} asked, {lived.get(name, 'none')} lived"


def _edge(target: str) -> str:
    """The edge of `edge#slot`."""
    return target.partition("#")[0]


def _is_literal(value: object) -> bool:
    return isinstance(value, str) and "${" not in value


def _missing(text: str) -> Reason:
    return Reason(code="fault_not_asked", text=f"Not the faults of the experiment file: {text}.")


def _extra(life: FaultLife) -> Reason:
    text = f"The fault {life.name} of {life.target} is in the timeline, but no action asked for it."
    return Reason(code="fault_extra", text=text)
