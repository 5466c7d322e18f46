"""The faults of an experiment: its own actions, and foreign actions that its file declares."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from harness.load.records import MAX_RUN_S
from harness.system import EdgeName, Name


class DeclaredFault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A foreign action of the method that counts as a fault, by a proof that the file declares.

    `proof` is a probe: it must not hold before the action, must hold while the fault is on, and
    must not hold after the action `undo`. `services` and `edges` are what it strikes.
    """

    action: Annotated[str, Meta(min_length=1, max_length=200, examples=["stop-the-shop"])]
    proof: dict[str, Any]
    undo: Annotated[str, Meta(min_length=1, max_length=200, examples=["start-the-shop"])]
    services: Annotated[tuple[Name, ...], Meta(max_length=50)] = ()
    edges: Annotated[tuple[EdgeName, ...], Meta(max_length=200)] = ()
    most_s: Annotated[float, Meta(gt=0, le=MAX_RUN_S, description="s", examples=[60])] = 300.0

    @property
    def target(self) -> str:
        """What it strikes, for the timeline."""
        return ", ".join((*self.services, *self.edges))


class FaultCall(msgspec.Struct, frozen=True, kw_only=True):
    """One action of the method that injects: its function in harness.chaos.actions, and on what.

    `instances` is how many instances of a service it asks for; 0 for an edge.
    """

    action: str
    func: str
    targets: tuple[str, ...]
    line: int
    instances: int = 0


def declared_call(fault: DeclaredFault, line: int) -> FaultCall:
    """The declared fault as one of the faults of its experiment."""
    targets = (*fault.services, *fault.edges)
    return FaultCall(action=fault.action, func=fault.action, targets=targets, line=line)
