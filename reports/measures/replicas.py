"""Services whose number of instances was changed in the run: wanted and ready, over time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.timeline import Event
from reports.measures.page_model import Lane, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """One service. Times are seconds since the run's zero; None: it did not happen.

    `counts`: from when on how many were wanted and ready. `first_ready_s`: the first instance that
    became ready after more were wanted. `back_s`: when no more were wanted than at first. `turns`:
    how often the wanted number changed its direction.
    """

    service: str
    before: int
    most: int
    counts: tuple[tuple[float, int, int], ...]
    asked_s: float | None
    first_ready_s: float | None
    back_s: float | None
    turns: int

    @property
    def last(self) -> int:
        """How many were wanted at the end."""
        return self.counts[-1][1]


def scalings(events: Iterable[Event], t0_mono_ns: int) -> tuple[Scaling, ...]:
    """One for each service with an event `scaled`, by name."""
    told = [e for e in events if e.source == "target" and e.kind in ("scaled", "instance")]
    names = sorted({e.name for e in told if e.kind == "scaled"})
    return tuple(_scaling(name, told, t0_mono_ns) for name in names)


def replica_lanes(found: Iterable[Scaling], end_s: float) -> tuple[Lane, ...]:
    """A lane for each: `3 of 4` instances are ready."""
    return tuple(Lane(name=f"{s.service} ready", usual="", spans=_spans(s, end_s)) for s in found)


def described(one: Scaling) -> str:
    """A sentence for a person."""
    said = f"{one.service} had {one.before} instances, at most {one.most}, {one.last} at the end"
    if one.asked_s is not None:
        said += f"; more were asked for at {one.asked_s:.1f} s"
        if one.first_ready_s is None:
            said += " and none became ready"
        else:
            said += f" and the first one was ready {one.first_ready_s - one.asked_s:.1f} s later"
    if one.back_s is not None:
        said += f"; back to {one.before} at {one.back_s:.1f} s"
    return f"{said}; the direction changed {one.turns} times."


def _scaling(service: str, told: Sequence[Event], t0_mono_ns: int) -> Scaling:
    ours = [e for e in told if _service(e) == service]
    scaled = [e for e in ours if e.kind == "scaled"]
    wanted = [_number(scaled[0], "before"), *(_number(e, "replicas") for e in scaled)]
    asked = next((e for e in scaled if _number(e, "replicas") > _number(e, "before")), None)
    asked_s = None if asked is None else asked.at_s(t0_mono_ns)
    back = next((e for e in scaled if e is not asked and _is_back(e, wanted[0])), None)
    return Scaling(
        service=service,
        before=wanted[0],
        most=max(wanted),
        counts=_counts(ours, wanted[0], t0_mono_ns),
        asked_s=asked_s,
        first_ready_s=None if asked is None else _first_ready_s(ours, asked, t0_mono_ns),
        back_s=None if back is None or asked is None else back.at_s(t0_mono_ns),
        turns=_turns(wanted),
    )


def _is_back(event: Event, before: int) -> bool:
    return _number(event, "replicas") <= before < _number(event, "before")


def _counts(
    ours: Sequence[Event], wanted: int, t0_mono_ns: int
) -> tuple[tuple[float, int, int], ...]:
    ready: set[str] = set()
    counts: list[tuple[float, int, int]] = []
    for event in ours:
        if event.kind == "scaled":
            wanted = _number(event, "replicas")
        elif event.data.get("state") == "ready":
            ready.add(_uid(event))
        else:
            ready.discard(_uid(event))
        counts.append((event.at_s(t0_mono_ns), wanted, len(ready)))
    return tuple(counts)


def _first_ready_s(ours: Sequence[Event], asked: Event, t0_mono_ns: int) -> float | None:
    known = {_uid(e) for e in ours if e.kind == "instance" and e.mono_ns < asked.mono_ns}
    for event in ours:
        is_ready = event.kind == "instance" and event.data.get("state") == "ready"
        if is_ready and event.mono_ns >= asked.mono_ns and _uid(event) not in known:
            return event.at_s(t0_mono_ns)
    return None


def _turns(wanted: Sequence[int]) -> int:
    steps = [b - a for a, b in itertools.pairwise(wanted) if a != b]
    return sum(a * b < 0 for a, b in itertools.pairwise(steps))


def _spans(one: Scaling, end_s: float) -> tuple[Span, ...]:
    spans: list[Span] = []
    ends = [*(at for at, _, _ in one.counts[1:]), end_s]
    for (at_s, wanted, ready), until_s in zip(one.counts, ends, strict=True):
        begin, end = max(at_s, 0.0), min(until_s, end_s)
        state = f"{ready} of {wanted}"
        if end <= begin:
            continue
        if spans and spans[-1].state == state:
            begin = spans.pop().begin_s
        spans.append(Span(begin_s=begin, end_s=end, state=state))
    return tuple(spans)


def _service(event: Event) -> str:
    return event.name if event.kind == "scaled" else str(event.data.get("service", ""))


def _uid(event: Event) -> str:
    return str(event.data.get("uid", event.name))


def _number(event: Event, key: str) -> int:
    value = event.data.get(key, 0)
    return value if isinstance(value, int) else 0
