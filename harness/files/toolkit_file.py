"""Chaos Toolkit's own part of an experiment file: which keys there are, and their values.

A key that Chaos Toolkit ignores is an error here: a typing error must not change what is conducted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal

from harness.files.document import Node, plain
from harness.files.problems import Problem, Verbatim, fix_name, listed
from harness.files.record_check import join, missing_key, problems_of
from harness.files.toolkit_schema import (
    HYPOTHESIS,
    Activity,
    HttpProvider,
    JsonPath,
    ProcessProvider,
    PythonProvider,
    Range,
    Reference,
    Regex,
    TopLevel,
)

_PROVIDERS: Final[dict[str, type]] = {
    "python": PythonProvider,
    "process": ProcessProvider,
    "http": HttpProvider,
}
_TOLERANCES: Final[dict[str, type]] = {"regex": Regex, "jsonpath": JsonPath, "range": Range}


def toolkit_problems(root: Node) -> list[Problem]:
    """All that is wrong with the keys and values of Chaos Toolkit's part."""
    found = problems_of(root, TopLevel)
    for at, activity in activities(root):
        found += _activity(activity, at)
    for index, extension in enumerate(_elements(root, "extensions")):
        if not extension.text("name").strip():
            found.append(missing_key(extension, "name", f"extensions[{index}]", "squall"))
    return [*found, *_extensions_twice(root), *_references(root)]


def _extensions_twice(root: Node) -> Iterator[Problem]:
    seen = set[str]()
    for index, extension in enumerate(_elements(root, "extensions")):
        name = extension.text("name")
        if name in seen:
            place = extension.child("name") or extension
            yield Problem(
                line=place.line,
                key=f"extensions[{index}].name",
                value=name,
                wrong="another extension has this name",
                allowed="each extension once",
                fix="remove one of them",
            )
        seen.add(name)


def _references(root: Node) -> Iterator[Problem]:
    """Chaos Toolkit looks a `ref` up in the method and the hypothesis, by name."""
    places = [(at, node) for at, node in activities(root) if not at.startswith("rollbacks")]
    names = [node.text("name") for _, node in places if node.text("name")]
    for at, node in activities(root):
        ref = node.text("ref")
        place = node.child("ref")
        if place is not None and ref and names.count(ref) != 1:
            yield Problem(
                line=place.line,
                key=f"{at}.ref",
                value=ref,
                wrong="no activity has this name" if ref not in names else "two have this name",
                allowed=f"a name that one activity has: {listed(sorted(set(names)))}",
                fix=fix_name(ref, names) if ref not in names else "rename one of the two",
            )


def activities(root: Node) -> Iterator[tuple[str, Node]]:
    """Every activity of the file with its key: hypothesis, method, rollbacks, declared proofs."""
    hypothesis = root.child(HYPOTHESIS)
    if hypothesis is not None:
        for index, node in enumerate(_elements(hypothesis, "probes")):
            yield f"{HYPOTHESIS}.probes[{index}]", node
    for part in ("method", "rollbacks"):
        for index, node in enumerate(_elements(root, part)):
            yield f"{part}[{index}]", node
    for number, extension in enumerate(_elements(root, "extensions")):
        for index, fault in enumerate(_elements(extension, "faults")):
            if (proof := fault.child("proof")) is not None and isinstance(proof.value, dict):
                yield f"extensions[{number}].faults[{index}].proof", proof


def _elements(node: Node, key: str) -> list[Node]:
    found = node.child(key)
    return [] if found is None else [n for n in found.elements() if isinstance(n.value, dict)]


def _activity(node: Node, at: str) -> list[Problem]:
    if node.child("ref") is not None:
        return problems_of(node, Reference, at)
    found = problems_of(node, Activity, at)
    provider = node.child("provider")
    if provider is not None and isinstance(provider.value, dict):
        found += _one_of(provider, _PROVIDERS, join(at, "provider"))
    if at.startswith(HYPOTHESIS) and not at.endswith(".tolerance"):
        if node.child("tolerance") is None:
            found.append(missing_key(node, "tolerance", at, "true"))
        if node.text("type") == "action":
            found.append(_only_probes(node, at))
    tolerance = node.child("tolerance")
    return found if tolerance is None else found + _tolerance(tolerance, join(at, "tolerance"))


def _only_probes(node: Node, at: str) -> Problem:
    kind = node.child("type") or node
    return Problem(
        line=kind.line,
        key=join(at, "type"),
        value=kind.value,
        wrong="an action in the hypothesis",
        allowed="probe",
        fix="move the action to `method`",
    )


def _one_of(node: Node, kinds: dict[str, type], at: str) -> list[Problem]:
    """A mapping whose `type` says which keys it has."""
    kind = node.child("type")
    if kind is None:
        return [missing_key(node, "type", at, next(iter(kinds)))]
    if isinstance(kind.value, str) and kind.value in kinds:
        return problems_of(node, kinds[kind.value], at)
    names: Any = Literal[tuple(kinds)]
    return problems_of(kind, names, join(at, "type"))


def _tolerance(node: Node, at: str) -> list[Problem]:
    if isinstance(node.value, dict):
        if node.text("type") == "probe":
            return _activity(node, at)
        return _one_of(node, _TOLERANCES, at)
    usable = isinstance(node.value, bool | int | str) or node.elements()
    if usable:
        return []
    return [
        Problem(
            line=node.line,
            key=at,
            value=plain(node) if node.value != [] else Verbatim("[]"),
            wrong="not a tolerance",
            allowed="true, false, a whole number, text, a list, or a mapping with a `type`",
            fix="write for example `tolerance: true`",
        )
    ]
