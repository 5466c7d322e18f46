"""A target in memory: instances, edges with traffic, leases that end, and ways to misbehave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import msgspec

from harness.clock import NS_PER_S
from harness.errors import TargetError, UnknownResourceError
from harness.safety.state import State
from harness.targets.base import CALL_LIMIT_S, Proof, UndoData, Undoes
from harness.targets.local.orphans import LocalOrphans
from harness.targets.records import (
    SLOT_MARK,
    EdgeFault,
    EdgeStatus,
    FaultCount,
    IdentityState,
    InstanceStatus,
    split_slot,
)
from harness.targets.replay import undo_by_abilities, undone_by_abilities
from tests.support.manual_clock import ManualClock


class FakeTarget:
    """Instances start in `start_s`; edges carry `rates` requests a second while time advances.

    `calls` is all that was asked, in order. `failing` names methods that raise TargetError,
    `deaf` edges whose fault is accepted and touches nothing, `stuck` resources that never heal,
    `unharmed` identities that live on although the target says otherwise.
    """

    def __init__(self, clock: ManualClock, *services: str, **edges: float) -> None:
        self.clock = clock
        self.on_call: Callable[[str], None] = lambda _method: None
        self.start_s = 1.0
        self.calls: list[str] = []
        self.failing: set[str] = set()
        self.deaf: set[str] = set()
        self.stuck: set[str] = set()
        self.unharmed: set[str] = set()
        self.rates = {name.replace("__", ">"): rate for name, rate in edges.items()}
        self._carry = dict.fromkeys(self.rates, 0.0)
        self._lives = map(str, range(10_000))
        self._instances = {name: self._new(name) for name in services}
        self._edges = {
            name: EdgeStatus(name=name, address="127.0.0.1:1", requests=0, hits=0)
            for name in self.rates
        }
        self.leases: dict[str, int] = {}
        self._ready_at: dict[str, int] = {}
        clock.listeners.append(self._advance)

    @classmethod
    def attach(cls, state: State, limit_s: float = CALL_LIMIT_S) -> Self:
        raise NotImplementedError

    @classmethod
    def orphaned(cls) -> Undoes:
        return LocalOrphans()

    def undo(self, action: str, data: UndoData) -> None:
        LocalOrphans().undo(action, data)
        undo_by_abilities(self, action, data)

    def undone(self, action: str, data: UndoData) -> Proof:
        return undone_by_abilities(self, action, data)

    def seen(self, identity: str) -> IdentityState:
        """What the instance of that identity does; gone if there is none any more."""
        if identity in self.unharmed:
            return "running"
        for instance in self._instances.values():
            if instance.identity == identity:
                return "paused" if instance.state == "paused" else "running"
        return "gone"

    def instances(self) -> tuple[InstanceStatus, ...]:
        self._asked("instances")
        return tuple(self._instances.values())

    def edges(self) -> tuple[EdgeStatus, ...]:
        self._asked("edges")
        return tuple(self._edges.values())

    def kill(self, instance: str, lease_s: float) -> InstanceStatus:
        before = self._instance("kill", instance)
        self._lease(instance, lease_s)
        self._change(instance, state="down", identity="", leased=True)
        return before

    def revive(self, instance: str) -> InstanceStatus:
        self._instance("revive", instance)
        self._heal(instance)
        return self._instances[instance]

    def pause(self, instance: str, lease_s: float) -> InstanceStatus:
        before = self._instance("pause", instance)
        self._lease(instance, lease_s)
        self._change(instance, state="paused", leased=True)
        return before

    def resume(self, instance: str) -> InstanceStatus:
        self._instance("resume", instance)
        self._heal(instance)
        return self._instances[instance]

    def fault_edge(self, edge: str, fault: EdgeFault, lease_s: float) -> EdgeStatus:
        self._edge("fault_edge", edge)
        self._lease(f"{edge}{SLOT_MARK}{fault.name}", lease_s)
        others = tuple(on for on in self._edges[edge].faults if on.name != fault.name)
        return self._change_edge(edge, faults=(*others, fault))

    def clear_edge(self, edge: str) -> EdgeStatus:
        name, slot = split_slot(edge)
        self._edge("clear_edge", name)
        for fault in self._edges[name].faults:
            if slot in ("", fault.name):
                self._heal(f"{name}{SLOT_MARK}{fault.name}")
        return self._edges[name]

    def renew(self, resource: str, lease_s: float) -> None:
        self._asked("renew", resource)
        if resource not in self.leases:
            raise TargetError(f"{resource} has no lease")
        self._lease(resource, lease_s)

    def _asked(self, method: str, what: str = "") -> None:
        self.calls.append(f"{method} {what}".strip())
        self.on_call(method)
        if method in self.failing:
            raise TargetError(f"{method} {what} failed")

    def _instance(self, method: str, name: str) -> InstanceStatus:
        self._asked(method, name)
        if name not in self._instances:
            raise UnknownResourceError(name)
        return self._instances[name]

    def _edge(self, method: str, name: str) -> None:
        self._asked(method, name)
        if name not in self._edges:
            raise UnknownResourceError(name)

    def _lease(self, resource: str, lease_s: float) -> None:
        self.leases[resource] = self.clock.now_ns + round(lease_s * NS_PER_S)

    def _heal(self, resource: str) -> None:
        name, slot = split_slot(resource)
        if name in self.stuck:
            return
        self.leases.pop(resource, None)
        if name in self._edges:
            kept = tuple(on for on in self._edges[name].faults if on.name != slot)
            self._change_edge(name, faults=kept)
        elif self._instances[resource].state == "down":
            self._instances[resource] = self._new(resource, "starting")
            self._ready_at[resource] = self.clock.now_ns + round(self.start_s * NS_PER_S)
        elif self._instances[resource].state == "paused":
            self._change(resource, state="ready", leased=False)

    def _advance(self, seconds: float) -> None:
        for name, until in list(self.leases.items()):
            if until <= self.clock.now_ns:
                self._heal(name)
        for name, at in list(self._ready_at.items()):
            if at <= self.clock.now_ns:
                del self._ready_at[name]
                self._change(name, state="ready")
        for name in self._edges:
            self._flow(name, seconds)

    def _flow(self, name: str, seconds: float) -> None:
        self._carry[name] += self.rates[name] * seconds
        whole = int(self._carry[name])
        self._carry[name] -= whole
        edge = self._edges[name]
        touched = whole if name not in self.deaf else 0
        slots = {count.slot: count for count in edge.counts}
        for fault in edge.faults:
            count = slots.get(fault.name, FaultCount(slot=fault.name))
            slots[fault.name] = msgspec.structs.replace(
                count, hits=count.hits + touched, exposed=count.exposed + whole
            )
        self._change_edge(
            name,
            requests=edge.requests + whole,
            hits=sum(count.hits for count in slots.values()),
            counts=tuple(slots.values()),
        )

    def _new(self, name: str, state: str = "ready") -> InstanceStatus:
        raw = {"name": name, "service": name.rpartition("-")[0] or name, "state": state}
        return msgspec.convert({**raw, "identity": next(self._lives)}, InstanceStatus)

    def _change(self, name: str, **changes: object) -> None:
        self._instances[name] = msgspec.structs.replace(self._instances[name], **changes)

    def _change_edge(self, name: str, **changes: object) -> EdgeStatus:
        self._edges[name] = msgspec.structs.replace(self._edges[name], **changes)
        return self._edges[name]
