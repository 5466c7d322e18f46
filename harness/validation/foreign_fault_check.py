"""Whether declared faults name actions of the file, can be undone, and stay in the blast radius."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.files.document import Node
from harness.files.problems import Problem, fix_name, listed
from harness.files.record_check import wrong_value
from harness.validation.method import MethodStep

if TYPE_CHECKING:
    from harness.declared_fault import DeclaredFault
    from harness.experiment import Terms


def foreign_fault_problems(
    extension: Node, at: str, terms: Terms, steps: Sequence[MethodStep]
) -> Iterator[Problem]:
    """All that is wrong with the `faults` of the extension."""
    found = extension.child("faults")
    items = found.elements() if found else []
    seen = set[str]()
    for index, (fault, node) in enumerate(zip(terms.faults, items, strict=True)):
        key = f"{at}.faults[{index}]"
        if fault.action in seen:
            wrong = "this action is declared twice"
            yield wrong_value(node, f"{key}.action", wrong, "each action once", "remove one")
        seen.add(fault.action)
        yield from _actions(fault, node, key, steps)
        yield from _radius(fault, node, key, terms)


def _actions(
    fault: DeclaredFault, node: Node, key: str, steps: Sequence[MethodStep]
) -> Iterator[Problem]:
    actions = [s for s in steps if s.node.text("type") == "action"]
    foreign = [s.name for s in actions if s.at.startswith("method") and not s.injects]
    if fault.action not in foreign:
        wrong = f"no foreign action {fault.action[:60]!r} in the method"
        fix = fix_name(fault.action, foreign)
        yield wrong_value(node, f"{key}.action", wrong, listed(foreign) or "(none)", fix)
        return
    place = next(i for i, s in enumerate(actions) if s.name == fault.action)
    undoing = [s.name for i, s in enumerate(actions) if i > place or s.at.startswith("rollbacks")]
    if fault.undo not in undoing:
        wrong = f"no action {fault.undo[:60]!r} after {fault.action!r}"
        allowed = "a later action of `method`, or one of `rollbacks`"
        yield wrong_value(node, f"{key}.undo", wrong, allowed, fix_name(fault.undo, undoing))


def _radius(fault: DeclaredFault, node: Node, key: str, terms: Terms) -> Iterator[Problem]:
    radius = terms.blast_radius
    for name, mine, allowed in (
        ("services", fault.services, radius.services),
        ("edges", fault.edges, radius.edges),
    ):
        for one in mine:
            if one not in allowed:
                wrong = f"{one!r} is outside the blast_radius"
                fix = f"add it to `blast_radius.{name}`"
                yield wrong_value(node, f"{key}.{name}", wrong, listed(allowed) or "(none)", fix)
    if not (fault.services or fault.edges):
        wrong = "it says nothing of what it strikes"
        yield wrong_value(node, key, wrong, "services or edges", "add `services: [...]`")
