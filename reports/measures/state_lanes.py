"""Breakers and instances over time; a lane with nothing to tell is left out."""

from __future__ import annotations

from collections.abc import Iterable

from harness.timeline import Event
from reports.measures.page_model import Lane, Span


def lanes(events: Iterable[Event], t0_mono_ns: int, end_s: float) -> tuple[Lane, ...]:
    """One lane a breaker (edge and the instance that owns it), an instance, a proxy's view."""
    changes: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for event in events:
        told = _told(event)
        if told:
            name, usual, state = told
            changes.setdefault((usual, name), []).append((event.at_s(t0_mono_ns), state))
    found = [
        Lane(name=name, usual=usual, spans=_spans(told_at, usual, end_s))
        for (usual, name), told_at in sorted(changes.items(), key=lambda it: _rank(*it[0]))
    ]
    return tuple(lane for lane in found if any(s.state != lane.usual for s in lane.spans))


def _rank(usual: str, name: str) -> tuple[int, str]:
    """Breakers, then instances, then what a proxy saw."""
    return {"closed": 0, "ready": 1}.get(usual, 2), name


def _told(event: Event) -> tuple[str, str, str] | None:
    if event.source == "service" and event.kind == "breaker":
        state = str(event.data.get("after", "")).replace("_", "-")
        return f"breaker {event.name} {event.target}", "closed", state
    if event.source == "service" and event.kind == "health":
        by = event.data.get("by", "proxy")
        return f"{event.target} seen by {by}", "healthy", str(event.data.get("state", ""))
    if event.source == "target" and event.kind == "instance":
        return event.target or event.name, "ready", str(event.data.get("state", ""))
    return None


def _spans(told_at: list[tuple[float, str]], usual: str, end_s: float) -> tuple[Span, ...]:
    state, since, spans = usual, 0.0, []
    for at_s, after in told_at:
        if at_s > since:
            if at_s >= end_s:
                break
            if after != state:
                spans.append(Span(begin_s=since, end_s=at_s, state=state))
                since = at_s
        state = after
    spans.append(Span(begin_s=since, end_s=end_s, state=state))
    return tuple(spans)
