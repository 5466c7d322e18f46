"""When the system itself first noticed a fault."""

from __future__ import annotations

from collections.abc import Iterable

from harness.timeline import Event
from reports.measures.phases import breaker_state, fault_window
from reports.measures.struck import Struck


def detected_s(events: Iterable[Event], struck: Struck, t0: int, end_s: float) -> float | None:
    """When a breaker opened, an alert came, or health was lost first.

    An instance that a fault has struck does not count: that is the fault itself. Nor does an event
    after `end_s`: then the system is being stopped. Whoever noticed between the asking
    and f0, when the fault was proven, noticed at f0.
    """
    begun = fault_window(struck.lives)
    if begun is None:
        return None
    noticed = (e.at_s(t0) for e in events if _notices(e, struck))
    first_s = next((at_s for at_s in noticed if begun.asked_s <= at_s <= end_s), None)
    return None if first_s is None else max(first_s, begun.begin_s)


def _notices(event: Event, struck: Struck) -> bool:
    if event.kind == "alert":
        return True
    if event.kind == "breaker":
        return breaker_state(event) == "open"
    if event.kind == "health":
        return event.data.get("state") == "unhealthy"
    lost = event.data.get("state") in ("unready", "down")
    return event.kind == "instance" and lost and not struck.by_a_fault(event)
