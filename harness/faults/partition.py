"""Swallow all that an edge carries, both ways, until it heals: nobody is told, everybody waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.on_edge import OnEdge
from harness.targets.base import EdgeFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition(OnEdge):
    """`edge` is a black hole."""

    name: ClassVar[str] = "partition"

    def effect(self) -> EdgeFault:
        """What the edge shall do to its traffic."""
        return EdgeFault(kind="blackhole")
