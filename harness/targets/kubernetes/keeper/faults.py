"""The faults of a pod's edges: set, renewed and taken away, each under a lease that ends."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial
from typing import NamedTuple

from harness.errors import FaultError, UnknownResourceError
from harness.files.problems import nearest
from harness.safety.lease import LEASE_S
from harness.targets.edge_abilities import Via
from harness.targets.local.edge_faults import check_fault, check_lease
from harness.targets.local.edge_owner import EdgeOwner, EdgeSeen
from harness.targets.local.leases import Leases
from harness.targets.records import SLOT_MARK, EdgeFault, EdgeStatus, split_slot
from harness.timeline import Timeline


class KeptEdge(NamedTuple):
    """One edge, how it goes, where its caller reaches it, and who carries its traffic."""

    name: str
    via: Via
    address: str
    owner: EdgeOwner


class KeptFaults:
    """Does what the harness asks; whoever stops asking loses the fault after the lease."""

    def __init__(self, edges: Iterable[KeptEdge], timeline: Timeline) -> None:
        self._edges: Mapping[str, KeptEdge] = {edge.name: edge for edge in edges}
        self._leases = Leases(timeline)
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def edges(self) -> tuple[EdgeStatus, ...]:
        """All edges, in the order of the plan. Raises TargetError if an owner does not answer."""
        seen: dict[str, EdgeSeen] = {}
        for owner in dict.fromkeys(edge.owner for edge in self._edges.values()):
            seen.update(await owner.look())
        return tuple(_status(edge, seen[name]) for name, edge in self._edges.items())

    async def fault(self, name: str, fault: EdgeFault, lease_s: float) -> EdgeStatus:
        """Set it in its slot. Raises FaultError (it cannot be done), TargetError."""
        edge = self._edge(name)
        lease_s = _limited(lease_s)
        check_fault(name, edge.via, fault)
        one = f"{name}{SLOT_MARK}{fault.name}"
        async with self._locks[name]:
            # First, and kept on failure: the owner may have done it without our knowing.
            self._leases.hold(one, lease_s, partial(self._let_go, one))
            await edge.owner.set_fault(name, fault, lease_s)
        return await self._look_at(name)

    async def renew(self, resource: str, lease_s: float) -> None:
        """Prolong one lease (`edge#slot`) or all of an edge. Raises FaultError if it has ended."""
        name, lease_s = self._edge_of(resource), _limited(lease_s)
        edge = self._edge(name)
        async with self._locks[name]:
            if not (held := self._held(resource)):
                raise FaultError(f"{resource} has no fault (any more): no lease to renew")
            for one in held:
                self._leases.renew(one, lease_s)
                await edge.owner.renew(name, split_slot(one)[1], lease_s)

    async def clear(self, resource: str) -> EdgeStatus:
        """Take one fault (`edge#slot`) or all of an edge away; returns when it has gone."""
        name = self._edge_of(resource)
        async with self._locks[name]:
            await self._clear(resource)
        return await self._look_at(name)

    async def _let_go(self, resource: str) -> None:
        async with self._locks[self._edge_of(resource)]:
            if not self._leases.holds(resource):  # set again meanwhile
                await self._clear(resource)

    async def _clear(self, resource: str) -> None:
        name = self._edge_of(resource)
        slot = "" if name == resource else split_slot(resource)[1]
        await self._edge(name).owner.clear(name, slot)
        for one in [resource] if slot else self._held(resource):
            self._leases.drop(one)

    async def _look_at(self, name: str) -> EdgeStatus:
        return next(edge for edge in await self.edges() if edge.name == name)

    def _held(self, resource: str) -> list[str]:
        """The leases that are meant: one (`edge#slot`), or those of an edge."""
        return [one for one in self._leases.held if resource in (one, split_slot(one)[0])]

    def _edge_of(self, resource: str) -> str:
        return resource if resource in self._edges else split_slot(resource)[0]

    def _edge(self, name: str) -> KeptEdge:
        if name not in self._edges:
            raise UnknownResourceError(f"no edge {name!r}; {nearest(name, list(self._edges))}")
        return self._edges[name]


def _limited(lease_s: float) -> float:
    """A lease lasts no longer than the harness's own, whoever asks. Raises FaultError."""
    check_lease(lease_s)
    return min(lease_s, LEASE_S)


def _status(edge: KeptEdge, seen: EdgeSeen) -> EdgeStatus:
    return EdgeStatus(
        name=edge.name,
        address=edge.address,
        requests=seen.requests,
        hits=sum(count.hits for count in seen.counts),
        faults=seen.faults,
        counts=seen.counts,
        error=seen.error,
    )
