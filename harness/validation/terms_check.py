"""What the terms of an experiment must agree on, among themselves and with the system file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from harness.files.document import Node
from harness.files.problems import Problem, fix_name, listed
from harness.files.record_check import join, wrong_value

if TYPE_CHECKING:
    from harness.experiment import Terms
    from harness.start_condition import When
    from harness.system import System

# The largest limit that makes sense, by the figure's unit.
_KINDS: Final = ("ready", "breaker", "http", "promql")
_OF_EDGES: Final = ("attempts_per_call",)  # metrics with a figure for each edge
_MOST: Final = {"s": 3600.0, "ratio": 1.0, "attempts": 1000.0}


def terms_problems(node: Node, at: str, terms: Terms, system: System) -> Iterator[Problem]:
    """All that is wrong between the terms; each value was found right before."""
    yield from _times(node, at, terms)
    radius = node.child("blast_radius") or node
    places = (
        (radius, f"{at}.blast_radius", "services", [s.name for s in system.services]),
        (radius, f"{at}.blast_radius", "edges", [e.name for e in system.edges]),
        (node, at, "evidence", [table.name for table in system.tables]),
    )
    for holder, key, name, known in places:
        yield from _names(holder, f"{key}.{name}", name, known)
    yield from _objectives(node, at, [e.name for e in system.edges])
    if terms.when is not None:
        yield from _conditions(node.child("when") or node, f"{at}.when", terms.when, system)


def _conditions(node: Node, at: str, when: When, system: System) -> Iterator[Problem]:
    """Each is of one kind, of a service or edge that there is."""
    items = node.child("all")
    services, edges = [s.name for s in system.services], [e.name for e in system.edges]
    for index, one in enumerate(when.all):
        item, key = (items.elements()[index] if items else node), f"{at}.all[{index}]"
        if len(one.kinds) != 1:
            fix = "write one of them"
            yield wrong_value(item, key, "not exactly one condition", listed(_KINDS), fix)
        for kind, name, known in (
            ("ready", one.ready and one.ready.service, services),
            ("breaker", one.breaker and one.breaker.edge, edges),
        ):
            if name and name not in known:
                wrong, fix = f"{name[:60]!r} is not in the system", fix_name(name, known)
                yield wrong_value(
                    item.child(kind) or item, f"{key}.{kind}", wrong, listed(known), fix
                )


def _times(node: Node, at: str, terms: Terms) -> Iterator[Problem]:
    total_s = terms.phases.load_s + terms.phases.drain_s
    if total_s > terms.max_duration_s:
        wrong = f"the phases last {total_s:g} s, more than max_duration_s"
        allowed = f"at least {total_s:g}"
        fix = "shorten the phases, or write a larger max_duration_s"
        yield wrong_value(node, f"{at}.max_duration_s", wrong, allowed, fix)
    if terms.hold_s > terms.phases.recovery_s:
        wrong = f"longer than recovery_s {terms.phases.recovery_s:g}: no recovery can be shown"
        allowed = f"at least 0.1, at most {terms.phases.recovery_s:g}"
        where = "hold_s" if node.child("hold_s") else "phases"
        fix = "shorten hold_s (10 if it is missing), or lengthen phases.recovery_s"
        yield wrong_value(node, f"{at}.{where}", wrong, allowed, fix)


def _names(node: Node, at: str, key: str, known: Sequence[str]) -> Iterator[Problem]:
    found = node.child(key)
    seen = set[str]()
    for index, item in enumerate(found.elements() if found else ()):
        name = str(item.value)
        if name not in known:
            wrong = f"{name[:60]!r} is not in the system"
            allowed, fix = listed(known), fix_name(name, known)
        elif name in seen:
            wrong, allowed, fix = "this name is here twice", "each name once", "remove one"
        else:
            seen.add(name)
            continue
        place = f"{at}[{index}]"
        yield Problem(line=item.line, key=place, value=name, wrong=wrong, allowed=allowed, fix=fix)


def _objectives(node: Node, at: str, edges: Sequence[str]) -> Iterator[Problem]:
    found = node.child("objectives")
    seen = set[str]()
    for index, item in enumerate(found.elements() if found else ()):
        name, key = item.text("name"), f"{at}.objectives[{index}]"
        if name in seen:
            wrong = "another objective has this name"
            yield wrong_value(item, f"{key}.name", wrong, "each name once", "rename it")
        seen.add(name)
        yield from _edge(item, key, edges)


def _edge(item: Node, key: str, edges: Sequence[str]) -> Iterator[Problem]:
    edge, metric = item.text("edge"), item.text("metric")
    if edge and metric not in _OF_EDGES:
        wrong, fix = f"{metric[:60]} has no figure of an edge", "remove edge"
        allowed = f"edge with {listed(_OF_EDGES)}"
        yield wrong_value(item, f"{key}.edge", wrong, allowed, fix)
    elif edge and edge not in edges:
        wrong, fix = f"{edge[:60]!r} is not in the system", fix_name(edge, edges)
        yield wrong_value(item, f"{key}.edge", wrong, listed(edges), fix)


def objective_problems(node: Node, at: str, metrics: Mapping[str, str]) -> Iterator[Problem]:
    """Objectives on figures that do not exist, and limits that cannot fail or cannot hold."""
    found = node.child("objectives")
    for index, item in enumerate(found.elements() if found else ()):
        key, metric = join(at, f"objectives[{index}]"), item.text("metric")
        if metric not in metrics:
            wrong = f"no metric {metric[:60]!r}"
            fix = fix_name(metric, metrics)
            yield wrong_value(item, f"{key}.metric", wrong, listed(sorted(metrics)), fix)
            continue
        most = _MOST.get(metrics[metric], 1_000_000.0)
        limit = item.child("limit")
        value = limit.value if limit is not None else None
        if not isinstance(value, int | float):
            continue
        if value > most:
            wrong = f"out of range for {metric}"
            fix = f"write a limit of at most {most:g}"
            yield wrong_value(item, f"{key}.limit", wrong, f"0 to {most:g} {metrics[metric]}", fix)
        elif (item.text("must"), float(value)) in ((">=", 0.0), ("<=", _top(metrics[metric]))):
            wrong = f"{metric} {item.text('must')} {value:g} cannot fail"
            fix = "write a tighter limit, or remove the objective"
            yield wrong_value(item, f"{key}.limit", wrong, "a limit that a run can miss", fix)


def _top(unit: str) -> float:
    """The largest value that a figure can have."""
    return 1.0 if unit == "ratio" else float("inf")
