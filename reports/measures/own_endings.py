"""Instances that ended although no fault was on them or on their service as a whole."""

from __future__ import annotations

from collections.abc import Iterable

from harness.timeline import Event
from reports.measures.struck import Struck, instance_of


def ended_by_itself(
    events: Iterable[Event], struck: Struck, t0_mono_ns: int, end_s: float
) -> int | None:
    """How many instances, each counted once; None where the target told of no instance.

    An end before the run's zero or after `end_s` does not count: the system is being started or
    stopped then. An instance that a fault struck counts if it ends after that fault is gone.
    """
    told = [event for event in events if event.source == "target" and event.kind == "instance"]
    if not told:
        return None
    down = (e for e in told if e.data.get("state") == "down" and 0 <= e.at_s(t0_mono_ns) <= end_s)
    return len({instance_of(e) for e in down if not struck.while_on(e, t0_mono_ns)})
