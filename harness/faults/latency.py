"""Delay requests on an edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.on_edge import OnEdge
from harness.targets.base import EdgeFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency(OnEdge):
    """`latency_ms`, give or take `jitter_ms`, added to `percent` of the requests."""

    name: ClassVar[str] = "latency"
    latency_ms: float
    jitter_ms: float = 0.0
    percent: float = 100.0

    def effect(self) -> EdgeFault:
        """What the edge shall do to its traffic."""
        return EdgeFault(
            kind="latency",
            latency_ms=self.latency_ms,
            jitter_ms=self.jitter_ms,
            percent=self.percent,
        )
