"""What the parts of a system file must agree on: names, edges, replicas, ports and templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from harness.files.document import Node
from harness.files.problems import Problem, fix_name, listed
from harness.files.record_check import missing_key
from harness.files.templates import names_in
from harness.system import Edge, Service, System

MAX_INSTANCES: Final = 64
# Names of processes and logs that every local system has beside its own instances.
_RESERVED: Final = frozenset({"gateway", "mesh", "tcp-proxy", "chaos", "load", "supervisor"})
_TEMPLATES: Final = ("python", "port", "instance", "data")


def cross_problems(root: Node, system: System) -> list[Problem]:
    """All that is wrong between the parts; each part on its own was found right before."""
    return [
        *_unique(root, "services", "service"),
        *_unique(root, "edges", "edge"),
        *_unique(root, "evidence", "evidence source"),
        *_unique_names(root),
        *_entry(root, system),
        *_instances(root, system),
        *_services(root, system),
        *_edges(root, system),
        *_evidence(root, system),
    ]


def _items(root: Node, key: str) -> list[Node]:
    found = root.child(key)
    return [] if found is None else found.elements()


def _unique(root: Node, key: str, what: str) -> Iterator[Problem]:
    seen = dict[str, int]()
    for index, item in enumerate(_items(root, key)):
        name = item.text("name")
        if name in seen:
            yield _wrong(
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
                yield _wrong(item, f"{key}[{index}]", wrong, "each name once", "remove one")
            seen.add(item.value if not isinstance(item.value, dict | list) else "")


def _entry(root: Node, system: System) -> Iterator[Problem]:
    edges = [e.name for e in system.edges]
    if system.entry not in edges:
        fix = fix_name(system.entry, edges)
        yield _wrong(root, "entry", "this is not an edge", listed(edges), fix)


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
                yield _wrong(item, key, wrong, allowed, "rename the service")
            seen.setdefault(name, service.name)
    if count > MAX_INSTANCES:
        wrong = f"{count} instances in all"
        allowed = f"at most {MAX_INSTANCES} instances"
        yield _wrong(root, "services", wrong, allowed, "lower the replicas")


def _services(root: Node, system: System) -> Iterator[Problem]:
    templates = [*_TEMPLATES, *(f"edge:{e.name}" for e in system.edges)]
    for index, (service, item) in enumerate(
        zip(system.services, _items(root, "services"), strict=True)
    ):
        key = f"services[{index}]"
        if service.kind == "postgres":
            yield from _postgres(service, item, key)
        else:
            yield from _process(service, item, key)
        yield from _templates(item, key, templates)


def _postgres(service: Service, item: Node, key: str) -> Iterator[Problem]:
    if service.replicas != 1:
        wrong = "each replica would be a database of its own"
        yield _wrong(item, f"{key}.replicas", wrong, "1", "write `replicas: 1`")
    if service.command:
        wrong = "a service of kind postgres has no command"
        fix = "remove `command`, or write `kind: process`"
        yield _wrong(item, f"{key}.command", wrong, "no command", fix)
    if service.url is not None and not _is_database(service.url):
        wrong = "not the address of a database"
        allowed = "postgresql://user@host:port, port 1 to 65535"
        fix = "write it as postgresql://user@host:port"
        yield _wrong(item, f"{key}.url", wrong, allowed, fix, hidden=True)


def _process(service: Service, item: Node, key: str) -> Iterator[Problem]:
    if not service.command and service.url is None:
        yield missing_key(item, "command", key, '["{python}", -m, my_service]')
    if service.url is not None:
        wrong = "only a service of kind postgres can run elsewhere"
        fix = "write it as postgresql://user@host:port with `kind: postgres`, or use `command`"
        allowed = "no url for kind process"
        yield _wrong(item, f"{key}.url", wrong, allowed, fix, hidden=True)
    if service.databases:
        wrong = "only a service of kind postgres has databases"
        fix = "remove `databases`, or write `kind: postgres`"
        yield _wrong(item, f"{key}.databases", wrong, "no databases", fix)


def _is_database(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = 5432 if parts.port is None else parts.port
    except ValueError:
        return False
    return parts.scheme in ("postgresql", "postgres") and bool(parts.hostname) and port > 0


def _templates(item: Node, key: str, known: Sequence[str]) -> Iterator[Problem]:
    command, env = item.child("command"), item.child("env")
    texts = [(f"{key}.command", node) for node in (command.elements() if command else [])]
    texts += [(f"{key}.env.{name}", node) for name, node in (env.items() if env else [])]
    for at, node in texts:
        for name in names_in(str(node.value)):
            if name not in known:
                yield Problem(
                    line=node.line,
                    key=at,
                    value=node.value,
                    wrong=f"no template {{{name[:60]}}}",
                    allowed=listed(f"{{{known_name}}}" for known_name in known),
                    fix=fix_name(name, known),
                )


def _edges(root: Node, system: System) -> Iterator[Problem]:
    ports = dict[int, str]()
    for index, (edge, item) in enumerate(zip(system.edges, _items(root, "edges"), strict=True)):
        key = f"edges[{index}]"
        yield from _destination(edge, item, key, system)
        if edge.via == "tcp" and edge.in_flight_max is not None:
            wrong = "a tcp edge does not know requests"
            allowed = "in_flight_max only via gateway or mesh"
            fix = "remove it, or use via: mesh"
            yield _wrong(item, f"{key}.in_flight_max", wrong, allowed, fix)
        if edge.port is not None and edge.port in ports:
            wrong = f"edge {ports[edge.port]} has this port too"
            yield _wrong(item, f"{key}.port", wrong, "each port once", "take another port")
        if edge.port is not None:
            ports.setdefault(edge.port, edge.name)


def _destination(edge: Edge, item: Node, key: str, system: System) -> Iterator[Problem]:
    names = [s.name for s in system.services]
    service = system.service(edge.destination)
    if service is None:
        wrong = f"no service {edge.destination!r}"
        fix = fix_name(edge.destination, names)
        yield _wrong(item, f"{key}.name", wrong, listed(names), fix)
        return
    if service.kind == "postgres" and edge.via != "tcp":
        wrong = "a database is reached via tcp"
        yield _wrong(item, f"{key}.via", wrong, "tcp", "write `via: tcp`")
    if edge.via == "tcp" and service.replicas > 1:
        wrong = f"via: tcp leads to one instance, not to {service.replicas}"
        fix = "write `via: mesh`, or `replicas: 1`"
        yield _wrong(item, f"{key}.via", wrong, "gateway or mesh", fix)


def _evidence(root: Node, system: System) -> Iterator[Problem]:
    names = [s.name for s in system.services if s.kind == "process"]
    for index, (source, item) in enumerate(
        zip(system.evidence, _items(root, "evidence"), strict=True)
    ):
        if source.service not in names:
            wrong = "no service of kind process has this name"
            fix = fix_name(source.service, names)
            key = f"evidence[{index}].service"
            yield _wrong(item, key, wrong, listed(names), fix)


def _wrong(
    item: Node, key: str, wrong: str, allowed: str, fix: str, *, hidden: bool = False
) -> Problem:
    """A problem with the value under the last part of `key`; `hidden`: it may hold a password."""
    node = item.child(key.rpartition(".")[2]) or item
    scalar = node.value if not isinstance(node.value, dict | list) else len(node.value)
    value: object = "(not shown)" if hidden else scalar
    return Problem(line=node.line, key=key, value=value, wrong=wrong, allowed=allowed, fix=fix)
