"""Instances that ended although no fault was on them or on their service."""

from __future__ import annotations

from collections.abc import Iterable

from harness.timeline import Event
from reports.measures.phases import FaultLife


def ended_by_itself(
    events: Iterable[Event], lives: tuple[FaultLife, ...], t0_mono_ns: int, end_s: float
) -> int | None:
    """How many instances, each counted once; None where the target told of no instance.

    What ends before the run's zero or after `end_s` does not count: the system is being started or
    stopped then.
    """
    told = [event for event in events if event.source == "target" and event.kind == "instance"]
    if not told:
        return None
    struck = {life.target for life in lives}
    down = (e for e in told if e.data.get("state") == "down" and 0 <= e.at_s(t0_mono_ns) <= end_s)
    return len({e.name for e in down if not _struck(e.name, struck)})


def _struck(instance: str, struck: set[str]) -> bool:
    """An instance by its name, or a service of which it is one."""
    return any(instance == one or instance.startswith(f"{one}-") for one in struck)
