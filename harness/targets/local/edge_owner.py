"""The role of the process that carries an edge's traffic: set its faults, take them away, count."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from harness.targets.records import EdgeFault, FaultCount


class EdgeSeen(NamedTuple):
    """One edge as its owner sees it: the faults are those that work, not those asked for."""

    requests: int = 0
    faults: tuple[EdgeFault, ...] = ()
    counts: tuple[FaultCount, ...] = ()
    error: str = ""


class EdgeOwner(Protocol):
    """Each method raises TargetError when the owner does not answer in time."""

    async def set_fault(self, edge: str, fault: EdgeFault, lease_s: float) -> None:
        """Put it on, in its slot; returns when it works."""

    async def clear(self, edge: str, slot: str = "") -> None:
        """Take the fault in that slot away, or all of them; returns when it has gone."""

    async def renew(self, edge: str, slot: str, lease_s: float) -> None:
        """Prolong the owner's own lease, if it keeps one."""

    async def look(self) -> dict[str, EdgeSeen]:
        """Each of its edges, now."""


class Carried:
    """Counters that go on where they were when the process that counts starts again."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[int, ...]] = {}
        self._last: dict[str, tuple[int, ...]] = {}

    def total(self, key: str, now: tuple[int, ...]) -> tuple[int, ...]:
        """The counts since the system's start, given the process's own."""
        zero = (0,) * len(now)
        last, before = self._last.get(key, zero), self._before.get(key, zero)
        if any(count < counted for count, counted in zip(now, last, strict=True)):
            before = self._before[key] = _sum(before, last)
        self._last[key] = now
        return _sum(before, now)


def _sum(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))
