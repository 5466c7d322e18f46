"""Limit the rate of connections of an edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.on_connections import OnConnections
from harness.targets.records import EdgeFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Bandwidth(OnConnections):
    """At most `kbytes_per_s` on each chosen connection, each direction by itself."""

    name: ClassVar[str] = "bandwidth"
    kbytes_per_s: float

    def effect(self) -> EdgeFault:
        """The rate limit."""
        return EdgeFault(
            kind="bandwidth",
            kbytes_per_s=self.kbytes_per_s,
            percent=self.percent,
            connections=self.connections,
            direction=self.direction,
        )
