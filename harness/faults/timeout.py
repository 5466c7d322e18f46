"""Pass nothing on and close the connection after a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.on_connections import OnConnections
from harness.targets.records import EdgeFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeout(OnConnections):
    """Bytes are held for `timeout_ms`, then both sides are closed and the bytes are lost."""

    name: ClassVar[str] = "timeout"
    timeout_ms: float

    def effect(self) -> EdgeFault:
        """The wait and the close."""
        return EdgeFault(
            kind="timeout",
            timeout_ms=self.timeout_ms,
            percent=self.percent,
            connections=self.connections,
            direction=self.direction,
        )
