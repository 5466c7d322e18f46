"""The usual undo actions of a target, done and proven by its abilities.

action       data["resource"]           undone when
revive       an instance                it is ready
resume       an instance                it is ready
restore      an instance                it is ready with its own variables
clear_edge   an edge, or `edge#slot`    the fault is gone
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from harness.errors import FaultError, UnknownResourceError
from harness.targets.base import EdgeFaults, Instances, Kills, Pauses, Proof, UndoData, able
from harness.targets.environment import Configures
from harness.targets.records import split_slot

_DO: Final[Mapping[str, Callable[[object, str], object]]] = {
    "revive": lambda target, name: able(target, Kills).revive(name),
    "resume": lambda target, name: able(target, Pauses).resume(name),
    "restore": lambda target, name: able(target, Configures).restore(name),
    "clear_edge": lambda target, name: able(target, EdgeFaults).clear_edge(name),
}


def undo_by_abilities(target: object, action: str, data: UndoData) -> None:
    """Do one of these actions. Raises FaultError for another one."""
    _known(action)
    _DO[action](target, data["resource"])


def undone_by_abilities(target: object, action: str, data: UndoData) -> Proof:
    """Whether it is undone. Raises UnknownResourceError, FaultError."""
    _known(action)
    if action == "clear_edge":
        return _edge_is_clear(able(target, EdgeFaults), data["resource"])
    for instance in able(target, Instances).instances():
        if instance.name == data["resource"]:
            own = not instance.variables
            how = f"state: {instance.state}" + ("" if own else ", with other variables")
            return Proof(instance.state == "ready" and own, how)
    raise UnknownResourceError(data["resource"])


def _edge_is_clear(target: EdgeFaults, resource: str) -> Proof:
    name, slot = split_slot(resource)
    for edge in target.edges():
        if edge.name == name:
            left = [fault.name for fault in edge.faults if slot in ("", fault.name)]
            return Proof(not left, f"fault: {', '.join(left) or 'none'}")
    raise UnknownResourceError(resource)


def _known(action: str) -> None:
    if action not in _DO:
        raise FaultError(f"no undo action {action!r}; known: {', '.join(_DO)}")
