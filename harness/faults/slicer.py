"""Pass bytes of an edge on in small slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.on_connections import OnConnections
from harness.targets.records import EdgeFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Slicer(OnConnections):
    """Slices of `average_bytes` give or take `variation_bytes`, `gap_ms` apart."""

    name: ClassVar[str] = "slicer"
    average_bytes: int
    variation_bytes: int = 0
    gap_ms: float = 0.0

    def effect(self) -> EdgeFault:
        """The slices."""
        return EdgeFault(
            kind="slicer",
            average_bytes=int(self.average_bytes),
            variation_bytes=int(self.variation_bytes),
            gap_ms=self.gap_ms,
            percent=self.percent,
            connections=self.connections,
            direction=self.direction,
        )
