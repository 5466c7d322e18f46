"""What the actions of one process share: the target, the driver, and how far they may go.

The environment says where everything is; a run's conductor sets it, and under bare `chaos run` the
defaults find the system that `squall services up` holds:

```
SQUALL_STATE_DIR    the state folder                 default: this user's own
SQUALL_TIMELINE     where the driver tells           default: the state folder's
SQUALL_EXPERIMENT   whose blast radius holds         default: none; the arguments are the limit
SQUALL_SYSTEM       the system that it is about      needed with SQUALL_EXPERIMENT
SQUALL_DEPLOYMENT   how that system is deployed      default: the system file says it
SQUALL_TARGET       the target                       default: the state folder's last one
SQUALL_SEED         which instances are picked       default: the first
```
"""

from __future__ import annotations

import atexit
import dataclasses
import os
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from harness.blast_radius import BlastRadius
from harness.chaos.declared_faults import DeclaredFaults
from harness.clock import SystemClock
from harness.declared_fault import DeclaredFault
from harness.errors import ConfigError, FaultError
from harness.experiment import EXTENSION, Terms, read_experiment
from harness.faults.base import Evidence, Fault
from harness.faults.cut import Cut
from harness.faults.drain import Drain
from harness.faults.driver import Driver, Limits
from harness.faults.on_edge import OnEdge, find_edge
from harness.faults.rollout import Rollout
from harness.faults.scale import Scale
from harness.safety.state import State, open_state
from harness.safety.undo import UndoLog
from harness.system import MAX_REPLICAS, read_system
from harness.targets.base import Instances, Prepares, Target, able
from harness.targets.cluster_abilities import Drains
from harness.targets.records import InstanceStatus, split_slot
from harness.targets.registry import target_type, target_up
from harness.timeline import FileTimeline

EXPERIMENT_VARIABLE: Final = "SQUALL_EXPERIMENT"
SYSTEM_VARIABLE: Final = "SQUALL_SYSTEM"
DEPLOYMENT_VARIABLE: Final = "SQUALL_DEPLOYMENT"
TIMELINE_VARIABLE: Final = "SQUALL_TIMELINE"
TARGET_VARIABLE: Final = "SQUALL_TARGET"
SEED_VARIABLE: Final = "SQUALL_SEED"
_SEED_DIGITS: Final = 16
_CALL_S: Final = 5.0  # no call may hold up the undoing of the other faults for long


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A target, the driver of its faults, and the limits: `radius` None means the arguments'."""

    target: Target
    driver: Driver
    radius: BlastRadius | None = None
    seed: int | None = None

    def fault_instances(
        self, service: str, count: int, make: Callable[[str], Fault]
    ) -> list[Evidence]:
        """Fault `count` ready instances of a service.

        Raises FaultError with nothing done if that is beyond the blast radius or too few are ready.
        """
        chosen = self._pick(service, count)
        return [{"service": service, **self._inject(make(i.name))} for i in chosen]

    def scale(self, fault: Scale) -> list[Evidence]:
        """Scale a service. Raises FaultError: no change, or more instances than allowed."""
        found = [i for i in able(self.target, Instances).instances() if i.service == fault.service]
        if not found:
            raise FaultError(f"no service {fault.service!r} with instances")
        if not 0 <= fault.replicas <= MAX_REPLICAS:
            raise FaultError(f"replicas: {fault.replicas}: write 0 to {MAX_REPLICAS}")
        self._check_radius(fault.service, abs(len(found) - fault.replicas), 0)
        return [{"service": fault.service, **self._inject(fault)}]

    def roll_out(self, service: str) -> list[Evidence]:
        """Update a service. Raises FaultError: it has more instances than allowed."""
        found = [i for i in able(self.target, Instances).instances() if i.service == service]
        self._check_radius(service, len(found), 0)
        return [{"service": service, **self._inject(Rollout(service=service))}]

    def cut(self, edge: str) -> list[Evidence]:
        """Cut the network of an edge. Raises FaultError: it is outside the blast radius."""
        if self.radius is not None and edge not in self.radius.edges:
            raise FaultError(f"{edge!r} is outside the blast radius")
        return [self._inject(Cut(edge=edge))]

    def drain(self, service: str) -> list[Evidence]:
        """Drain the node of one instance. Raises FaultError: it carries more than allowed."""
        target = able(self.target, Drains)
        (chosen,) = self._pick(service, 1)
        there = target.node(target.node_of(chosen.name)).instances
        of = {i.name: i.service for i in target.instances()}
        if self.radius is not None:
            outside = {of.get(name, name) for name in there} - set(self.radius.services)
            if outside:
                text = f"its node carries {', '.join(sorted(outside))} too"
                raise FaultError(f"{text}, which is outside the blast radius")
            self._check_radius(service, len(there), 0)
        return [{"service": service, **self._inject(Drain(instance=chosen.name))}]

    def fault_edge(self, fault: OnEdge) -> list[Evidence]:
        """Fault an edge, which may have other faults already.

        Raises FaultError with nothing done if it is outside the blast radius.
        """
        if self.radius is not None and fault.resource not in self.radius.edges:
            raise FaultError(f"{fault.resource!r} is outside the blast radius")
        slot = self._free_slot(fault)
        return [self._inject(dataclasses.replace(fault, slot=slot, seed=self.seed or 0))]

    def _free_slot(self, fault: OnEdge) -> str:
        """The fault's kind, or with a number where the edge has one of that kind."""
        kind, edge = fault.effect().kind, find_edge(self.target, fault.edge)
        taken = {on.name for on in edge.faults}
        taken |= {split_slot(held.fault.held_as)[1] for held in self.driver.held}
        names = (kind, *(f"{kind}-{number}" for number in range(2, len(taken) + 2)))
        return next(name for name in names if name not in taken)

    def _inject(self, fault: Fault) -> Evidence:
        held = self.driver.inject(fault)
        return {"fault": fault.name, "target": fault.resource, "fault_id": held.id, **held.evidence}

    def _pick(self, service: str, count: int) -> list[InstanceStatus]:
        held = {held.fault.resource for held in self.driver.held}
        instances = able(self.target, Instances).instances()
        on = len([i for i in instances if i.name in held])
        self._check_radius(service, count, on)
        ready = [
            i
            for i in instances
            if i.service == service and i.state == "ready" and i.name not in held
        ]
        self._check_floor(service, count, instances)
        if len(ready) < count:
            known = ", ".join(sorted({i.service for i in instances}))
            text = f"{len(ready)} instances of {service!r} are ready, not {count}"
            raise FaultError(f"{text}; services: {known}")
        if self.seed is None:
            return ready[:count]
        return random.Random(self.seed).sample(ready, count)

    def _check_radius(self, service: str, count: int, on: int) -> None:
        if count < 1:
            raise FaultError(f"{count} instances of {service!r}: a fault needs at least one")
        if self.radius is None:
            return
        if service not in self.radius.services:
            raise FaultError(f"{service!r} is outside the blast radius")
        if on + count > self.radius.max_instances:
            text = f"{on + count} instances at once are more than max_instances"
            raise FaultError(f"{text} {self.radius.max_instances} of the blast radius")

    def _check_floor(self, service: str, count: int, instances: Sequence[InstanceStatus]) -> None:
        """The share that may be faulted, and how many must stay ready."""
        if self.radius is None:
            return
        held = {held.fault.resource for held in self.driver.held}
        mine = [i for i in instances if i.service == service]
        faulted = count + len([i for i in mine if i.name in held])
        if mine and faulted > self.radius.max_share * len(mine):
            text = f"{faulted} of {len(mine)} instances of {service!r} are more than max_share"
            raise FaultError(f"{text} {self.radius.max_share:g} of the blast radius")
        left = len([i for i in mine if i.state == "ready" and i.name not in held]) - count
        if left < self.radius.min_ready:
            text = f"{max(left, 0)} instances of {service!r} would stay ready"
            raise FaultError(f"{text}, fewer than min_ready {self.radius.min_ready}")


