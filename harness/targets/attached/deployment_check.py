"""What an attached system must state: a URL for each service, a port for each proxied edge."""

from __future__ import annotations

from collections.abc import Iterator

from harness.deployment import HOW_SERVICE
from harness.files.document import Node
from harness.files.problems import Problem
from harness.files.record_check import missing_key, wrong_value
from harness.system import Edge, System

_ONLY_LOCAL = tuple(key for key in HOW_SERVICE if key not in ("urls", "options"))


def deployment_problems(root: Node, system: System) -> list[Problem]:
    """All that is wrong with the services and edges of an attached system."""
    return [*_services(root, system), *_edges(root, system)]


def _services(root: Node, system: System) -> Iterator[Problem]:
    for index, (service, item) in enumerate(
        zip(system.services, _items(root, "services"), strict=True)
    ):
        key = f"services[{index}]"
        if not service.urls:
            yield missing_key(item, "urls", key, "[http://127.0.0.1:9000]")
        for own in _ONLY_LOCAL:
            if item.child(own) is not None:
                wrong = "this target starts nothing"
                fix = "remove it, or write `target: local`"
                yield wrong_value(item, f"{key}.{own}", wrong, "urls and options", fix)


def _edges(root: Node, system: System) -> Iterator[Problem]:
    for index, (edge, item) in enumerate(zip(system.edges, _items(root, "edges"), strict=True)):
        key = f"edges[{index}]"
        service = system.service(edge.destination)
        if service is None:
            continue
        if edge.via != "direct":
            yield from _proxied(edge, item, key)
            if any(url.startswith("https") for url in service.urls):
                wrong = f"{service.name} speaks https, which a proxy cannot look into"
                yield wrong_value(item, f"{key}.via", wrong, "direct", "remove `via`")
        if edge.via in ("tcp", "direct") and edge.name == system.entry and service.count > 1:
            wrong = (
                f"via: {edge.via} leads to one instance, {service.name} has {service.count} urls"
            )
            fix = "write `via: gateway`, or one URL: that of the load balancer"
            yield wrong_value(item, f"{key}.via", wrong, "gateway or mesh", fix)


def _proxied(edge: Edge, item: Node, key: str) -> Iterator[Problem]:
    """The caller runs already, so it must know the port before the proxy is there."""
    if edge.port is None:
        example = f"19000`, and let {edge.source} call http://127.0.0.1:19000"
        yield missing_key(item, "port", key, example)


def _items(root: Node, key: str) -> list[Node]:
    found = root.child(key)
    return [] if found is None else found.elements()
