"""Reads a matrix file: every error with its line, the allowed values and the nearest right key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness.campaigns.compare.matrix import Matrix
from harness.files.document import Document, Node
from harness.files.problems import Problem, fix_name, listed, raise_problems
from harness.files.record_check import problems_of, record, wrong_value
from harness.files.yaml_file import read_document

_STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def read_matrix(path: Path) -> Matrix:
    """Read and check a matrix file by itself. Raises ConfigError with every error."""
    document = read_document(path)
    raise_problems(path, matrix_problems(document))
    return record(document.root, Matrix)


def matrix_problems(document: Document) -> list[Problem]:
    """All errors of the file by itself."""
    root = document.root
    found = [*document.problems, *problems_of(root, Matrix)]
    if found or not isinstance(root.value, dict):
        return found
    return [
        *_twice(root, "arms"),
        *_twice(root, "columns"),
        *_twice(root, "scaling"),
        *_ramps(root, record(root, Matrix)),
        *_scaled(root, record(root, Matrix)),
    ]


def _twice(root: Node, key: str) -> Iterator[Problem]:
    seen = set[str]()
    for index, item in enumerate(_items(root, key)):
        name = item.text("name")
        folded = name.lower().replace(" ", "-")  # a name becomes a folder
        if folded in seen:
            at = f"{key}[{index}].name"
            yield wrong_value(item, at, f"{name!r} is here twice", "each once", "rename one")
        seen.add(folded)


def _ramps(root: Node, matrix: Matrix) -> Iterator[Problem]:
    """What only a ramp gives needs one, and a ramp needs its limits."""
    ramps = [column for column in matrix.columns if column.ramp]
    if ramps and matrix.knee is None:
        node = _items(root, "columns")[matrix.columns.index(ramps[0])]
        allowed = "a ramp with a `knee` in the matrix"
        yield wrong_value(
            node, "columns.ramp", "a ramp without limits", allowed, "add `knee: {p99_ms: 250}`"
        )
    if matrix.scaling and not ramps:
        allowed = "a matrix with a column of `ramp: true`"
        yield wrong_value(root, "scaling", "no capacity is measured", allowed, "add a ramp column")


def _scaled(root: Node, matrix: Matrix) -> Iterator[Problem]:
    known = [arm.name for arm in matrix.arms]
    for index, item in enumerate(_items(root, "scaling")):
        seen = set[str]()
        for place, node in enumerate(_items(item, "arms")):
            name, at = str(node.value), f"scaling[{index}].arms[{place}]"
            if name not in known:
                wrong = f"{name!r} is no arm"
                yield wrong_value(node, at, wrong, listed(known), fix_name(name, known))
            elif name in seen:
                yield wrong_value(node, at, f"{name!r} is here twice", "each once", "remove one")
            seen.add(name)


def problem_at(path: Path, key: str, value: object, said: tuple[str, str, str]) -> Problem:
    """A problem with a value of a file that was read before; said: wrong, allowed, fix."""
    wrong, allowed, fix = said
    line = line_at(path, key)
    return Problem(line=line, key=key, value=value, wrong=wrong, allowed=allowed, fix=fix)


def line_at(path: Path, key: str) -> int:
    """The line of a key such as `arms[1].services.ledger`, as far as the file has it."""
    node, line = read_document(path).root, 0
    for name, place in _STEP.findall(key):
        if place:
            items = node.elements()
            found, at = (
                (items[int(place)], items[int(place)].line)
                if int(place) < len(items)
                else (None, 0)
            )
        else:
            found, at = node.child(name), node.line_of_key(name)
        if found is None:
            return line or at
        node, line = found, at
    return line


def _items(root: Node, key: str) -> list[Node]:
    found = root.child(key)
    return [] if found is None else found.elements()
