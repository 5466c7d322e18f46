"""Answers requests about a running system: who lives, and the faults, each under its lease."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from functools import partial

from harness.errors import FaultError, TargetError, UnknownResourceError
from harness.files.problems import nearest
from harness.targets.environment import Lives, wrong_lives
from harness.targets.local.edge_faults import check_fault, check_lease
from harness.targets.local.edge_owner import EdgeOwner, EdgeSeen
from harness.targets.local.instance import Instance
from harness.targets.local.layout import PlacedEdge
from harness.targets.local.leases import Leases
from harness.targets.local.protocol import Answer, Request, describe
from harness.targets.local.rollout import Rollouts
from harness.targets.local.system_life import SystemLife, each
from harness.targets.records import SLOT_MARK, EdgeFault, EdgeStatus, InstanceStatus, split_slot
from harness.timeline import Timeline


class Supervision:
    """Does what requests ask, one at a time for each resource."""

    def __init__(self, life: SystemLife, timeline: Timeline) -> None:
        self._life, self._timeline = life, timeline
        self._leases = Leases(timeline)
        self._edges = {edge.name: edge for edge in life.layout.edges}
        self._faults: dict[str, EdgeFault] = {}
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._rollouts = Rollouts(timeline)
        self.over = asyncio.Event()

    async def handle(self, request: Request) -> Answer:
        """Execute the command; an error is part of the answer."""
        try:
            if request.op == "roll_out":
                self._roll_out(request.resource)
                return Answer()
            if request.resource:
                self._must_exist(request.resource)
                async with self._locks[self._edge_of(request.resource)[0]]:
                    return await self._do(request)
            return await self._do(request)
        except TimeoutError:
            return Answer(trouble="target", error=f"{request.op} {request.resource}: took too long")
        except TargetError as error:
            return describe(error)

    async def _do(self, request: Request) -> Answer:
        name, lease_s = request.resource, request.lease_s
        match request.op:
            case "instances":
                return Answer(instances=tuple(map(self._status, self._life.instances)))
            case "parts":
                return Answer(instances=tuple(i.status() for i in self._life.parts.values()))
            case "edges":
                return Answer(edges=await self._look())
            case "renew":
                await self._renew(name, lease_s)
            case "shutdown":
                self.over.set()
            case _:
                return await self._change(request)
        return Answer()

    async def _change(self, request: Request) -> Answer:
        """Inject or undo a fault."""
        name, lease_s = request.resource, request.lease_s
        match request.op:
            case "kill":
                return Answer(instances=(await self._kill(name, lease_s),))
            case "pause":
                return Answer(instances=(await self._pause(name, lease_s),))
            case "configure":
                self._configure(name, request.lives, lease_s)
                return Answer()
            case "fault_edge":
                return Answer(edges=(await self._fault_edge(name, request.fault, lease_s),))
            case "clear_edge":
                await self._clear(name)
                return Answer(edges=(await self._look_at(self._edge_of(name)[0]),))
            case _:  # revive, resume, restore
                await self._undo_instance(name)
                return Answer(instances=(self._status(name),))

    def _roll_out(self, service: str) -> None:
        found = [i for i in self._life.instances.values() if i.spec.service == service]
        if not found:
            raise UnknownResourceError(f"no instance of a service {service!r}")
        self._rollouts.begin(service, found)

    async def _kill(self, name: str, lease_s: float) -> InstanceStatus:
        check_lease(lease_s)
        instance = self._instance(name)
        # The lease comes first, so that the fault ends even if this call fails.
        self._leases.hold(name, lease_s, partial(self._let_go, name))
        try:
            return await instance.kill()
        except TargetError:
            self._leases.drop(name)
            raise

    async def _pause(self, name: str, lease_s: float) -> InstanceStatus:
        check_lease(lease_s)
        instance = self._instance(name)
        self._leases.hold(name, lease_s, partial(self._let_go, name))
        try:
            await instance.pause()
        except TargetError:
            self._leases.drop(name)
            raise
        return self._status(name)

    def _configure(self, name: str, lives: Lives, lease_s: float) -> None:
        check_lease(lease_s)
        if wrong := wrong_lives(lives):
            raise FaultError(f"lives: {wrong}")
        instance = self._instance(name)
        instance.configure(lives)
        self._leases.hold(name, lease_s, partial(self._let_go, name))

    async def _undo_instance(self, name: str) -> None:
        """All undoings at once: each is nothing where its fault is not on."""
        instance = self._instance(name)
        instance.resume()
        instance.revive()
        instance.restore()
        self._leases.drop(name)

    async def _fault_edge(self, name: str, fault: EdgeFault | None, lease_s: float) -> EdgeStatus:
        edge = self._edge(name)
        check_lease(lease_s)
        if fault is None:
            raise FaultError(f"edge {name}: no fault was given")
        check_fault(name, edge.edge.via, fault)
        one = f"{name}{SLOT_MARK}{fault.name}"
        # First here too, and kept on failure: the owner may have done it without our knowing.
        self._leases.hold(one, lease_s, partial(self._let_go, one))
        await self._owner(name).set_fault(name, fault, lease_s)
        self._faults[one] = fault
        return await self._look_at(name)

    async def _let_go(self, name: str) -> None:
        """A lease has ended: undo, but never in the middle of another request."""
        edge, _ = self._edge_of(name)
        async with self._locks[edge]:
            await (self._clear(name) if edge in self._edges else self._undo_instance(name))

    async def _clear(self, name: str) -> None:
        """Take away one fault (`edge#slot`) or all of an edge."""
        edge, slot = self._edge_of(name)
        self._edge(edge)
        await self._owner(edge).clear(edge, slot)
        for one in [name] if slot else self._leased(edge):
            self._faults.pop(one, None)
            self._leases.drop(one)

    async def _renew(self, name: str, lease_s: float) -> None:
        check_lease(lease_s)
        edge, slot = self._edge_of(name)
        if self._rollouts.has(edge):
            return  # it ends by itself
        for one in [name] if slot or edge not in self._edges else self._leased(edge) or [name]:
            self._leases.renew(one, lease_s)
            if one in self._faults:
                await self._renew_at_owner(edge, self._faults[one], lease_s)

    async def _renew_at_owner(self, edge: str, fault: EdgeFault, lease_s: float) -> None:
        try:
            await self._owner(edge).renew(edge, fault.name, lease_s)
        except TargetError:
            # The proxy restarted and lost the fault; set it again, and say that it was off.
            self._timeline.tell("target", "fault_set_again", edge)
            await self._owner(edge).set_fault(edge, fault, lease_s)

    def _leased(self, edge: str) -> list[str]:
        """The faults of an edge that have a lease, as `edge#slot`."""
        return [one for one in self._leases.held if split_slot(one)[0] == edge]

    def _edge_of(self, resource: str) -> tuple[str, str]:
        """`edge#slot` in its parts; slot "" where an instance or a whole edge is meant."""
        known = resource in self._edges or resource in self._life.instances
        return (resource, "") if known else split_slot(resource)

    def _status(self, name: str) -> InstanceStatus:
        return self._life.instances[name].status(leased=self._leases.holds(name))

    async def _look(self) -> tuple[EdgeStatus, ...]:
        owners = each(self._life.owners.values())
        seen = {}
        for found in await asyncio.gather(*(owner.look() for owner in owners)):
            seen.update(found)
        return tuple(_edge_status(edge, seen[name]) for name, edge in self._edges.items())

    async def _look_at(self, name: str) -> EdgeStatus:
        return next(edge for edge in await self._look() if edge.name == name)

    def _must_exist(self, name: str) -> None:
        known = [*self._life.instances, *self._edges]
        edge = self._edge_of(name)[0]
        if edge not in known and not self._rollouts.has(edge):
            raise UnknownResourceError(f"no instance or edge {name!r}; {nearest(name, known)}")

    def _instance(self, name: str) -> Instance:
        if name not in self._life.instances:
            fix = nearest(name, list(self._life.instances))
            raise UnknownResourceError(f"no instance {name!r}; {fix}")
        return self._life.instances[name]

    def _edge(self, name: str) -> PlacedEdge:
        if name not in self._edges:
            raise UnknownResourceError(f"no edge {name!r}; {nearest(name, list(self._edges))}")
        return self._edges[name]

    def _owner(self, name: str) -> EdgeOwner:
        return self._life.owners[name]


def _edge_status(edge: PlacedEdge, seen: EdgeSeen) -> EdgeStatus:
    return EdgeStatus(
        name=edge.name,
        address=edge.address,
        requests=seen.requests,
        hits=sum(count.hits for count in seen.counts),
        faults=seen.faults,
        counts=seen.counts,
        error=seen.error,
    )
