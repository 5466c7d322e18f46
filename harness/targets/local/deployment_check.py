"""What the local target can run: commands with templates, databases of its own, proxied edges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from harness.files.document import Node
from harness.files.problems import Problem, fix_name, listed
from harness.files.record_check import missing_key, wrong_value
from harness.files.templates import names_in
from harness.system import Edge, Service, System

_TEMPLATES: Final = ("python", "port", "instance", "data")


def deployment_problems(root: Node, system: System) -> list[Problem]:
    """All that is wrong with the services and edges of a local system."""
    return [*_services(root, system), *_edges(root, system)]


def _edges(root: Node, system: System) -> Iterator[Problem]:
    for index, (edge, item) in enumerate(zip(system.edges, _items(root, "edges"), strict=True)):
        yield from _destination(edge, item, f"edges[{index}]", system)


def _items(root: Node, key: str) -> list[Node]:
    found = root.child(key)
    return [] if found is None else found.elements()


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
        yield wrong_value(item, f"{key}.replicas", wrong, "1", "write `replicas: 1`")
    if service.command:
        wrong = "a service of kind postgres has no command"
        fix = "remove `command`, or write `kind: process`"
        yield wrong_value(item, f"{key}.command", wrong, "no command", fix)
    if service.url is not None and not _is_database(service.url):
        wrong = "not the address of a database"
        allowed = "postgresql://user@host:port, port 1 to 65535"
        fix = "write it as postgresql://user@host:port"
        yield wrong_value(item, f"{key}.url", wrong, allowed, fix, hidden=True)


def _process(service: Service, item: Node, key: str) -> Iterator[Problem]:
    if not service.command and service.url is None:
        yield missing_key(item, "command", key, '["{python}", -m, my_service]')
    if service.url is not None:
        wrong = "only a service of kind postgres can run elsewhere"
        fix = "write it as postgresql://user@host:port with `kind: postgres`, or use `command`"
        allowed = "no url for kind process"
        yield wrong_value(item, f"{key}.url", wrong, allowed, fix, hidden=True)
    if service.urls:
        wrong = "the local target starts its services"
        fix = "use `command`, or `target: attached`"
        yield wrong_value(item, f"{key}.urls", wrong, "no urls", fix, hidden=True)
    if service.databases:
        wrong = "only a service of kind postgres has databases"
        fix = "remove `databases`, or write `kind: postgres`"
        yield wrong_value(item, f"{key}.databases", wrong, "no databases", fix)


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


def _destination(edge: Edge, item: Node, key: str, system: System) -> Iterator[Problem]:
    service = system.service(edge.destination)
    if service is None:
        return
    if service.kind == "postgres" and edge.via not in ("tcp", "direct"):
        wrong = "a database is reached via tcp"
        yield wrong_value(item, f"{key}.via", wrong, "tcp", "write `via: tcp`")
    if edge.via in ("tcp", "direct") and service.replicas > 1:
        wrong = f"via: {edge.via} leads to one instance, not to {service.replicas}"
        fix = "write `via: mesh`, or `replicas: 1`"
        yield wrong_value(item, f"{key}.via", wrong, "gateway or mesh", fix)
