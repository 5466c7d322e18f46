"""What targets can do: one Protocol for each ability.

A target is a class with `attach`, `orphaned`, `undo` and `undone` (Target) and the abilities that
its kind of system allows. `registry.py` finds the class; `issubclass(cls, Kills)` says whether it
has an ability. A new target is one folder here and one line in the registry, or a class of any
importable module, named `module:Class`.

A target keeps the lease of each fault: it undoes a fault that was not renewed for `lease_s`. Each
call is short, has a time limit and may be repeated. Every method raises TargetError when the target
does not answer in time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self, TypeVar, runtime_checkable

from harness.errors import FaultError
from harness.safety.state import State
from harness.targets.records import EdgeFault, EdgeStatus, IdentityState, InstanceStatus
from harness.timeline import Timeline

if TYPE_CHECKING:  # the watchdog imports this module and starts within a run's start
    from harness.files.document import Node
    from harness.files.problems import Problem
    from harness.host.finding import Finding
    from harness.store import RunFolder
    from harness.system import System

Ability = TypeVar("Ability")
# What a target needs to undo a fault when only the undo log is left: plain JSON values.
UndoData = Mapping[str, str]
CALL_LIMIT_S = 15.0


class Proof(NamedTuple):
    """Whether it is so, and how that is known: a phrase for a person."""

    holds: bool
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpPlan:
    """What is to be brought up, and where its files go.

    `faulted_edges` are the edges that may be faulted; None means all of them. With `hold` the
    system outlives the process that starts it and its supervisor holds the machine's lock.
    `options` are the system's, with those of the command line.
    """

    system: Path
    folder: RunFolder
    state: State
    deployment: Path | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    timeline: Path | None = None
    faulted_edges: frozenset[str] | None = None
    hold: bool = False


@runtime_checkable
class Undoes(Protocol):
    """Replays undo records: an action of the target with its data."""

    def undo(self, action: str, data: UndoData) -> None:
        """Do it; harmless if there is nothing to undo."""

    def undone(self, action: str, data: UndoData) -> Proof:
        """Whether nothing of that fault is left. Raises UnknownResourceError: no such resource."""


@runtime_checkable
class Target(Undoes, Protocol):
    """A system that is up, as the harness and its conductor reach it."""

    @classmethod
    def attach(cls, state: State, limit_s: float = CALL_LIMIT_S) -> Self:
        """The target of the system that this state folder holds; nothing is asked of it yet."""

    @classmethod
    def orphaned(cls) -> Undoes:
        """Who replays undo records when no process of the run is left."""


@runtime_checkable
class Remembers(Protocol):
    """Undo records need more than the resource to find the system again."""

    def undo_data(self) -> UndoData:
        """What each undo record of this system holds beside its resource."""


class Running(Protocol):
    """A system that this process has begun to start."""

    @property
    def entry(self) -> str:
        """The URL that load is sent to; "" until it is ready."""

    @property
    def alive(self) -> bool:
        """Whether what runs it has not ended."""

    def wait_ready(self) -> None:
        """Wait until all of the system is ready. Raises what it says if it cannot be."""

    def keep(self) -> None:
        """Let it outlive this process. Raises TargetError if it has ended."""

    def stop(self) -> None:
        """End all that was started, and wait for it."""


@runtime_checkable
class Lifecycle(Protocol):
    """Brings systems up and takes them down."""

    @classmethod
    def preflight(cls, system: System, state_root: Path) -> tuple[Finding, ...]:
        """What the target needs here: a run is refused while one of these checks fails."""

    @classmethod
    def up(cls, plan: UpPlan) -> Running:
        """Begin to start it; returns at once."""

    def down(self) -> None:
        """End the system that `hold` left up; returns when it is down."""


@runtime_checkable
class Persists(Protocol):
    """Systems that stay up without a process of this machine: `services up` ends, they do not."""

    @classmethod
    def persists(cls, state: State) -> bool:
        """Whether the state folder names such a system; nothing is asked of it."""

    @classmethod
    def find(cls, system: System, deployment: Path | None, state: State) -> None:
        """Note where that system is, as if it had been brought up from here. Raises ConfigError."""


@runtime_checkable
class Placed(Protocol):
    """Takes options of the command line that say where the system is."""

    @classmethod
    def place_options(cls) -> tuple[str, ...]:
        """Their names: `--context` is "context"."""


@runtime_checkable
class Deploys(Protocol):
    """Checks how services and edges are deployed; a target without it takes every deployment."""

    @classmethod
    def deployment_problems(cls, root: Node, system: System) -> list[Problem]:
        """What this target cannot do; `root` has the lines of the files."""


@runtime_checkable
class Instances(Protocol):
    """Lists the instances of the system; they may come and go."""

    def instances(self) -> tuple[InstanceStatus, ...]:
        """All instances that there are now."""

    def seen(self, identity: str) -> IdentityState:
        """The state of that process or pod, as reported by the kernel or the cluster."""


@runtime_checkable
class Leases(Protocol):
    """Keeps faults on for as long as somebody renews them."""

    def renew(self, resource: str, lease_s: float) -> None:
        """Prolong a lease: of an instance, an edge, or one of its faults (`edge#slot`).

        Raises TargetError if the fault does not exist (any more).
        """


@runtime_checkable
class Kills(Leases, Instances, Protocol):
    """Kills instances."""

    def kill(self, instance: str, lease_s: float) -> InstanceStatus:
        """Kill it without a grace period and hold it down until `revive` or the lease ends.

        Returns its state before the kill.
        """

    def revive(self, instance: str) -> InstanceStatus:
        """Start a killed instance; returns at once. Nothing to do if it lives."""


@runtime_checkable
class Pauses(Leases, Instances, Protocol):
    """Freezes instances: they hold their connections and answer nothing."""

    def pause(self, instance: str, lease_s: float) -> InstanceStatus:
        """Freeze it with all its processes until `resume` or the lease ends."""

    def resume(self, instance: str) -> InstanceStatus:
        """Let it go on. Nothing to do if it was not paused."""


@runtime_checkable
class EdgeFaults(Leases, Protocol):
    """Faults the traffic between services."""

    def edges(self) -> tuple[EdgeStatus, ...]:
        """All edges."""

    def fault_edge(self, edge: str, fault: EdgeFault, lease_s: float) -> EdgeStatus:
        """Set a fault on an edge, in its slot; another one in that slot is replaced."""

    def clear_edge(self, edge: str) -> EdgeStatus:
        """Take one fault (`edge#slot`) or all of an edge away; bytes held by it go at once."""


@runtime_checkable
class Scales(Leases, Instances, Protocol):
    """Changes how many instances a service has."""

    def scale(self, service: str, replicas: int, lease_s: float) -> int:
        """Ask for that many until `unscale` or the lease ends; returns how many there were."""

    def unscale(self, service: str) -> None:
        """Go back to as many as there were before. Nothing to do if it was not scaled."""


@runtime_checkable
class Partitions(Leases, Instances, Protocol):
    """Cuts services off from others."""

    def partition(self, service: str, others: tuple[str, ...], lease_s: float) -> None:
        """Let nothing pass between a service and the others until `join` or the lease ends."""

    def join(self, service: str) -> None:
        """Let everything pass again. Nothing to do if it was not cut off."""


@runtime_checkable
class Events(Protocol):
    """Reports events of the system. A target may also write to the timeline directly."""

    def tell_events(self, timeline: Timeline) -> Callable[[], None]:
        """Begin to write what happens into the timeline; the result ends that."""


@runtime_checkable
class Prepares(Protocol):
    """Its first call is slow: it loads libraries, which takes CPU from the system under test."""

    def prepare(self) -> None:
        """Do now what the first call would have to do; changes nothing."""


@runtime_checkable
class OnThisMachine(Protocol):
    """Its system may run on this machine without descending from this process."""

    def own_process(self) -> Callable[[int, str], bool]:
        """Tells of a process of this machine (pid, name) whether it carries the system."""


@runtime_checkable
class Fetches(Protocol):
    """Makes a service's own HTTP interface reachable, for evidence."""

    def addresses(self, service: str) -> tuple[str, ...]:
        """host:port of each instance of a service that is ready, where this process reaches it."""


def able(target: object, ability: type[Ability]) -> Ability:
    """The target as one that has an ability. Raises FaultError if it has not."""
    if isinstance(target, ability):
        return target
    raise FaultError(f"the target {type(target).__name__} has not the ability {ability.__name__}")
