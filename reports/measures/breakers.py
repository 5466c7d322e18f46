"""What breakers did that no breaker should: open without a fault, let a crowd of probes through.

A service writes an event `breaker` for each change of state, with `before` and `after`; one that
leaves half-open also says `probes`, the most calls that it had under way at once in that state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from harness.timeline import Event
from reports.measures.phases import FaultLife

BREAKER: Final = "breaker"


def opened_by_itself(
    events: Iterable[Event], lives: tuple[FaultLife, ...], t0_mono_ns: int, end_s: float
) -> int:
    """How often a breaker opened before any fault was asked for; without a fault: in the run."""
    asked = (life.at_s["asked"] for life in lives if "asked" in life.at_s)
    until_s = min([end_s, *asked])
    told = _of_breakers(events, t0_mono_ns, until_s)
    return sum(_state(event, "after") == "open" for event in told)


def half_open_calls_max(events: Iterable[Event], t0_mono_ns: int, end_s: float) -> int | None:
    """The most calls at once through a breaker that was half-open; None without such an event."""
    told = (
        event.data.get("probes")
        for event in _of_breakers(events, t0_mono_ns, end_s)
        if _state(event, "before") == "half-open"
    )
    counts = [one for one in told if isinstance(one, int) and not isinstance(one, bool)]
    return max(counts, default=None)


def _of_breakers(events: Iterable[Event], t0_mono_ns: int, end_s: float) -> Iterator[Event]:
    """From the run's zero on: before it the system is being started."""
    return (e for e in events if e.kind == BREAKER and 0 <= e.at_s(t0_mono_ns) <= end_s)


def _state(event: Event, when: str) -> str:
    return str(event.data.get(when, "")).replace("_", "-")
