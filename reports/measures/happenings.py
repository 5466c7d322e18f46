"""The events of a run as a list that can be read without the chart: what, when, why.

A run has hundreds of health reports. Each state of a thing is told when it changes; a thing that
changes often has its changes folded into one line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from harness.timeline import Event, Scalar
from reports.measures.page_model import Happening
from reports.measures.phases import SAMPLED

MOST_HAPPENINGS: Final = 60
_MOST_DETAIL: Final = 160
_STAGES: Final = {
    "asked": "asked for",
    "injected": "injected",
    "verified": "proven on",
    "undone": "undone",
    "verified_undone": "proven gone",
    "unproven": "not proven",
    "undo_failed": "undo failed",
}
_SKIPPED: Final = ("fault_id", "by", "state", "after", "before", "service", "instance")
_FOLDED_APART_S: Final = 5.0
_KEPT: Final = ("fault", "mark", "breaker", "phase")


def happenings(events: Iterable[Event], t0_mono_ns: int, end_s: float) -> tuple[Happening, ...]:
    """In the order of time; what happened before the load and after its end is left out."""
    ordered = sorted(events, key=lambda event: event.mono_ns)
    told = [h for h in _told(ordered, t0_mono_ns) if 0 <= h.at_s <= end_s]
    folded = _folded(told)
    return tuple(folded if len(folded) <= MOST_HAPPENINGS else _fewer(folded))


def _told(events: Sequence[Event], t0_mono_ns: int) -> Iterator[Happening]:
    states: dict[tuple[str, str, str], str] = {}
    for event in events:
        said = _say(event)
        if said is None:
            continue
        kind, what, state = said
        key = (event.kind, event.name, event.target)
        if state and states.get(key) == state:
            continue
        if event.kind == "health" and state == "healthy" and key not in states:
            states[key] = state
            continue
        states[key] = state
        at_s = event.at_s(t0_mono_ns)
        yield Happening(at_s=at_s, until_s=at_s, what=what, detail=_detail(event), kind=kind)


def _say(event: Event) -> tuple[str, str, str] | None:
    """The kind of a line, its words, and the state that it reports; None: not an event to tell."""
    speak = _SPEAK.get((event.source, event.kind)) or _SPEAK.get((event.source, ""))
    return None if speak is None or event.kind == SAMPLED else speak(event)


def _fault(event: Event) -> tuple[str, str, str]:
    stage = _STAGES.get(event.kind, event.kind.replace("_", " "))
    return "fault", f"fault {event.name.replace('_', ' ')} of {event.target}: {stage}", ""


def _breaker(event: Event) -> tuple[str, str, str]:
    state = str(event.data.get("after", "")).replace("_", "-")
    return "breaker", f"breaker {event.name} in {event.target}: {state}", ""


def _health(event: Event) -> tuple[str, str, str]:
    state, by = str(event.data.get("state", "")), event.data.get("by", "a proxy")
    return "health", f"{by} sees {event.target} as {state} on {event.name}", state


def _instance(event: Event) -> tuple[str, str, str]:
    state = str(event.data.get("state", ""))
    return "instance", f"{event.target or event.name}: {state}", state


def _other(event: Event) -> tuple[str, str, str]:
    who = " ".join(part for part in (event.name, event.target) if part)
    return event.kind, f"{event.kind.replace('_', ' ')} {who}".rstrip(), ""


_SPEAK: Final[dict[tuple[str, str], Callable[[Event], tuple[str, str, str]]]] = {
    ("fault", ""): _fault,
    ("mark", ""): lambda event: ("mark", f"mark {event.name!r}: {event.kind}", ""),
    ("run", "phase"): lambda event: ("phase", f"phase {event.name} begins", ""),
    ("service", "breaker"): _breaker,
    ("service", "health"): _health,
    ("target", "instance"): _instance,
    ("service", ""): _other,
    ("target", ""): _other,
    ("load", ""): _other,
}


def _detail(event: Event) -> str:
    """Why, where the event says it: without the ids that only programs compare."""
    data = {k: v for k, v in event.data.items() if k not in _SKIPPED and v is not None}
    if event.source == "fault":
        return ""  # the table of faults tells the proof
    said = ", ".join(_fact(key, value) for key, value in data.items())
    return said if len(said) <= _MOST_DETAIL else f"{said[:_MOST_DETAIL]}..."


def _fact(key: str, value: Scalar) -> str:
    if key == "why":
        return str(value).replace("_", " ")
    if key == "pid":
        return f"process {value}"
    return f"{key.replace('_', ' ')} {value}"


def _folded(told: Sequence[Happening]) -> list[Happening]:
    """Lines of one thing that follow within seconds become one; breakers and faults stay."""
    found: list[Happening] = []
    last: dict[tuple[str, str], int] = {}
    for each in told:
        key = (each.kind, each.what)
        place = last.get(key)
        near = place is not None and each.at_s - found[place].until_s < _FOLDED_APART_S
        if place is not None and near and each.kind not in _KEPT:
            before = found[place]
            found[place] = replace(before, until_s=each.at_s, times=before.times + 1)
            continue
        last[key] = len(found)
        found.append(each)
    return found


def _fewer(told: Sequence[Happening]) -> list[Happening]:
    """The gravest kinds first, each in the order of time, and one line for the rest."""
    ranks = {"fault": 0, "mark": 0, "breaker": 1, "phase": 1, "instance": 2}
    by_rank = sorted(range(len(told)), key=lambda at: (ranks.get(told[at].kind, 3), at))
    kept = sorted(by_rank[: MOST_HAPPENINGS - 1])
    left = [told[at] for at in sorted(by_rank[MOST_HAPPENINGS - 1 :])]
    rest = Happening(
        at_s=left[0].at_s,
        until_s=left[-1].at_s,
        what=f"{len(left):,} more events",
        detail="in timeline.ndjson",
        kind="more",
    )
    return [*(told[at] for at in kept), rest]
