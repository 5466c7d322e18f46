"""Reads a YAML scenario: every error with its file and line, and `${NAME}` from the environment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from harness.errors import ConfigError
from harness.files.document import Node, plain
from harness.files.problems import Problem, fix_name, listed, raise_problems
from harness.files.record_check import missing_key, problems_of, wrong_value
from harness.files.yaml_file import checked_root, read_document
from harness.load.header_variables import VARIABLE, with_variables
from harness.load.protocol.description import Create, Description, StatusRequest
from harness.load.traffic import Curve, Rise, Spike, Steady

SUFFIXES: Final = (".yaml", ".yml")
KEY: Final = "{key}"
_LISTS: Final = ("done", "refused", "again", "unknown")
_CURVES: Final = {"steady": Steady, "rise": Rise, "spike": Spike}


def is_description(path: Path) -> bool:
    """Whether the scenario is a YAML file."""
    return path.suffix in SUFFIXES


def read_description(path: Path, environ: Mapping[str, str] = os.environ) -> Description:
    """The scenario, with its variables replaced. Raises ConfigError with all errors of the file."""
    root = checked_root(read_document(path))
    raise_problems(path, problems_of(root, Description))
    values = plain(root)
    raise_problems(path, [*_cross(root, msgspec.convert(values, Description))])
    raise_problems(path, [*_unset(root, "", environ)])
    try:
        return msgspec.convert(_replaced(values, environ), Description)
    except msgspec.ValidationError as error:  # its text has the place, not the value
        raise ConfigError(f"the value of a variable does not fit: {error}", file=path) from None


def curve_of_description(description: Description) -> Curve:
    """Its curve."""
    choice = msgspec.structs.asdict(description.curve)
    (name, fields), *_ = ((name, fields) for name, fields in choice.items() if fields is not None)
    curve: Curve = _CURVES[name](**msgspec.structs.asdict(fields))
    return curve


def _cross(root: Node, found: Description) -> Iterator[Problem]:
    chosen = [name for name in _CURVES if getattr(found.curve, name) is not None]
    if len(chosen) != 1:
        wrong = f"{len(chosen)} curves"
        names = listed(list(_CURVES))
        yield wrong_value(root, "curve", wrong, f"exactly one of {names}", "keep one of them")
    yield from _key_place(root, found.create)
    yield from _status_key(root, found.status)
    for part in ("create", "status"):
        if (item := root.child(part)) is not None:
            yield from _twice(item, part)
    yield from _asked(root, found)


def _key_place(root: Node, create: Create) -> Iterator[Problem]:
    item = root.child("create") or root
    texts = (create.path, str(create.body), *create.headers.values())
    if not (create.key_header or create.key_field or any(KEY in text for text in texts)):
        yield missing_key(item, "key_header", "create", "Idempotency-Key")
    if create.key_field is not None:
        within: Any = create.body
        for name in create.key_field.split(".")[:-1]:
            within = within.get(name) if isinstance(within, dict) else None
        if not isinstance(within, dict):
            fix = "write `body` as a mapping that has all but the last name"
            wrong = "the body has no place for it"
            yield wrong_value(item, "create.key_field", wrong, "a path of the body", fix)


def _status_key(root: Node, status: StatusRequest | None) -> Iterator[Problem]:
    if status is not None and KEY not in status.path and status.key_header is None:
        item = root.child("status") or root
        fix = f"write for example `path: /orders/{KEY}`"
        yield wrong_value(item, "status.path", "it does not name the key", f"has {KEY}", fix)


def _twice(item: Node, part: str) -> Iterator[Problem]:
    seen: dict[object, str] = {}
    for name in _LISTS:
        for node in (item.child(name) or Node(0, [])).elements():
            if (first := seen.setdefault(node.value, name)) != name:
                wrong = f"it is in `{first}`, too"
                yield Problem(
                    line=node.line,
                    key=f"{part}.{name}",
                    value=node.value,
                    wrong=wrong,
                    allowed="each status in one list",
                    fix="remove it from one of them",
                )


def _asked(root: Node, found: Description) -> Iterator[Problem]:
    body = found.create.body if isinstance(found.create.body, dict) else {}
    known = [name for name, value in body.items() if type(value) in (int, str)]
    node = root.child("asked")
    for item in node.elements() if node is not None else ():
        if item.value not in known:
            yield Problem(
                line=item.line,
                key="asked",
                value=item.value,
                wrong="no field of the body that is text or a whole number",
                allowed=listed(known) if known else "fields of `create.body`",
                fix=fix_name(str(item.value), known),
            )


def _unset(node: Node, at: str, environ: Mapping[str, str]) -> Iterator[Problem]:
    for name in VARIABLE.findall(node.value) if isinstance(node.value, str) else ():
        if name not in environ:
            yield Problem(
                line=node.line,
                key=at,
                value=node.value,
                wrong=f"the environment has no variable {name}",
                allowed="variables that are set",
                fix=f"set {name}",
            )
    for key, child in node.items():
        yield from _unset(child, f"{at}.{key}" if at else key, environ)
    for index, child in enumerate(node.elements()):
        yield from _unset(child, f"{at}[{index}]", environ)


def _replaced(value: Any, environ: Mapping[str, str]) -> Any:  # noqa: ANN401  # any YAML value
    if isinstance(value, dict):
        return {key: _replaced(item, environ) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, environ) for item in value]
    if isinstance(value, str):
        return with_variables(value, environ)
    return value
