"""One fault that is on a TCP edge: which connections it has chosen, and what it has touched; pure.

A connection is chosen once, when the fault is set or when the connection is accepted, and stays
chosen. Of any n connections in a row `percent` of n are chosen, give or take one or two: the golden
ratio spreads the choice evenly and without a short period, and the seed moves it.
"""

from __future__ import annotations

import math
import random
from typing import Final

from harness.targets.edge_abilities import ability_of
from harness.targets.records import EdgeFault, FaultCount

_GOLDEN: Final = (math.sqrt(5) - 1) / 2
_PERCENT: Final = 100.0


class ActiveFault:
    """A fault with its counters, which go on from those of the fault in its slot before it."""

    __slots__ = ("_offset", "bytes", "connections", "draw", "fault", "hits", "offered", "over")

    def __init__(self, fault: EdgeFault, before: FaultCount) -> None:
        self.fault = fault
        self.draw = random.Random(f"{fault.seed}/{fault.name}").random
        self._offset = self.draw()
        self.hits, self.bytes = before.hits, before.bytes
        self.connections, self.offered = before.connections, before.offered
        self.over = False

    def choose(self) -> bool:
        """Whether the next connection is one of its own."""
        at = (self._offset + self.offered * _GOLDEN) % 1.0
        self.offered += 1
        chosen = at * _PERCENT < self.fault.percent
        self.connections += chosen
        return chosen

    def touch(self, length: int = 0) -> None:
        """Count a hit and its bytes."""
        self.hits += 1
        self.bytes += length

    def touches(self, *, from_caller: bool) -> bool:
        """Whether it touches bytes of that direction."""
        row = ability_of(self.fault.kind, "tcp")
        direction = self.fault.direction or (row and row.direction) or "both"
        return direction in ("both", "upstream" if from_caller else "downstream")

    def count(self) -> FaultCount:
        """The counters now."""
        return FaultCount(
            slot=self.fault.name,
            hits=self.hits,
            bytes=self.bytes,
            connections=self.connections,
            offered=self.offered,
        )
