"""The timeline: the events of a run, written by their authors as lines of one file, on one clock.

Several processes append to one file (O_APPEND, one write a line), so the order of lines is that
of writing, and the order of events is that of `mono_ns`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import msgspec

from harness.clock import NS_PER_S, Clock
from harness.errors import StoredRunError
from harness.figure_ranges import Whole
from harness.files.undecodable import UNDECODABLE

Scalar = str | Whole | float | bool | None


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line. `source` says who saw it, `kind` what, `name` and `target` of what.

    source   kind                                             name          target
    run      phase                                            phase's name
    fault    asked injected verified undone verified_undone   fault's kind  instance or edge
             unproven undo_failed
             held (data: on, and what faults/base.py lists)
    target   instance (data: state, pid), lease_expired,      instance or edge
             fault_set_again
    service  breaker (data: before, after) and the other      edge, ...     instance
             kinds that system.yaml lists under `events`;
             health (data: state, why, by): Envoy's view     edge          instance
    mark     start end (harness/run/marking.py)               a person's words
    load     overload (data: peak_per_s, most_per_s)          worker-<w>
    """

    mono_ns: Whole  # what was before the machine's start is below zero
    wall_ns: Whole
    source: str
    kind: str
    name: str = ""
    target: str = ""
    data: dict[str, Scalar] = {}

    def at_s(self, t0_mono_ns: int) -> float:
        """Seconds since the run's zero."""
        return (self.mono_ns - t0_mono_ns) / NS_PER_S


class Timeline(Protocol):
    """Takes the events of a run."""

    def tell(self, source: str, kind: str, name: str = "", target: str = "", **data: Scalar) -> int:
        """Write one event now; returns its monotonic time in ns."""


class NoTimeline:
    """Drops all events."""

    def tell(self, source: str, kind: str, name: str = "", target: str = "", **data: Scalar) -> int:
        """Drop the event."""
        del source, kind, name, target, data
        return 0


class FileTimeline:
    """Appends to a file that other processes append to as well."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._fd = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)

    def tell(self, source: str, kind: str, name: str = "", target: str = "", **data: Scalar) -> int:
        """Write one event now; returns its monotonic time in ns."""
        now = self._clock.monotonic_ns()
        self.append(
            Event(
                mono_ns=now,
                wall_ns=self._clock.wall_ns(),
                source=source,
                kind=kind,
                name=name,
                target=target,
                data=data,
            )
        )
        return now

    def append(self, event: Event) -> None:
        """Write an event that happened at its own time."""
        os.write(self._fd, msgspec.json.encode(event) + b"\n")

    def close(self) -> None:
        """Give the file back."""
        os.close(self._fd)


def read_timeline(path: Path) -> tuple[Event, ...]:
    """All events in the order of their time. Raises StoredRunError that names the bad line."""
    decode = msgspec.json.Decoder(Event).decode
    events = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            events.append(decode(line))
        except UNDECODABLE as error:
            raise StoredRunError(f"{path}:{number}: not an event: {error}") from error
    return tuple(sorted(events, key=lambda event: event.mono_ns))
