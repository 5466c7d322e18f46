"""What a person sees while a run is on: the pure model behind the view, fed by a follower."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from harness.experiment import Terms
from harness.load.records import Attempt, Outcome
from harness.timeline import Event
from harness.view.live_good import LiveGood, Share
from harness.view.shown_instances import ShownInstances
from harness.view.told_events import ToldEvents

WINDOW_S: Final = 2.0
_US: Final = 1_000_000
_SPARKS: Final = "▁▂▃▄▅▆▇█"
CALM: Final = ("ready", "closed", "stopped")
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
    """Intents that were due in the last `WINDOW_S` decided seconds; attempts of the last ones."""

    due_per_s: float
    intents: Share
    attempts_per_intent: float | None
    unknown: int

    @property
    def good_ratio(self) -> float | None:
        """As in the verdict; None where nothing was due."""
        return self.intents.good_ratio


@dataclass(slots=True, kw_only=True)
class LiveModel:
    """All that the view shows; `feed` it, then read it."""

    terms: Terms
    t0_mono_ns: int
    due_us: list[int]
    faults: dict[str, str] = field(default_factory=dict)
    breakers: dict[str, str] = field(default_factory=dict)
    shown: ShownInstances = field(default_factory=ShownInstances)
    struck: set[str] = field(default_factory=set)
    told: ToldEvents = field(default_factory=ToldEvents)
    phase: str = "start"
    fault_s: float | None = None
    _good: LiveGood = field(init=False)
    _sent: deque[tuple[float, int]] = field(default_factory=deque)
    _unknown: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        """The experiment says when an intent is good."""
        good = self.terms.good
        self._good = LiveGood(
            due_us=self.due_us,
            limit_ms=good.latency_ms,
            target=good.target,
            from_s=self.terms.phases.warm_up_s,
        )

    def feed(self, events: Iterable[Event], attempts: Iterable[Attempt]) -> None:
        """Take in what is new."""
        for event in events:
            self._take_event(event)
        some = tuple(attempts)
        self._good.take(some)
        for attempt in some:
            sent_s = (attempt.due_us + attempt.late_us) / _US
            self._sent.append((sent_s, attempt.intent))
            if attempt.outcome is Outcome.INFO:
                self._unknown.add(attempt.intent)
            else:
                self._unknown.discard(attempt.intent)

    def now(self, at_s: float) -> Now:
        """The figures at that second of the run."""
        while self._sent and self._sent[0][0] < at_s - WINDOW_S:
            self._sent.popleft()
        self._good.move_to(at_s, self.fault_s)
        end_s = self._good.decided_s(at_s)
        shown = self._good.share(end_s - WINDOW_S, end_s)
        self._good.forget_before(end_s - 2 * WINDOW_S)
        intents = len({intent for _, intent in self._sent})
        return Now(
            due_per_s=self._due(at_s - WINDOW_S, at_s) / WINDOW_S,
            intents=shown,
            attempts_per_intent=len(self._sent) / intents if intents else None,
            unknown=len(self._unknown),
        )

    @property
    def instances(self) -> dict[str, str]:
        """The state of each instance by its name."""
        return self.shown.states

    @property
    def good_so_far(self) -> float | None:
        """The share of the decided intents since warm-up that were good."""
        return self._good.good / self._good.decided if self._good.decided else None

    @property
    def degraded_s(self) -> float:
        """How long fewer than the target were good, since the fault."""
        return self._good.degraded_s

    def spark(self, at_s: float, cells: int = 24) -> str:
        """The scheduled rate of the last `cells` windows, as a line of blocks."""
        starts = [at_s - WINDOW_S * (cells - i) for i in range(cells)]
        counts = [self._due(start, start + WINDOW_S) for start in starts]
        highest = max([*counts, 1])
        return "".join(_SPARKS[min(7, count * 8 // (highest + 1))] for count in counts)

    def _due(self, begin_s: float, end_s: float) -> int:
        begin, end = (bisect_left(self.due_us, s * _US) for s in (begin_s, end_s))
        return end - begin

    def _take_event(self, event: Event) -> None:
        if event.source == "fault" and event.kind == "held" and event.data.get("on") is not False:
            return  # one of many samples, with nothing to report
        at_s = event.at_s(self.t0_mono_ns)
        if event.source == "run" and event.kind == "phase":
            self.phase = event.name
        elif event.source == "fault":
            self._take_fault(event, at_s)
        elif event.source == "mark":
            word = {"start": "marked", "end": "ended"}.get(event.kind, event.kind)
            self.faults[event.name] = f"{word} at {at_s:.1f} s"
            self.fault_s = at_s if self.fault_s is None else self.fault_s
        elif event.kind == "breaker":
            self.breakers[f"{event.name} ({event.target})"] = str(event.data.get("after"))
        elif event.kind == "instance":
            self.shown.take(event)
        if event.source in ("fault", "service", "target", "mark"):
            self.told.add(event, at_s)

    def _take_fault(self, event: Event, at_s: float) -> None:
        word = _FAULT_WORDS.get(event.kind, event.kind)
        self.faults[f"{event.name} {event.target}"] = f"{word} at {at_s:.1f} s"
        self.struck.add(event.target)
        if event.kind == "verified" and self.fault_s is None:
            self.fault_s = at_s


def in_words(name: str, state: str) -> str:
    """`ledger-1 DOWN`, `ledger-2 ready`: a state that is not usual is in capitals."""
    return f"{name} {state if state in CALM else state.replace('_', '-').upper()}"
