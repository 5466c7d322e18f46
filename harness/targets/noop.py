"""A target with nothing in it: the smallest thing that keeps the Protocol's promises."""

from __future__ import annotations

from typing import NoReturn

from harness.errors import UnknownResourceError
from harness.targets.base import EdgeFault, EdgeStatus, InstanceStatus


class NoTarget:
    """An empty system: it lists nothing, so every fault on it names something unknown."""

    def instances(self) -> tuple[InstanceStatus, ...]:
        """None."""
        return ()

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

    def pause(self, instance: str, lease_s: float) -> InstanceStatus:
        """Raise UnknownResourceError."""
        del lease_s
        _unknown("instance", instance)

    def resume(self, instance: str) -> InstanceStatus:
        """Raise UnknownResourceError."""
        _unknown("instance", instance)

    def fault_edge(self, edge: str, fault: EdgeFault, lease_s: float) -> EdgeStatus:
        """Raise UnknownResourceError."""
        del fault, lease_s
        _unknown("edge", edge)

    def clear_edge(self, edge: str) -> EdgeStatus:
        """Raise UnknownResourceError."""
        _unknown("edge", edge)

    def renew(self, resource: str, lease_s: float) -> None:
        """Raise UnknownResourceError."""
        del lease_s
        _unknown("resource", resource)


def _unknown(what: str, name: str) -> NoReturn:
    raise UnknownResourceError(f"no {what} {name!r}: this target is empty")
