"""How faults of the local target are undone, as the driver writes it down."""

from __future__ import annotations

from harness.safety.undo import Undo
from harness.targets.local.process_name import identity_of


def undo_of(action: str, resource: str, pid: int = 0, started_ticks: int = 0) -> Undo:
    data = {"resource": resource}
    if pid:
        data["identity"] = identity_of(pid, started_ticks)
    return Undo(target="local", action=action, resource=resource, data=data)
