"""The role of whoever carries an edge's traffic: set its fault, take it away, count."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from harness.targets.base import EdgeFault


class Counts(NamedTuple):
    """Requests (tcp: chunks) since the system's start: all, hit by a fault, and open to one."""

    requests: int = 0
    hits: int = 0
    exposed: int = 0

    def plus(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(
            self.requests + other.requests, self.hits + other.hits, self.exposed + other.exposed
        )


class EdgeSeen(NamedTuple):
    """One edge as its owner sees it: the fault is the one that works, not the one wished for."""

    counts: Counts
    fault: EdgeFault | None = None


class EdgeOwner(Protocol):
    """Each method raises TargetError when the owner does not answer in time."""

    async def set_fault(self, edge: str, fault: EdgeFault, lease_s: float) -> None:
        """Make it the edge's only fault; returns when it works."""

    async def clear(self, edge: str) -> None:
        """Take any fault away; returns when it has gone."""

    async def renew(self, edge: str, lease_s: float) -> None:
        """Prolong the owner's own lease, if it keeps one."""

    async def look(self) -> dict[str, EdgeSeen]:
        """Each of its edges, now."""


class Carried:
    """Counters that go on where they were when the process that counts starts anew."""

    def __init__(self) -> None:
        self._before: dict[str, Counts] = {}
        self._last: dict[str, Counts] = {}

    def total(self, edge: str, now: Counts) -> Counts:
        """The count since the system's start, given the process's own."""
        last = self._last.get(edge, Counts())
        if now.requests < last.requests or now.hits < last.hits:
            self._before[edge] = self._before.get(edge, Counts()).plus(last)
        self._last[edge] = now
        return self._before.get(edge, Counts()).plus(now)
