"""The message after a stopped run: its faults, its end, its folder."""

from __future__ import annotations

from harness.errors import StoredRunError
from harness.run.guard import Ending
from harness.store import RunFolder
from harness.timeline import Event, read_timeline

_BEGUN = ("asked", "injected", "verified", "unproven")


def said_of(ending: Ending) -> str:
    """Which fault was undone, what was proven at the end, and where the partial run is.

    No more is said than was proven: `ending` has looked at what is left.
    """
    if ending.folder is None:
        return ending.outcome
    where = f"the partial run is in {ending.folder.root} and is not judged"
    if not ending.clean:
        return f"{ending.outcome}; {where}"
    return f"{ending.outcome} ({_faults(ending.folder)}); {where}"


def _faults(folder: RunFolder) -> str:
    try:
        events = [event for event in read_timeline(folder.timeline) if event.source == "fault"]
    except (StoredRunError, OSError):
        return "its timeline cannot be read"
    asked = {_name(event): event for event in events if event.kind in _BEGUN}
    if not asked:
        return "no fault was on"
    gone = {_name(event) for event in events if event.kind == "verified_undone"}
    told = [f"{name} was undone{' and proven gone' if name in gone else ''}" for name in asked]
    return ", ".join(told)


def _name(event: Event) -> str:
    return f"the fault {event.name.replace('_', ' ')} of {event.target}"
