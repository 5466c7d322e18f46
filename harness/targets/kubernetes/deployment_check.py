"""What the deployment file of this target must say: options of the system, services and edges."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from harness.deployment import HOW_SERVICE
from harness.files.document import Node
from harness.files.problems import Problem, fix_name, listed
from harness.files.record_check import missing_key, problem_at
from harness.system import System
from harness.targets.kubernetes.place import CONTEXT, NAMESPACE, OVERLAY

_SYSTEM: Final = (OVERLAY, "overlays", "entry", "image")
_SERVICE: Final = ("selector", "container", "port")
_EDGE: Final = ("carrier", "admin", "keeper")
_ELSEWHERE: Final = tuple(key for key in HOW_SERVICE if key not in ("options", "replicas"))
_ENTRY: Final = re.compile(r"\A[a-z][a-z0-9-]{0,62}:[1-9][0-9]{0,4}\Z")
_SELECTOR: Final = re.compile(
    r"\A[A-Za-z0-9./_-]{1,200}==?[A-Za-z0-9._-]{1,63}(,[A-Za-z0-9./_-]{1,200}==?[A-Za-z0-9._-]{1,63})*\Z"
)
_PORTS: Final = ("port", "admin", "keeper")
_MOST_PORT: Final = 65_535


def deployment_problems(root: Node, system: System) -> list[Problem]:
    """All that is wrong with a system of this target."""
    del system
    return [*_top(root), *_services(root), *_edges(root)]


def _top(root: Node) -> Iterator[Problem]:
    options = root.child("options")
    if options is None or options.child("entry") is None:
        yield missing_key(options or root, "entry", "options", "payments:8080")
    if options is None:
        return
    for name, node in options.items():
        if name in (CONTEXT, NAMESPACE):
            wrong = "context and namespace are given on the command line only"
            fix = f"remove it, and write --{name}"
            yield problem_at(node, f"options.{name}", wrong, "no context and no namespace", fix)
        elif name not in _SYSTEM:
            yield _unknown(node, f"options.{name}", name, _SYSTEM)
        elif name == "entry" and not _ENTRY.match(str(node.value)):
            fix = "write for example payments:8080"
            yield problem_at(node, "options.entry", "not a Service and port", "SERVICE:PORT", fix)


def _services(root: Node) -> Iterator[Problem]:
    for index, item in enumerate(_items(root, "services")):
        key = f"services[{index}]"
        for own in _ELSEWHERE:
            if (node := item.child(own)) is not None:
                wrong = "the manifests say how a service of this target runs"
                yield problem_at(node, f"{key}.{own}", wrong, "options", "remove it")
        yield from _options(item, key, _SERVICE)
        selector = _option(item, "selector")
        if selector is not None and not _SELECTOR.match(str(selector.value)):
            wrong, allowed = "not a selector that this target reads", "NAME=VALUE,NAME=VALUE"
            fix = "write for example app.kubernetes.io/name=ledger"
            yield problem_at(selector, f"{key}.options.selector", wrong, allowed, fix)


def _edges(root: Node) -> Iterator[Problem]:
    for index, item in enumerate(_items(root, "edges")):
        key = f"edges[{index}]"
        yield from _options(item, key, _EDGE)


def _options(item: Node, key: str, known: Sequence[str]) -> Iterator[Problem]:
    options = item.child("options")
    for name, node in options.items() if options is not None else ():
        at = f"{key}.options.{name}"
        if name not in known:
            yield _unknown(node, at, name, known)
        elif name in _PORTS and not _is_port(str(node.value)):
            yield problem_at(
                node, at, "not a port", f"1 to {_MOST_PORT}", 'write for example "8080"'
            )


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 6 and 0 < int(text) <= _MOST_PORT  # noqa: PLR2004  # digits


def _option(item: Node, name: str) -> Node | None:
    options = item.child("options")
    return None if options is None else options.child(name)


def _items(root: Node, key: str) -> list[Node]:
    found = root.child(key)
    return [] if found is None else found.elements()


def _unknown(node: Node, key: str, name: str, known: Sequence[str]) -> Problem:
    return problem_at(node, key, "unknown option", listed(known), fix_name(name, list(known)))
