"""The last events of a run as lines: in the order of time, a fault's own kept, noise folded."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Final

from harness.timeline import Event, Scalar

_STAGES: Final = {"verified": "proven on", "verified_undone": "proven gone"}
_SKIPPED: Final = ("fault_id", "state", "after", "before", "by", "service", "instance")
_MOST_FACTS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line; `times` counts repetitions that were folded into it."""

    at_s: float
    text: str
    subject: str
    times: int = 1

    def __str__(self) -> str:
        """The line of text."""
        more = f" ({self.times} times)" if self.times > 1 else ""
        return f"{self.at_s:6.1f} s  {self.text}{more}"


@dataclass(slots=True)
class ToldEvents:
    """Keeps a fault's events apart, so that no noise pushes them out."""

    _faults: deque[Line] = field(default_factory=lambda: deque(maxlen=12))
    _others: deque[Line] = field(default_factory=lambda: deque(maxlen=60))

    def add(self, event: Event, at_s: float) -> None:
        """Take in one event; events before the load are dropped."""
        if at_s < 0:
            return
        is_fault = event.source in ("fault", "mark")
        line = Line(at_s=at_s, text=describe(event), subject=_subject(event))
        kept = self._faults if is_fault else self._others
        place = None if is_fault else self._noise(line)
        if place is None:
            kept.append(line)
        else:
            times = kept[place].times + 1
            del kept[place]
            kept.append(replace(line, times=times))

    def last(self, count: int) -> list[str]:
        """At most `count` lines, the newest last; up to half of them are of faults."""
        faults = list(self._faults)[-max(1, count // 2) :] if count > 0 else []
        rest = count - len(faults)
        others = list(self._others)[-rest:] if rest > 0 else []
        return [str(line) for line in sorted([*faults, *others], key=lambda line: line.at_s)]

    def _noise(self, line: Line) -> int | None:
        """The place of a health report on the same subject; None for other events."""
        for place in range(len(self._others) - 1, -1, -1):
            if line.subject and self._others[place].subject == line.subject:
                return place
        return None


def describe(event: Event) -> str:
    """One event in words."""
    facts: dict[str, Scalar] = {k: v for k, v in event.data.items() if k not in _SKIPPED}
    said = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in list(facts.items())[:_MOST_FACTS])
    text = _what(event)
    return f"{text}  {said}" if said and event.source != "fault" else text


def _what(event: Event) -> str:
    if event.source == "fault":
        stage = _STAGES.get(event.kind, event.kind.replace("_", " "))
        return f"fault {event.name.replace('_', ' ')} {event.target}: {stage}"
    if event.kind == "breaker":
        state = str(event.data.get("after", "")).replace("_", "-").upper()
        return f"breaker {event.name} in {event.target}: {state}"
    if event.kind == "health":
        by = event.data.get("by", "a proxy")
        return f"{by} sees {event.target} {event.data.get('state', '')}"
    if event.kind == "instance":
        return f"{event.target or event.name} {event.data.get('state', '')}"
    subject = " ".join(part for part in (event.name, event.target) if part)
    return f"{event.kind.replace('_', ' ')} {subject}".rstrip()


def _subject(event: Event) -> str:
    """The key under which health reports are folded; empty: the event is not folded."""
    if event.kind != "health":
        return ""
    return f"{event.name} {event.target} {event.data.get('by', '')}"
