"""What faults of an instance share: finding it and saying who it is."""

from __future__ import annotations

from harness.errors import UnknownResourceError
from harness.faults.base import Seen
from harness.targets.base import InstanceStatus, Target


def find_instance(target: Target, name: str) -> InstanceStatus:
    """The instance as it is now. Raises UnknownResourceError."""
    found = target.instances()
    for instance in found:
        if instance.name == name:
            return instance
    known = ", ".join(i.name for i in found)
    raise UnknownResourceError(f"no instance {name!r}; known: {known}")


def look_at_instance(target: Target, name: str) -> Seen:
    """Which process it is."""
    instance = find_instance(target, name)
    return Seen(pid=instance.pid, started_ticks=instance.started_ticks)
