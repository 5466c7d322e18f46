"""Delay requests on an edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.on_connections import OnConnections
from harness.targets.records import EdgeFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency(OnConnections):
    """`latency_ms`, give or take `jitter_ms`, for `percent` of the requests.

    On a tcp edge: for all bytes of `percent` of the connections, by default those to the server.
    """

    name: ClassVar[str] = "latency"
    latency_ms: float
    jitter_ms: float = 0.0

    def effect(self) -> EdgeFault:
        """The delay."""
        return EdgeFault(
            kind="latency",
            latency_ms=self.latency_ms,
            jitter_ms=self.jitter_ms,
            percent=self.percent,
            connections=self.connections,
            direction=self.direction,
        )
