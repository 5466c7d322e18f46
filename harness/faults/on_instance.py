"""What faults of an instance share: finding it and saying who it is."""

from __future__ import annotations

from harness.errors import UnknownResourceError
from harness.faults.base import Seen
from harness.targets.base import Instances, able
from harness.targets.records import InstanceStatus


def find_instance(target: object, name: str) -> InstanceStatus:
    """The current state of the instance. Raises UnknownResourceError."""
    found = able(target, Instances).instances()
    for instance in found:
        if instance.name == name:
            return instance
    known = ", ".join(i.name for i in found)
    raise UnknownResourceError(f"no instance {name!r}; known: {known}")


def look_at_instance(target: object, name: str) -> Seen:
    """Which life of it that is."""
    return Seen(identity=find_instance(target, name).identity)
