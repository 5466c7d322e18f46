"""What a person sees while a run is on: the pure model behind the view, fed by a follower."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from harness.experiment import Terms
from harness.load.records import Attempt, Outcome
from harness.timeline import Event, Scalar

WINDOW_S: Final = 2.0
_US: Final = 1_000_000
_SPARKS: Final = "▁▂▃▄▅▆▇█"
_FAULT_WORDS: Final = {
    "asked": "asked for",
    "injected": "injected, proof awaited",
    "verified": "VERIFIED",
    "undone": "undone, proof awaited",
    "verified_undone": "undone and proven",
    "unproven": "NOT PROVEN",
    "undo_failed": "UNDO FAILED",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The figures of the last `WINDOW_S` seconds, by the end of the attempts."""

    due_per_s: float
    good_ratio: float | None
    slow_per_s: float
    failed_per_s: float
    latency_ms_p95: float | None
    attempts_per_intent: float | None
    unknown: int


@dataclass(slots=True, kw_only=True)
class LiveModel:
    """All that the view shows; `feed` it, then read it."""

    terms: Terms
    t0_mono_ns: int
    due_us: list[int]
    faults: dict[str, str] = field(default_factory=dict)
    breakers: dict[str, str] = field(default_factory=dict)
    instances: dict[str, str] = field(default_factory=dict)
    events: deque[str] = field(default_factory=lambda: deque(maxlen=5))
    phase: str = "start"
    _recent: deque[tuple[float, Attempt]] = field(default_factory=deque)
    _unknown: set[int] = field(default_factory=set)
    _ended: int = 0
    _good: int = 0

    def feed(self, events: Iterable[Event], attempts: Iterable[Attempt]) -> None:
        """Take in what is new."""
        for event in events:
            self._take_event(event)
        for attempt in attempts:
            ended_s = (attempt.due_us + attempt.late_us + attempt.took_us) / _US
            self._recent.append((ended_s, attempt))
            self._ended += 1
            self._good += self._is_good(attempt)
            if attempt.outcome is Outcome.INFO:
                self._unknown.add(attempt.intent)
            else:
                self._unknown.discard(attempt.intent)

    def now(self, at_s: float) -> Now:
        """The figures at that second of the run."""
        while self._recent and self._recent[0][0] < at_s - WINDOW_S:
            self._recent.popleft()
        last = [attempt for _, attempt in self._recent]
        took_ms = sorted((a.late_us + a.took_us) / 1000 for a in last)
        ok = [a for a in last if a.outcome is Outcome.OK]
        good = [a for a in ok if self._is_good(a)]
        return Now(
            due_per_s=self._due(at_s - WINDOW_S, at_s) / WINDOW_S,
            good_ratio=len(good) / len(last) if last else None,
            slow_per_s=(len(ok) - len(good)) / WINDOW_S,
            failed_per_s=(len(last) - len(ok)) / WINDOW_S,
            latency_ms_p95=took_ms[int(len(took_ms) * 0.95)] if last else None,
            attempts_per_intent=len(last) / len({a.intent for a in last}) if last else None,
            unknown=len(self._unknown),
        )

    @property
    def good_so_far(self) -> float | None:
        """The share of all ended attempts that were good."""
        return self._good / self._ended if self._ended else None

    def spark(self, at_s: float, cells: int = 24) -> str:
        """The scheduled rate of the last `cells` windows, as a line of blocks."""
        starts = [at_s - WINDOW_S * (cells - i) for i in range(cells)]
        counts = [self._due(start, start + WINDOW_S) for start in starts]
        highest = max([*counts, 1])
        return "".join(_SPARKS[min(7, count * 8 // (highest + 1))] for count in counts)

    def _is_good(self, attempt: Attempt) -> bool:
        in_time = (attempt.late_us + attempt.took_us) / 1000 <= self.terms.good.latency_ms
        return in_time and attempt.outcome is Outcome.OK

    def _due(self, begin_s: float, end_s: float) -> int:
        begin, end = (bisect_left(self.due_us, s * _US) for s in (begin_s, end_s))
        return end - begin

    def _take_event(self, event: Event) -> None:
        if event.source == "fault" and event.kind == "held" and event.data.get("on") is not False:
            return  # one of many samples, with nothing to report
        if event.source == "run" and event.kind == "phase":
            self.phase = event.name
        elif event.source == "fault":
            word = _FAULT_WORDS.get(event.kind, event.kind)
            at = f"{event.at_s(self.t0_mono_ns):.1f} s"
            self.faults[f"{event.name} {event.target}"] = f"{word} at {at}"
        elif event.source == "mark":
            word = {"start": "marked", "end": "ended"}.get(event.kind, event.kind)
            self.faults[event.name] = f"{word} at {event.at_s(self.t0_mono_ns):.1f} s"
        elif event.kind == "breaker":
            self.breakers[f"{event.name} ({event.target})"] = str(event.data.get("after"))
        elif event.kind == "instance":
            self.instances[event.name] = str(event.data.get("state"))
        if event.source in ("fault", "service", "target"):
            self.events.appendleft(describe(event, self.t0_mono_ns))


def describe(event: Event, t0_mono_ns: int) -> str:
    """One event in one line."""
    shown: dict[str, Scalar] = {k: v for k, v in event.data.items() if k != "fault_id"}
    said = " ".join(f"{k}={v}" for k, v in list(shown.items())[:3])
    subject = " ".join(part for part in (event.name, event.target) if part)
    return f"{event.at_s(t0_mono_ns):6.1f} {event.kind} {subject} {said}".rstrip()


def states_in_words(states: dict[str, str]) -> str:
    """`ledger-1 DOWN   ledger-2 ready`: an instance that is not ready is in capitals."""
    calm = {"ready", "closed", "stopped"}
    return "   ".join(f"{k} {v if v in calm else v.upper()}" for k, v in states.items())
