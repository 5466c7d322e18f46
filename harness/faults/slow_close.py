"""Pass the end of connections of an edge on late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.on_connections import OnConnections
from harness.targets.records import EdgeFault


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowClose(OnConnections):
    """FIN and RST wait `delay_ms`; bytes do not."""

    name: ClassVar[str] = "slow_close"
    delay_ms: float

    def effect(self) -> EdgeFault:
        """The delay of the end."""
        return EdgeFault(
            kind="slow_close",
            delay_ms=self.delay_ms,
            percent=self.percent,
            connections=self.connections,
            direction=self.direction,
        )
