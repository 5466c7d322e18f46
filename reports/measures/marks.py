"""Faults of others in a watch: their time is what a person marked, their proof is what was seen.

A mark alone proves nothing: the wrong process may have been killed. It counts when something that
was recorded confirms it: the load was degraded from the mark on, or an observed instance left its
ready state. A watch without a mark is INVALID, whether an effect is visible or not: without a
begin and an end there is no recovery time, and without a fault nothing was put to test.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from harness.timeline import Event
from reports.inputs.stored import StoredRun
from reports.measures.phases import FaultLife
from reports.measures.reason import Reason
from reports.measures.recovery import Recovery
from reports.measures.windows import Windows

SOURCE: Final = "mark"
# A probe finds out late: twice the interval of the probes, and one miss.
SEEN_LATE_S: Final = 2.0
_LEFT: Final = ("unready", "down", "paused", "stopped")


def marked_lives(events: Iterable[Event], t0_mono_ns: int) -> tuple[FaultLife, ...]:
    """Each mark as a fault, in the order of their starts; an open mark ends with the run."""
    lives: list[FaultLife] = []
    opened: dict[str, list[FaultLife]] = defaultdict(list)
    for event in events:
        if event.source != SOURCE:
            continue
        at_s = event.at_s(t0_mono_ns)
        if event.kind == "start":
            begun = dict.fromkeys(("asked", "injected", "verified"), at_s)
            key = f"mark-{len(lives) + 1}"
            life = FaultLife(
                key=key,
                name="mark",
                target=event.name,
                at_s=begun,
                proof={"asked": {"by": "squall mark"}},
                fault_id=key,
                marked=True,
            )
            lives.append(life)
            opened[event.name].append(life)
        elif opened[event.name]:
            opened[event.name].pop(0).at_s.update(
                dict.fromkeys(("undone", "verified_undone"), at_s)
            )
    return tuple(lives)


def about_marks(
    lives: tuple[FaultLife, ...], stored: StoredRun, recovery: Recovery | None, seen: Windows
) -> list[Reason]:
    """Why a watch proves nothing: no mark, an open mark, or a mark that nothing confirms."""
    marks = [life for life in lives if life.marked]
    if not lives:
        return [Reason(code="no_fault", text=_unmarked(stored, seen))]
    found = [
        Reason(
            code="fault_not_undone",
            text=f"The mark {life.target!r} was not ended; `squall mark end` says when it is over.",
        )
        for life in marks
        if "undone" not in life.at_s
    ]
    if found or recovery is None or not marks:
        return found  # without a sound baseline nothing can be confirmed, which has its own reason
    if recovery.episodes or recovery.micro_dips:
        return []
    return [
        Reason(code="fault_not_proven", text=_unconfirmed(life))
        for life in marks
        if not _instance_left(life, stored)
    ]


def _instance_left(life: FaultLife, stored: StoredRun) -> bool:
    """Whether an observed instance was seen to leave its ready state in the time of the mark."""
    end_s = life.at_s["undone"] + SEEN_LATE_S
    return any(
        event.source == "target"
        and event.kind == "instance"
        and event.data.get("state") in _LEFT
        and life.at_s["verified"] <= event.at_s(stored.manifest.t0_mono_ns) <= end_s
        for event in stored.events
    )


def _unconfirmed(life: FaultLife) -> str:
    text = f"Nothing that was seen confirms the mark {life.target!r}: the load was as before and"
    fix = "state the URL of each instance in a deployment file, so that its death can be seen"
    return f"{text} no observed instance left its ready state; {fix}."


def _unmarked(stored: StoredRun, seen: Windows) -> str:
    """No mark: with what could be seen, so that the next watch is marked."""
    text = "No mark was set, so nothing says when a fault was on"
    target, warm_up_s = stored.terms.good.target, stored.terms.phases.warm_up_s
    bad = [
        index * seen.width_s
        for index, (due, good) in enumerate(zip(seen.scheduled, seen.good, strict=True))
        if index * seen.width_s >= warm_up_s and due > 0 and good < target * due
    ]
    if not bad:
        return f"{text}, and no effect was visible."
    where = f"from {bad[0]:.1f} s to {bad[-1] + seen.width_s:.1f} s"
    fix = "set `squall mark start` and `squall mark end` around the fault"
    return f"{text}; {where} the load was degraded: {fix}."
