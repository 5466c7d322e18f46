"""The knee of a rising load: the highest rate that a system carried, from windows of time; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from harness.campaigns.compare.matrix import Knee

# Fewer arrivals have no 99th percentile: one of them would be it.
LEAST_ARRIVALS: Final = 20
# One window that misses a limit is a stray; this number of them in a row is the knee.
IN_A_ROW: Final = 2


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a ramp. `p99_ms` null: more than 1 % never ended ok.

    `delivered`: the generator started its arrivals in time; else the window says nothing.
    """

    begin_s: float
    end_s: float
    arrivals: int
    p99_ms: float | None
    attempts_per_intent: float
    delivered: bool = True

    @property
    def rate_per_s(self) -> float:
        """Arrivals per second that were offered."""
        return self.arrivals / max(self.end_s - self.begin_s, 1e-9)


class KneeFound(msgspec.Struct, frozen=True, kw_only=True):
    """The knee. `at_least`: the ramp ended, or the generator could not follow, before it.

    `begin_s` to `end_s`: the first windows that missed a limit, or the one with the highest rate:
    there the resource that saturates shows.
    """

    rate_per_s: float
    at_least: bool
    begin_s: float
    end_s: float
    why: str


def knee_of(windows: Sequence[Window], limits: Knee) -> KneeFound | None:
    """The highest rate before the limits are missed continuously; None: no window can be judged."""
    judged = [window for window in windows if window.arrivals >= LEAST_ARRIVALS]
    reached: list[Window] = []
    for place, window in enumerate(judged):
        if not window.delivered:
            return _found(reached, window, at_least=True, why="the generator was late")
        why, row = _missed(window, limits), judged[place : place + IN_A_ROW]
        if why and len(row) == IN_A_ROW and all(_ends(one, limits) for one in row[1:]):
            return _found(reached, row[-1], at_least=False, why=why, first=window)
        if not why:
            reached.append(window)
    if not judged:
        return None
    highest = max(judged, key=lambda window: window.rate_per_s)  # a load may fall after its ramp
    return _found(reached, highest, at_least=True, why="the ramp ended before the knee")


def _ends(window: Window, limits: Knee) -> bool:
    """Whether a window after one that missed a limit shows that it was no stray."""
    return not window.delivered or bool(_missed(window, limits))


def _missed(window: Window, limits: Knee) -> str:
    if window.p99_ms is None or window.p99_ms > limits.p99_ms:
        seen = "more than 1 % failed" if window.p99_ms is None else f"p99 {window.p99_ms:.0f} ms"
        return f"{seen} at {window.rate_per_s:.0f}/s"
    if window.attempts_per_intent >= limits.attempts_per_intent:
        return f"{window.attempts_per_intent:.2f} attempts per intent at {window.rate_per_s:.0f}/s"
    return ""


def _found(
    reached: Sequence[Window],
    end: Window,
    *,
    at_least: bool,
    why: str,
    first: Window | None = None,
) -> KneeFound:
    return KneeFound(
        rate_per_s=round(max((one.rate_per_s for one in reached), default=0.0), 3),
        at_least=at_least,
        begin_s=(first or end).begin_s,
        end_s=end.end_s,
        why=why,
    )
