"""Whether the method does what a run needs: faults that are possible, in time, and undone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from harness.files.document import Node
from harness.files.problems import MISSING, Problem, fix_name, listed
from harness.files.variables import UNKNOWN
from harness.system import System
from harness.targets.edge_abilities import EDGE_ABILITIES, abilities_of, ability_of, wrong_settings
from harness.validation.ability_check import ability_problems
from harness.validation.instance_counts import (
    INSTANCE_ACTIONS,
    held_problems,
    instance_fault_problems,
)
from harness.validation.method import ACTIONS, INJECT, PROBES, UNDO, MethodStep, problem_near

# Rollbacks run while the fault phase waits for its end: more would end the run before them.
ROLLBACKS_PAUSE_MAX_S: Final = 20.0
_OURS: Final = (ACTIONS, PROBES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far the method may go, by the experiment's own terms."""

    services: tuple[str, ...]
    edges: tuple[str, ...]
    max_instances: int
    fault_s: float
    watch: bool = False
    control: bool = False
    declared: Mapping[str, str] = field(default_factory=dict)  # foreign faults and their undo


def method_problems(
    root: Node, steps: Sequence[MethodStep], limits: Limits, system: System
) -> list[Problem]:
    """All that is wrong with faults, their places and their times."""
    found = [problem for step in steps for problem in _place(step)]
    method = [step for step in steps if step.at.startswith("method")]
    rollbacks = [step for step in steps if step.at.startswith("rollbacks")]
    if limits.watch:
        return [*found, *(_not_in_a_watch(step) for step in method)]
    if limits.control:
        found += (_not_in_a_control(step) for step in method if step.injects)
    if not any(step.injects for step in method):
        nothing = [] if limits.declared or limits.control else [_injects_nothing(root)]
        return [*found, *nothing, *_pauses(steps, method, rollbacks, limits)]
    if lacking := list(ability_problems(method, system)):
        return [*found, *lacking]
    for step in method:
        found += _fault(step, limits, system) if step.injects else []
    return [
        *found,
        *held_problems(method, limits.max_instances, system),
        *_undone(method, rollbacks),
        *_pauses(steps, method, rollbacks, limits),
    ]


def _place(step: MethodStep) -> Iterator[Problem]:
    """A fault belongs into an action of the method; only two of our modules have activities."""
    func = step.provider.child("func") or step.node
    key = f"{step.at}.provider.func"
    changes = step.injects or step.undoes
    if changes and step.node.text("type") == "probe":
        kind = step.node.child("type") or step.node
        wrong = f"{step.func} as a probe"
        fix = "write `type: action`"
        yield problem_near(kind, f"{step.at}.type", wrong, f"action for {step.func}", fix)
    if step.injects and not step.at.startswith("method"):
        wrong = f"{step.func} outside the method"
        allowed = "inject_... only in an action of `method`"
        yield problem_near(func, key, wrong, allowed, "move the activity to `method`")
    elif step.undoes and not step.at.startswith(("method", "rollbacks")):
        allowed = "undo_all only in `method` and `rollbacks`"
        yield problem_near(func, key, "undo_all here", allowed, "move the activity to `rollbacks`")
    if changes and step.node.child("background") and step.node.child("background").value is True:  # type: ignore[union-attr]  # tested the line before
        background = step.node.child("background") or step.node
        key = f"{step.at}.background"
        wrong = f"{step.func} in the background"
        yield problem_near(background, key, wrong, "false", "remove `background`")
    if step.module.split(".")[0] == "harness" and step.module not in _OURS:
        module = step.provider.child("module") or step.node
        key = f"{step.at}.provider.module"
        fix = fix_name(step.module, _OURS)
        yield problem_near(module, key, "not a module of activities", listed(_OURS), fix)


def _fault(step: MethodStep, limits: Limits, system: System) -> Iterator[Problem]:
    if "edge" in step.arguments:
        yield from _target(step, "edge", [e.name for e in system.edges], limits.edges)
        yield from _edge_fault(step, system)
    elif "service" in step.arguments:
        yield from _target(step, "service", [s.name for s in system.services], limits.services)
        yield from instance_fault_problems(step, system)


def _target(
    step: MethodStep, name: str, known: Sequence[str], allowed: Sequence[str]
) -> Iterator[Problem]:
    value, node, at = step.arguments[name], step.argument(name), step.argument_at(name)
    if not isinstance(value, str):
        if not isinstance(value, int | float | bool | list | dict | None):
            wrong = "the value of a variable is not known before the start"
            fix = "write the name itself"
            yield problem_near(node, at, wrong, f"a fixed {name}", fix)
    elif value not in known:
        wrong = f"{value[:60]!r} is not in the system"
        yield problem_near(node, at, wrong, listed(known), fix_name(value, known))
    elif value not in allowed:
        wrong = f"{value!r} is outside the blast_radius"
        fix = f"add it to `blast_radius.{name}s`, or take another {name}"
        yield problem_near(node, at, wrong, listed(allowed), fix)


