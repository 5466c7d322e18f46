"""What is good in a run that is on, by the verdict's own meaning: an intent, not an attempt.

An intent is good when its last answer was ok, within the latency limit from its intended start. So
it is decided when that time is over, and the figures are as much behind as the limit is long.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from harness.load.records import Attempt, Outcome

_US: Final = 1_000_000
_SEEN_LATE_S: Final = 0.25  # the view reads the files of the load four times a second
SLICE_S: Final = 0.5


@dataclass(slots=True)
class _Last:
    """The latest attempt of an intent."""

    ended_us: int
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How the intents of a stretch of time went; `waiting`: no answer so far."""

    due: int
    good: int
    slow: int
    failed: int
    waiting: int
    latency_ms_p95: float | None

    @property
    def good_ratio(self) -> float | None:
        """None where nothing was due."""
        return self.good / self.due if self.due else None


@dataclass(slots=True, kw_only=True)
class LiveGood:
    """Takes attempts; `due_us` has the intended start of each intent."""

    due_us: Sequence[int]
    limit_ms: float
    target: float
    from_s: float = 0.0
    degraded_s: float = 0.0
    good: int = 0
    decided: int = 0
    _last: dict[int, _Last] = field(default_factory=dict)
    _until_s: float = 0.0

    def take(self, attempts: Iterable[Attempt]) -> None:
        """The latest answer of each intent counts."""
        for one in attempts:
            ended_us = one.due_us + one.late_us + one.took_us
            before = self._last.get(one.intent)
            if before is None or ended_us >= before.ended_us:
                self._last[one.intent] = _Last(ended_us, one.outcome)

    def decided_s(self, at_s: float) -> float:
        """Until when the intents that were due are decided."""
        return at_s - self.limit_ms / 1000 - _SEEN_LATE_S

    def share(self, begin_s: float, end_s: float) -> Share:
        """Of the intents that were due in that time."""
        first, stop = self._places(begin_s, end_s)
        good = slow = failed = waiting = 0
        took_ms = []
        for intent in range(first, stop):
            last = self._last.get(intent)
            if last is None:
                waiting += 1
            elif last.outcome is not Outcome.OK:
                failed += 1
            else:
                took_ms.append((last.ended_us - self.due_us[intent]) / 1000)
                if took_ms[-1] <= self.limit_ms:
                    good += 1
                else:
                    slow += 1
        took_ms.sort()
        return Share(
            due=stop - first,
            good=good,
            slow=slow,
            failed=failed,
            waiting=waiting,
            latency_ms_p95=took_ms[int(len(took_ms) * 0.95)] if took_ms else None,
        )

    def move_to(self, at_s: float, fault_s: float | None) -> None:
        """Decide what can be decided: good so far, and the degraded time since the fault."""
        end_s = self.decided_s(at_s)
        while self._until_s + SLICE_S <= end_s:
            begin_s, self._until_s = self._until_s, self._until_s + SLICE_S
            if self._until_s <= self.from_s:
                continue
            found = self.share(begin_s, self._until_s)
            self.good, self.decided = self.good + found.good, self.decided + found.due
            ratio = found.good_ratio
            is_bad = ratio is not None and ratio < self.target
            if is_bad and fault_s is not None and self._until_s > fault_s:
                self.degraded_s += SLICE_S

    def forget_before(self, at_s: float) -> None:
        """Drop answers that no figure needs any more, so that memory stays small."""
        stop = self._places(0.0, at_s)[1]
        if len(self._last) > 2 * max(len(self.due_us) - stop, 1_000):
            self._last = {i: last for i, last in self._last.items() if i >= stop}

    def _places(self, begin_s: float, end_s: float) -> tuple[int, int]:
        first = bisect_left(self.due_us, max(begin_s, 0.0) * _US)
        return first, bisect_left(self.due_us, max(end_s, 0.0) * _US)
