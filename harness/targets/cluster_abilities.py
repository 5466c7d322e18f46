"""What a target can do whose instances are kept running by somebody else, on several machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from harness.targets.base import Instances, Kills, Leases
from harness.targets.records import InstanceStatus

if TYPE_CHECKING:
    from harness.system import System

REMOVE_WORKERS: Final = "remove_workers"


@runtime_checkable
class Replaces(Kills, Protocol):
    """A killed instance is replaced by another one, by itself: it is not held down."""

    def replacement(self, instance: str, identity: str) -> InstanceStatus:
        """The instance in the place of that life.

        It is `ready` when its service has all its instances again, `down` while one is missing.
        """


@runtime_checkable
class Crashes(Leases, Instances, Protocol):
    """Kills instances in place; what keeps them running starts them again at once."""

    def crash(self, instance: str) -> InstanceStatus:
        """Kill its processes without a grace period; returns its state before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSeen:
    """A machine of the target: whether it takes no instances, and which of the system it has."""

    closed: bool
    instances: tuple[str, ...]


@runtime_checkable
class RollsOut(Leases, Instances, Protocol):
    """Replaces the instances of a service by new ones, a few at a time."""

    def roll_out(self, service: str) -> None:
        """Begin; returns at once. It ends by itself. Raises UnknownResourceError."""


@runtime_checkable
class CutsNetwork(Leases, Protocol):
    """Cuts the network between the services of an edge."""

    def cut_network(self, edge: str, lease_s: float) -> None:
        """Let no new connection pass until `join_network` or the lease ends."""

    def join_network(self, edge: str) -> None:
        """Let them pass again. Nothing to do if it was not cut."""

    def passing(self, edge: str) -> tuple[int, int]:
        """How many new connections pass, of how many that were tried."""


@runtime_checkable
class Drains(Leases, Instances, Protocol):
    """Takes machines that carry instances out of service."""

    def node_of(self, instance: str) -> str:
        """The machine that carries it. Raises UnknownResourceError."""

    def node(self, name: str) -> NodeSeen:
        """What is to be seen of it; instances that are ending do not count."""

    def drain(self, node: str, lease_s: float) -> None:
        """Let it take no instances, and evict those of the system, until `open_nodes`."""

    def open_nodes(self) -> None:
        """Let every machine that `drain` has closed take instances again."""


@runtime_checkable
class Shows(Protocol):
    """Brings a system up by writing objects, which it can show before."""

    @classmethod
    def objects(cls, system: System, deployment: Path | None) -> list[dict[str, Any]]:
        """Exactly what would be written. Raises ConfigError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkersAsked:
    """Load workers that a target is to run: how many, and of which scenario file.

    Their master waits for them at `master`, which is HOST:PORT. Each ends after `limit_s`.
    """

    count: int
    scenario: Path
    master: str
    limit_s: float


@runtime_checkable
class HostsLoad(Protocol):
    """Runs load workers beside its system; the undo action `remove_workers` removes all of them."""

    @classmethod
    def master_host(cls, system: System) -> str:
        """The address of this machine as the workers reach it. Raises ConfigError."""

    @classmethod
    def worker_objects(
        cls, system: System, deployment: Path | None, asked: WorkersAsked
    ) -> list[dict[str, Any]]:
        """What would be written. Raises ConfigError: they cannot be run so."""

    def load_entry(self) -> str:
        """The URL of the system as the workers reach it."""

    def run_workers(self, asked: WorkersAsked) -> None:
        """Start them, and wait until all run. Raises TargetError that says why one does not."""

    def worker_logs(self) -> Mapping[str, bytes]:
        """What each worker has written, by its name."""