def _edge_fault(step: MethodStep, system: System) -> Iterator[Problem]:
    edge = system.edge(str(step.arguments["edge"]))
    if edge is None or step.func in INSTANCE_ACTIONS:
        return
    row = ability_of(step.func, edge.via)
    if row is None:
        actions = [ability.action for ability in abilities_of(edge.via)]
        if any(ability_of(step.func, via) for via in ("gateway", "mesh", "tcp")):
            node = step.provider.child("func") or step.node
            wrong = f"edge {edge.name} goes via {edge.via}: it cannot do this"
            fix = "take one of the allowed functions, or another edge"
            yield problem_near(node, f"{step.at}.provider.func", wrong, listed(actions), fix)
        return
    given = {name: value for name, value in step.arguments.items() if name not in ("edge", "slot")}
    known = {
        s.name
        for ability in EDGE_ABILITIES
        if ability.action == step.func
        for s in ability.settings
    }
    for wrong_one in wrong_settings(row, given):
        if wrong_one.value in (None, UNKNOWN) or wrong_one.name not in known:
            continue  # the function's signature says it better
        node = step.argument(wrong_one.name)
        yield Problem(
            line=node.line,
            key=step.argument_at(wrong_one.name),
            value=MISSING if wrong_one.value is None else wrong_one.value,
            wrong=f"not possible for {row.kind} on an edge via {edge.via}",
            allowed=wrong_one.allowed,
            fix=f"write `{wrong_one.name}` within this range, or leave it out if it is optional",
        )


def _undone(method: Sequence[MethodStep], rollbacks: Sequence[MethodStep]) -> Iterator[Problem]:
    last = max(index for index, step in enumerate(method) if step.injects)
    if any(step.undoes for step in (*method[last + 1 :], *rollbacks)):
        return
    step = method[last]
    node = step.provider.child("func") or step.node
    wrong = "nothing undoes this fault"
    allowed = f"an action {ACTIONS}.{UNDO} after it in `method`, or in `rollbacks`"
    yield problem_near(node, f"{step.at}.provider.func", wrong, allowed, "add an action undo_all")


def _pauses(
    steps: Sequence[MethodStep],
    method: Sequence[MethodStep],
    rollbacks: Sequence[MethodStep],
    limits: Limits,
) -> Iterator[Problem]:
    before = [step for step in steps if not step.at.startswith(("method", "rollbacks"))]
    fix = "shorten the pauses, or lengthen `phases.fault_s`"
    yield from _too_long((*before, *method), limits.fault_s, "phases.fault_s", fix)
    yield from _too_long(rollbacks, ROLLBACKS_PAUSE_MAX_S, "the time for rollbacks", "shorten them")
    yield from _too_short(method)


def _too_long(steps: Sequence[MethodStep], most_s: float, what: str, fix: str) -> Iterator[Problem]:
    total_s = 0.0
    for step in steps:
        for key, seconds in (("before", step.before_s), ("after", step.after_s)):
            total_s += seconds
            if seconds and total_s > most_s:
                pauses = step.node.child("pauses") or step.node
                wrong = f"the pauses last {total_s:g} s, more than {what} {most_s:g}"
                node = pauses.child(key) or pauses
                allowed = f"{most_s:g} s in all"
                yield problem_near(node, f"{step.at}.pauses.{key}", wrong, allowed, fix)
                return


def _too_short(method: Sequence[MethodStep]) -> Iterator[Problem]:
    """A fault that is undone in the same moment shows nothing."""
    for index, step in enumerate(method):
        if not step.injects:
            continue
        waits = step.after_s + step.waits_unknown
        for later in method[index + 1 :]:
            waits += later.before_s + later.waits_unknown
            if later.undoes:
                break
            waits += later.after_s if later.module in _OURS else 1.0
        else:
            waits += 1.0 if method[-1] is not step or step.after_s else 0.0
        if not waits:
            node = step.node.child("pauses") or step.provider.child("func") or step.node
            wrong = "the fault is undone in the same moment"
            fix = "add `pauses: {after: 10}` to this action"
            yield problem_near(node, f"{step.at}.pauses", wrong, "a pause before undo_all", fix)


def _not_in_a_watch(step: MethodStep) -> Problem:
    node = step.provider.child("func") or step.node
    wrong = "a watch does nothing itself"
    fix = "remove `watch: true`, or the activity; mark other faults with `squall mark`"
    return problem_near(node, step.at, wrong, "an empty method with `watch: true`", fix)


def _not_in_a_control(step: MethodStep) -> Problem:
    node = step.provider.child("func") or step.node
    wrong = "a control run has no fault"
    fix = "remove `control: true`, or the activity"
    return problem_near(node, step.at, wrong, "activities that inject nothing", fix)


def _injects_nothing(root: Node) -> Problem:
    node = root.child("method") or root
    return Problem(
        line=root.line_of_key("method"),
        key="method",
        value=f"{len(node.elements())} activities",
        wrong="the method injects nothing",
        allowed=f"an action of {ACTIONS} whose name begins with {INJECT}, or a declared fault",
        fix=f"add an action with `module: {ACTIONS}` and for example `func: inject_kill`",
    )
