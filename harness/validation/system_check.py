"""What the parts of a system file must agree on: names, edges, replicas, ports and templates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.errors import ConfigError
from harness.files.document import Node
from harness.files.problems import Problem, fix_name, listed
from harness.files.record_check import wrong_value
from harness.system import System
from harness.targets.base import Deploys
from harness.targets.registry import TARGETS, target_type
from harness.validation.declared_check import declared_problems

MAX_INSTANCES: Final = 64
# Names of processes and logs that every local system has beside its own instances.
_RESERVED: Final = frozenset({"gateway", "mesh", "tcp-proxy", "chaos", "load", "supervisor"})


def cross_problems(root: Node, system: System) -> list[Problem]:
    """All that is wrong between the parts; each part on its own was found right before."""
    return [
        *_unique(root, "services", "service"),
        *_unique(root, "edges", "edge"),
        *_unique(root, "tables", "table"),
        *_unique_names(root),
        *_entry(root, system),
        *_instances(root, system),
        *_edges(root, system),
        *declared_problems(root, system),
        *_deployment(root, system),
    ]


def _items(root: Node, key: str) -> list[Node]:
    found = root.child(key)
    return [] if found is None else found.elements()


def _unique(root: Node, key: str, what: str) -> Iterator[Problem]:
    seen = dict[str, int]()
    for index, item in enumerate(_items(root, key)):
        name = item.text("name")
        if name in seen:
            yield wrong_value(
                item,
                f"{key}[{index}].name",
                f"{what} {name!r} is here twice, first in line {seen[name]}",
                f"each {what} once",
                "rename it or remove it",
            )
        seen.setdefault(name, item.line)


def _unique_names(root: Node) -> Iterator[Problem]:
    """Lists of names in which each name has one meaning."""
    places = [("events", _items(root, "events"))]
    for number, service in enumerate(_items(root, "services")):
        places.append((f"services[{number}].databases", _items(service, "databases")))
    for key, items in places:
        seen = set[object]()
        for index, item in enumerate(items):
            if item.value in seen:
                wrong = "this name is here twice"
                yield wrong_value(item, f"{key}[{index}]", wrong, "each name once", "remove one")
            seen.add(item.value if not isinstance(item.value, dict | list) else "")


def _entry(root: Node, system: System) -> Iterator[Problem]:
    edges = [e.name for e in system.edges]
    if system.entry not in edges:
        fix = fix_name(system.entry, edges)
        yield wrong_value(root, "entry", "this is not an edge", listed(edges), fix)


def _instances(root: Node, system: System) -> Iterator[Problem]:
    seen = dict.fromkeys(_RESERVED, "Squall's own process")
    count = 0
    for index, (service, item) in enumerate(
        zip(system.services, _items(root, "services"), strict=True)
    ):
        key = f"services[{index}].name"
        for name in system.instance_names(service.name):
            count += 1
            if name in seen and seen[name] != service.name:
                wrong = f"the instance {name!r} has the name of {seen[name]}"
                allowed = "names that differ from " + listed(sorted(_RESERVED))
                yield wrong_value(item, key, wrong, allowed, "rename the service")
            seen.setdefault(name, service.name)
    if count > MAX_INSTANCES:
        wrong = f"{count} instances in all"
        allowed = f"at most {MAX_INSTANCES} instances"
        yield wrong_value(root, "services", wrong, allowed, "lower the replicas")


def _edges(root: Node, system: System) -> Iterator[Problem]:
    ports = dict[int, str]()
    for index, (edge, item) in enumerate(zip(system.edges, _items(root, "edges"), strict=True)):
        key = f"edges[{index}]"
        names = [s.name for s in system.services]
        if edge.destination not in names:
            wrong = f"no service {edge.destination!r}"
            fix = fix_name(edge.destination, names)
            yield wrong_value(item, f"{key}.name", wrong, listed(names), fix)
        if edge.via in ("tcp", "direct") and edge.in_flight_max is not None:
            wrong = f"a {edge.via} edge does not know requests"
            allowed = "in_flight_max only via gateway or mesh"
            fix = "remove it, or use via: mesh"
            yield wrong_value(item, f"{key}.in_flight_max", wrong, allowed, fix)
        if edge.port is not None and edge.port in ports:
            wrong = f"edge {ports[edge.port]} has this port too"
            yield wrong_value(item, f"{key}.port", wrong, "each port once", "take another port")
        if edge.port is not None:
            ports.setdefault(edge.port, edge.name)


def _deployment(root: Node, system: System) -> Iterator[Problem]:
    """What the target cannot do; only asked of a system that is sound by itself."""
    try:
        kind = target_type(system.target)
    except ConfigError as error:
        fix = fix_name(system.target, TARGETS)
        allowed = f"{listed(TARGETS)}, or module:Class"
        yield wrong_value(root, "target", str(error)[:200], allowed, fix)
        return
    if issubclass(kind, Deploys):
        yield from kind.deployment_problems(root, system)
