"""Close connections of an edge after a number of bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.on_connections import OnConnections
from harness.targets.records import EdgeFault


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitData(OnConnections):
    """Each direction passes `limit_bytes`; the first to reach them closes both."""

    name: ClassVar[str] = "limit_data"
    limit_bytes: int

    def effect(self) -> EdgeFault:
        """The limit."""
        return EdgeFault(
            kind="limit_data",
            limit_bytes=int(self.limit_bytes),
            percent=self.percent,
            connections=self.connections,
            direction=self.direction,
        )
