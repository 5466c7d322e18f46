"""Joins a system file (what there is) and a deployment file (how it runs) to one system.

```yaml
target: local
services:
  - {name: ledger, replicas: 2, command: ["{python}", -m, ledger], env: {PORT: "{port}"}}
edges:
  - {name: payments>ledger, via: mesh}
```

A service or edge of the deployment file adds its keys to the one of that name in the system file.
Each key is in one of the two files. A system file without a deployment file may hold both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from harness.files.document import Document, Node
from harness.files.problems import Problem, fix_name, listed
from harness.files.record_check import missing_key, problem_at, unknown_key

# Lines of the deployment file are kept above this, so that each problem knows its file.
DEPLOYED_FROM_LINE: Final = 10_000_000
HOW_SERVICE: Final = (
    *("kind", "replicas", "command", "env", "start_timeout_s", "databases", "url", "urls"),
    "options",
)
HOW_EDGE: Final = ("via", "port", "in_flight_max", "options")
_HOW: Final = {"services": HOW_SERVICE, "edges": HOW_EDGE}
_TOP: Final = ("target", "rate_scale", "options", "services", "edges")


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The joined tree, and what keeps the two files from being joined."""

    root: Node
    problems: tuple[Problem, ...]


def join_files(system: Document, deployment: Document) -> Joined:
    """The system with the keys of its deployment; lines of the latter are shifted."""
    what, how = system.root, _shifted(deployment.root)
    problems = [*_of_top(how), *(p for key in _HOW for p in _of_items(what, how, key))]
    if not isinstance(what.value, dict) or problems:
        return Joined(root=what, problems=tuple(problems))
    values = dict(what.value)
    lines = dict(what.key_lines)
    for key in ("target", "rate_scale", "options"):
        if (found := how.child(key)) is not None:
            values[key], lines[key] = found, how.line_of_key(key)
    for key in _HOW:
        if (items := what.child(key)) is not None:
            values[key] = Node(items.line, [_merged(item, how, key) for item in items.elements()])
    return Joined(root=Node(what.line, dict(values), lines), problems=())


def split_problems(problems: list[Problem]) -> tuple[list[Problem], list[Problem]]:
    """The problems of the system file and those of the deployment file, with their own lines."""
    own = [p for p in problems if p.line < DEPLOYED_FROM_LINE]
    deployed = [
        Problem(
            line=p.line - DEPLOYED_FROM_LINE,
            key=p.key,
            value=p.value,
            wrong=p.wrong,
            allowed=p.allowed,
            fix=p.fix,
        )
        for p in problems
        if p.line >= DEPLOYED_FROM_LINE
    ]
    return own, deployed


def _of_top(how: Node) -> Iterator[Problem]:
    if not isinstance(how.value, dict):
        yield problem_at(how, "", "not a deployment file", listed(_TOP), "write `target: local`")
    for key in dict(how.items()):
        if key not in _TOP:
            yield unknown_key(how, key, "", list(_TOP))


def _of_items(what: Node, how: Node, key: str) -> Iterator[Problem]:
    known = [item.text("name") for item in _items(what, key)]
    yield from _in_the_wrong_file(what, key)
    seen = set[str]()
    for index, item in enumerate(_items(how, key)):
        at, name = f"{key}[{index}]", item.text("name")
        node = item.child("name") or item
        if not name:
            yield missing_key(item, "name", at, known[0] if known else "...")
        elif name not in known:
            wrong = f"{name[:60]!r} is not in the system file"
            yield problem_at(node, f"{at}.name", wrong, listed(known), fix_name(name, known))
        elif name in seen:
            wrong = f"{name!r} is here twice"
            yield problem_at(node, f"{at}.name", wrong, "each name once", "join the two")
        seen.add(name)
        for own in dict(item.items()):
            if own not in ("name", *_HOW[key]):
                yield unknown_key(item, own, at, ["name", *_HOW[key]])


def _in_the_wrong_file(what: Node, key: str) -> Iterator[Problem]:
    """One problem for a whole file that holds both halves."""
    for index, item in enumerate(_items(what, key)):
        for own, node in item.items():
            if own in _HOW[key]:
                yield Problem(
                    line=item.line_of_key(own),
                    key=f"{key}[{index}].{own}",
                    value=node.value,
                    wrong="this belongs into the deployment file, which is given too",
                    allowed="what there is: names, health, ready, tables, events",
                    fix=f"move {listed(_HOW[key])} of all {key} there, each under its `name`",
                )
                return


def _merged(item: Node, how: Node, key: str) -> Node:
    name = item.text("name")
    more = next((other for other in _items(how, key) if other.text("name") == name), None)
    if more is None or not isinstance(item.value, dict):
        return item
    values = {**dict(more.items()), **item.value}
    return Node(item.line, values, {**more.key_lines, **item.key_lines})


def _items(root: Node, key: str) -> list[Node]:
    found = root.child(key)
    return [] if found is None else found.elements()


def _shifted(node: Node) -> Node:
    """The same values, their lines above those of any system file."""
    value = node.value
    if isinstance(value, dict):
        value = {key: _shifted(child) for key, child in value.items()}
    elif isinstance(value, list):
        value = [_shifted(child) for child in value]
    lines = {key: line + DEPLOYED_FROM_LINE for key, line in node.key_lines.items()}
    return Node(node.line + DEPLOYED_FROM_LINE, value, lines, node.size, node.depth)
