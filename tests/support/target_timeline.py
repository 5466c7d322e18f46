"""A timeline that keeps its events in memory."""

from __future__ import annotations

import time

from harness.timeline import Event, Scalar


class HeardTimeline:
    """Keeps events in the order of their telling."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def tell(self, source: str, kind: str, name: str = "", target: str = "", **data: Scalar) -> int:
        now = time.monotonic_ns()
        self.append(
            Event(
                mono_ns=now,
                wall_ns=time.time_ns(),
                source=source,
                kind=kind,
                name=name,
                target=target,
                data=data,
            )
        )
        return now

    def append(self, event: Event) -> None:
        self.events.append(event)

    def states(self, name: str) -> list[Scalar]:
        """The states that an instance went through."""
        return [e.data["state"] for e in self.events if e.kind == "instance" and e.name == name]
