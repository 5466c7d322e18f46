"""End connections of an edge with RST, at both ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.on_connections import OnConnections
from harness.targets.records import EdgeFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset(OnConnections):
    """RST `after_ms` after the fault is set, or after the connection is accepted."""

    name: ClassVar[str] = "reset"
    after_ms: float = 0.0

    def effect(self) -> EdgeFault:
        """The reset."""
        return EdgeFault(
            kind="reset",
            after_ms=self.after_ms,
            percent=self.percent,
            connections=self.connections,
            direction=self.direction,
        )