@cache
def session() -> Session:
    """This process's session, opened at its first fault; undone when the process ends."""
    opened = open_session(os.environ)
    atexit.register(opened.driver.undo_all)
    return opened


def prepare() -> None:
    """Let the target load what its first call needs, where that is slow."""
    if issubclass(target_type(_target_word(os.environ, open_state(os.environ))), Prepares):
        able(session().target, Prepares).prepare()


def is_open() -> bool:
    """Whether anything may have been done yet."""
    return session.cache_info().currsize > 0


def open_session(environ: Mapping[str, str]) -> Session:
    """A session as the environment describes it. Raises ConfigError, RefusedError."""
    state = open_state(environ)
    clock = SystemClock()
    terms = _terms(environ)
    target = target_type(_target_word(environ, state)).attach(state, _CALL_S)
    timeline = FileTimeline(Path(environ.get(TIMELINE_VARIABLE) or state.timeline), clock)
    limits = Limits() if terms is None else Limits(max_held_s=terms.max_duration_s)
    return Session(
        target=target,
        driver=Driver(target, UndoLog(state.undo), timeline, clock, limits),
        radius=None if terms is None else terms.blast_radius,
        seed=_seed(environ),
    )


def open_declared(experiment: Mapping[str, Any], environ: Mapping[str, str]) -> DeclaredFaults:
    """The faults of foreign activities that the experiment declares. Raises ConfigError."""
    state, clock = open_state(environ), SystemClock()
    timeline = FileTimeline(Path(environ.get(TIMELINE_VARIABLE) or state.timeline), clock)
    return DeclaredFaults(experiment, _declared(experiment), UndoLog(state.undo), timeline, clock)


def _target_word(environ: Mapping[str, str], state: State) -> str:
    return environ.get(TARGET_VARIABLE) or target_up(state)


def _declared(experiment: Mapping[str, Any]) -> tuple[DeclaredFault, ...]:
    for extension in experiment.get("extensions") or ():
        if extension.get("name") == EXTENSION:
            return msgspec.convert(extension.get("faults", ()), tuple[DeclaredFault, ...])
    return ()


def _terms(environ: Mapping[str, str]) -> Terms | None:
    path = environ.get(EXPERIMENT_VARIABLE)
    if not path:
        return None
    system = environ.get(SYSTEM_VARIABLE)
    if not system:
        raise ConfigError(f"{EXPERIMENT_VARIABLE} is set, {SYSTEM_VARIABLE} is not; set both")
    deployment = environ.get(DEPLOYMENT_VARIABLE)
    read = read_system(Path(system), Path(deployment) if deployment else None)
    return read_experiment(Path(path), read).terms


def _seed(environ: Mapping[str, str]) -> int | None:
    text = environ.get(SEED_VARIABLE)
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _SEED_DIGITS):
        what = f"a whole number of at most {_SEED_DIGITS} digits"
        raise ConfigError(f"{SEED_VARIABLE}: {text[:20]!r} is not {what}; write for example 11")
    return int(text)
