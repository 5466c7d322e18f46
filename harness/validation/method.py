"""The steps of an experiment in their order: what each one does, on what, and how long it waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from harness.files.document import Node, plain
from harness.files.problems import MISSING, Problem
from harness.files.toolkit_file import activities
from harness.files.variables import UNKNOWN, Variables

ACTIONS: Final = "harness.chaos.actions"
PROBES: Final = "harness.chaos.probes"
UNDO: Final = "undo_all"
INJECT: Final = "inject_"


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodStep:
    """One activity, its reference followed. `at` is its key, `node` where it was written.

    `arguments` have their variables replaced; UNKNOWN is what only the run finds out.
    `waits_unknown`: a pause of it is such a variable, and counts as 0 s here.
    """

    at: str
    node: Node
    name: str
    module: str
    func: str
    arguments: dict[str, Any] = field(default_factory=dict)
    before_s: float = 0.0
    after_s: float = 0.0
    waits_unknown: bool = False

    @property
    def injects(self) -> bool:
        """Whether it is one of Squall's own faults."""
        return self.module == ACTIONS and self.func.startswith(INJECT)

    @property
    def undoes(self) -> bool:
        """Whether it takes all faults away."""
        return self.module == ACTIONS and self.func == UNDO

    @property
    def provider(self) -> Node:
        """Where its function is named."""
        return self.node.child("provider") or self.node

    def argument(self, name: str) -> Node:
        """Where an argument's value is, or the place nearest to it."""
        arguments = self.provider.child("arguments")
        if arguments is None:
            return self.provider.child("func") or self.provider
        return arguments.child(name) or arguments

    def argument_at(self, name: str) -> str:
        """The key of an argument for messages."""
        return f"{self.at}.provider.arguments.{name}"


def steps(root: Node, variables: Variables) -> tuple[MethodStep, ...]:
    """All activities of the file, in the file's order: hypothesis, method, rollbacks."""
    named = {node.text("name"): node for _, node in activities(root) if node.text("name")}
    return tuple(
        _step(at, named.get(node.text("ref"), node), variables) for at, node in activities(root)
    )


def tolerance_probes(root: Node) -> Iterator[tuple[str, Node]]:
    """The probes within tolerances and within the configuration: no place for a fault either."""
    for at, node in activities(root):
        tolerance = node.child("tolerance")
        if tolerance is not None and tolerance.text("type") == "probe":
            yield f"{at}.tolerance", tolerance
    configuration = root.child("configuration")
    for name, node in configuration.items() if configuration else ():
        if node.text("type") == "probe":
            yield f"configuration.{name}", node


def _step(at: str, node: Node, variables: Variables) -> MethodStep:
    provider, pauses = node.child("provider"), node.child("pauses")
    arguments = provider.child("arguments") if provider else None
    given = plain(arguments) if arguments and isinstance(arguments.value, dict) else {}
    return MethodStep(
        at=at,
        node=node,
        name=node.text("name"),
        module=provider.text("module") if provider else "",
        func=provider.text("func") if provider else "",
        arguments=variables.resolve(given),
        before_s=_seconds(pauses, "before", variables),
        after_s=_seconds(pauses, "after", variables),
        waits_unknown=pauses is not None and _has_unknown(variables.resolve(plain(pauses))),
    )


def _has_unknown(values: object) -> bool:
    return isinstance(values, dict) and UNKNOWN in values.values()


def _seconds(pauses: Node | None, key: str, variables: Variables) -> float:
    node = pauses.child(key) if pauses else None
    value = variables.resolve(plain(node)) if node else 0
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if known else 0.0


def problem_near(node: Node, at: str, wrong: str, allowed: str, fix: str) -> Problem:
    """A problem at a value, or at the container in which it is missing."""
    value = MISSING if isinstance(node.value, dict | list) else node.value
    return Problem(line=node.line, key=at, value=value, wrong=wrong, allowed=allowed, fix=fix)
