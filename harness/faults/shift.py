"""Shift a share of an edge's requests to the second version of what is behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.on_edge import OnEdge
from harness.targets.records import EdgeFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift(OnEdge):
    """`percent` of the requests go to the second version."""

    name: ClassVar[str] = "shift"
    percent: float = 100.0

    def effect(self) -> EdgeFault:
        """What the edge has to do to its traffic."""
        return EdgeFault(kind="shift", percent=self.percent)
