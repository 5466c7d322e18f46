"""An empty target: it has every ability, and each fault on it names something unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

from harness.errors import UnknownResourceError
from harness.safety.state import State
from harness.targets.base import CALL_LIMIT_S, Proof, Running, UndoData, Undoes, UpPlan
from harness.targets.cluster_abilities import NodeSeen, WorkersAsked
from harness.targets.environment import Lives
from harness.targets.records import EdgeFault, EdgeStatus, IdentityState, InstanceStatus
from harness.timeline import Timeline

if TYPE_CHECKING:
    from harness.host.finding import Finding
    from harness.system import System


class NoRunning:
    """Implements harness.targets.base.Running: nothing was started, so nothing ends."""

    entry = ""
    alive = True

    def wait_ready(self) -> None:
        """Nothing to wait for."""

    def keep(self) -> None:
        """Nothing to keep."""

    def stop(self) -> None:
        """Nothing to stop."""


class NoTarget:
    """Implements every Protocol of harness.targets.base for an empty system."""

    @classmethod
    def attach(cls, state: State, limit_s: float = CALL_LIMIT_S) -> Self:
        """The same for every state folder."""
        del state, limit_s
        return cls()

    @classmethod
    def orphaned(cls) -> Undoes:
        """Itself."""
        return cls()

    def undo(self, action: str, data: UndoData) -> None:
        """Undo nothing."""

    def undone(self, action: str, data: UndoData) -> Proof:
        """Nothing was done, so it is undone."""
        del action, data
        return Proof(holds=True, how="this target is empty")

    def undo_data(self) -> UndoData:
        """Nothing more."""
        return {}

    @classmethod
    def persists(cls, state: State) -> bool:
        """Nothing is up."""
        del state
        return False

    @classmethod
    def find(cls, system: System, deployment: Path | None, state: State) -> None:
        """There is nothing to find."""

    @classmethod
    def objects(cls, system: System, deployment: Path | None) -> list[dict[str, Any]]:
        """None."""
        del system, deployment
        return []

    @classmethod
    def master_host(cls, system: System) -> str:
        """None: no worker looks for it."""
        del system
        return ""

    @classmethod
    def worker_objects(
        cls, system: System, deployment: Path | None, asked: WorkersAsked
    ) -> list[dict[str, Any]]:
        """None."""
        del system, deployment, asked
        return []

    def load_entry(self) -> str:
        """None."""
        return ""

    def run_workers(self, asked: WorkersAsked) -> None:
        """Run none."""

    def worker_logs(self) -> Mapping[str, bytes]:
        """None."""
        return {}

    @classmethod
    def place_options(cls) -> tuple[str, ...]:
        """None."""
        return ()

    def prepare(self) -> None:
        """Nothing to prepare."""

    def own_process(self) -> Callable[[int, str], bool]:
        """No process carries it."""
        return lambda _pid, _name: False

    @classmethod
    def preflight(cls, system: System, state_root: Path) -> tuple[Finding, ...]:
        """Nothing is needed."""
        del system, state_root
        return ()

    @classmethod
    def up(cls, plan: UpPlan) -> Running:
        """Start nothing."""
        del plan
        return NoRunning()

    def down(self) -> None:
        """End nothing."""

    def instances(self) -> tuple[InstanceStatus, ...]:
        """None."""
        return ()

    def seen(self, identity: str) -> IdentityState:
        """There is nothing to see."""
        del identity
        return "unknown"

    def addresses(self, service: str) -> tuple[str, ...]:
        """None."""
        del service
        return ()

    def tell_events(self, timeline: Timeline) -> Callable[[], None]:
        """Nothing happens."""
        del timeline
        return lambda: None

    def edges(self) -> tuple[EdgeStatus, ...]:
        """None."""
        return ()

    def kill(self, instance: str, lease_s: float) -> InstanceStatus:
        """Raise UnknownResourceError."""
        del lease_s
        _unknown("instance", instance)

    def revive(self, instance: str) -> InstanceStatus:
        """Raise UnknownResourceError."""
        _unknown("instance", instance)

    def replacement(self, instance: str, identity: str) -> InstanceStatus:
        """Raise UnknownResourceError."""
        del identity
        _unknown("instance", instance)

    def pause(self, instance: str, lease_s: float) -> InstanceStatus:
        """Raise UnknownResourceError."""
        del lease_s
        _unknown("instance", instance)

    def resume(self, instance: str) -> InstanceStatus:
        """Raise UnknownResourceError."""
        _unknown("instance", instance)

    def configure(self, instance: str, lives: Lives, lease_s: float) -> None:
        """Raise UnknownResourceError."""
        del lives, lease_s
        _unknown("instance", instance)

    def restore(self, instance: str) -> None:
        """Raise UnknownResourceError."""
        _unknown("instance", instance)

    def variables(self, identity: str) -> None:
        """No process has that identity."""
        del identity

    def fault_edge(self, edge: str, fault: EdgeFault, lease_s: float) -> EdgeStatus:
        """Raise UnknownResourceError."""
        del fault, lease_s
        _unknown("edge", edge)

    def clear_edge(self, edge: str) -> EdgeStatus:
        """Raise UnknownResourceError."""
        _unknown("edge", edge)

    def scale(self, service: str, replicas: int, lease_s: float) -> int:
        """Raise UnknownResourceError."""
        del replicas, lease_s
        _unknown("service", service)

    def unscale(self, service: str) -> None:
        """Raise UnknownResourceError."""
        _unknown("service", service)

    def crash(self, instance: str) -> InstanceStatus:
        """Raise UnknownResourceError."""
        _unknown("instance", instance)

    def node_of(self, instance: str) -> str:
        """Raise UnknownResourceError."""
        _unknown("instance", instance)

    def node(self, name: str) -> NodeSeen:
        """Raise UnknownResourceError."""
        _unknown("node", name)

    def drain(self, node: str, lease_s: float) -> None:
        """Raise UnknownResourceError."""
        del lease_s
        _unknown("node", node)

    def open_nodes(self) -> None:
        """None is closed."""

    def roll_out(self, service: str) -> None:
        """Raise UnknownResourceError."""
        _unknown("service", service)

    def cut_network(self, edge: str, lease_s: float) -> None:
        """Raise UnknownResourceError."""
        del lease_s
        _unknown("edge", edge)

    def join_network(self, edge: str) -> None:
        """Raise UnknownResourceError."""
        _unknown("edge", edge)

    def passing(self, edge: str) -> tuple[int, int]:
        """Raise UnknownResourceError."""
        _unknown("edge", edge)

    def partition(self, service: str, others: tuple[str, ...], lease_s: float) -> None:
        """Raise UnknownResourceError."""
        del others, lease_s
        _unknown("service", service)

    def join(self, service: str) -> None:
        """Raise UnknownResourceError."""
        _unknown("service", service)

    def renew(self, resource: str, lease_s: float) -> None:
        """Raise UnknownResourceError."""
        del lease_s
        _unknown("resource", resource)


def _unknown(what: str, name: str) -> NoReturn:
    raise UnknownResourceError(f"no {what} {name!r}: this target is empty")
