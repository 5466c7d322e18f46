"""Hold all that an edge carries, until the fault is undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.on_connections import OnConnections
from harness.targets.records import EdgeFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition(OnConnections):
    """`edge` passes nothing on and closes nothing: callers wait."""

    name: ClassVar[str] = "partition"

    def effect(self) -> EdgeFault:
        """The black hole."""
        return EdgeFault(
            kind="blackhole",
            percent=self.percent,
            connections=self.connections,
            direction=self.direction,
        )
