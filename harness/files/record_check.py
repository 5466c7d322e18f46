"""Checks a document's values against a record type: every error, with the line of its value.

The type is a msgspec Struct whose fields carry their range (`Annotated[float, Meta(gt=0, le=60)]`).
`description` of the Meta names the unit or the form, `examples` gives the value that the fix names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec import inspect

from harness.files.document import Node, Refused, plain
from harness.files.problems import MISSING, Problem, Verbatim, fix_name, listed, nearest_of

T = TypeVar("T")
_LARGEST: Final = 2**53


def problems_of(node: Node, kind: Any, at: str = "") -> list[Problem]:  # noqa: ANN401  # any type
    """All that keeps the value from being a record of that type; `at` is its key in messages."""
    return list(_check(node, _info(kind), at))


def record(node: Node, kind: type[T]) -> T:
    """The record of a value without problems."""
    return msgspec.convert(plain(node), kind)


def join(at: str, key: str) -> str:
    """The key of a value within the one at `at`."""
    return f"{at}.{key}" if at else key


def unknown_key(node: Node, key: str, at: str, known: list[str]) -> Problem:
    """A key that a mapping cannot have."""
    return Problem(
        line=node.line_of_key(key),
        key=at,
        value=Verbatim(f"`{key}`"),
        wrong=f"unknown key `{key[:40]}`",
        allowed=listed(known),
        fix=fix_name(key, known),
    )


def missing_key(node: Node, key: str, at: str, example: object = "...") -> Problem:
    """A key that a mapping must have."""
    return Problem(
        line=node.line,
        key=join(at, key),
        value=MISSING,
        wrong=f"missing required field `{key}`",
        allowed="a mapping with this key",
        fix=f"add `{key}: {example}`",
    )


def wrong_value(
    item: Node, key: str, wrong: str, allowed: str, fix: str, *, hidden: bool = False
) -> Problem:
    """A problem with the value under the last part of `key`, or with that value missing.

    `item` itself is meant where `key` ends with a place in a list. `hidden`: the value may hold a
    password.
    """
    last = key.rpartition(".")[2]
    node = item.child(last)
    if node is None and last.endswith("]"):
        return problem_at(item, key, wrong, allowed, fix)
    value = MISSING if node is None else Verbatim("(not shown)") if hidden else node.value
    line = (node or item).line
    return Problem(line=line, key=key, value=value, wrong=wrong, allowed=allowed, fix=fix)


def problem_at(node: Node, key: str, wrong: str, allowed: str, fix: str) -> Problem:
    """A problem with the value of this very node; a message shows the size of a container."""
    return Problem(line=node.line, key=key, value=node.value, wrong=wrong, allowed=allowed, fix=fix)


@cache
def _info(kind: Any) -> inspect.Type:  # noqa: ANN401  # as above
    return inspect.type_info(kind)


def _check(node: Node, info: inspect.Type, at: str) -> Iterator[Problem]:
    if isinstance(node.value, Refused):
        return
    extra: dict[str, Any] = {}
    if isinstance(info, inspect.Metadata):
        extra, info = info.extra_json_schema or {}, info.type
    if isinstance(info, inspect.AnyType):
        return
    if isinstance(info, inspect.UnionType):
        yield from _check_union(node, info, at, extra)
    elif isinstance(info, inspect.StructType) and isinstance(node.value, dict):
        yield from _check_struct(node, info, at)
    elif isinstance(info, inspect.DictType) and isinstance(node.value, dict):
        yield from _check_dict(node, info, at, extra)
    elif isinstance(info, inspect.VarTupleType | inspect.ListType) and isinstance(node.value, list):
        yield from _check_list(node, info, at, extra)
    elif wrong := _wrong(node.value, info):
        yield _problem(node, info, at, extra, wrong)


def _check_struct(node: Node, info: inspect.StructType, at: str) -> Iterator[Problem]:
    fields = {f.encode_name: f for f in info.fields}
    meant = {nearest_of(key, fields) for key, _ in node.items() if key not in fields}
    for key, child in node.items():
        if key in fields:
            yield from _check(child, fields[key].type, join(at, key))
        else:
            yield unknown_key(node, key, at, sorted(fields))
    for key, spec in fields.items():
        if spec.required and node.child(key) is None and key not in meant:
            yield missing_key(node, key, at, _example(spec.type))


def _check_dict(
    node: Node, info: inspect.DictType, at: str, extra: dict[str, Any]
) -> Iterator[Problem]:
    if _is_out_of(info, count := len(list(node.items()))):
        yield _problem(node, info, at, extra, f"{count} elements")
    for key, child in node.items():
        yield from _check(Node(node.line_of_key(key), key), info.key_type, join(at, "(key)"))
        yield from _check(child, info.value_type, join(at, key))


def _check_list(
    node: Node, info: inspect.VarTupleType | inspect.ListType, at: str, extra: dict[str, Any]
) -> Iterator[Problem]:
    if _is_out_of(info, count := len(node.elements())):
        yield _problem(node, info, at, extra, f"{count} elements")
    for index, child in enumerate(node.elements()):
        yield from _check(child, info.item_type, f"{at}[{index}]")


def _is_out_of(
    info: inspect.DictType | inspect.VarTupleType | inspect.ListType, count: int
) -> bool:
    most = info.max_length
    return count < (info.min_length or 0) or (most is not None and count > most)


def _check_union(
    node: Node, info: inspect.UnionType, at: str, extra: dict[str, Any]
) -> Iterator[Problem]:
    """The errors of the branch that has the value's own type; one error if there is none."""
    for branch in info.types:
        bare = branch.type if isinstance(branch, inspect.Metadata) else branch
        if _same_type(node.value, bare):
            yield from _check(node, branch, at)
            return
    yield _problem(node, info, at, extra, _expected(info))


def _same_type(value: object, info: inspect.Type) -> bool:
    if isinstance(info, inspect.StructType | inspect.DictType):
        return isinstance(value, dict)
    if isinstance(info, inspect.VarTupleType | inspect.ListType):
        return isinstance(value, list)
    if isinstance(info, inspect.LiteralType):
        return value in info.values
    return not _wrong_type(value, info)


def _wrong_type(value: object, info: inspect.Type) -> bool:
    if isinstance(info, inspect.StrType):
        return not isinstance(value, str)
    if isinstance(info, inspect.BoolType):
        return not isinstance(value, bool)
    if isinstance(info, inspect.IntType):
        return isinstance(value, bool) or not isinstance(value, int)
    if isinstance(info, inspect.FloatType):
        return isinstance(value, bool) or not isinstance(value, int | float)
    if isinstance(info, inspect.NoneType):
        return value is not None
    return not isinstance(info, inspect.AnyType)


def _wrong(value: object, info: inspect.Type) -> str:
    """The error of a scalar; empty if it has none."""
    if isinstance(info, inspect.LiteralType):
        return "" if value in info.values and not isinstance(value, bool) else "not a known value"
    if _wrong_type(value, info):
        return _expected(info)
    if isinstance(value, str) and isinstance(info, inspect.StrType):
        return _wrong_text(value, info)
    if isinstance(value, int | float) and isinstance(info, inspect.IntType | inspect.FloatType):
        return _out_of_range(value, info)
    return ""


def _wrong_text(value: str, info: inspect.StrType) -> str:
    if len(value) < (info.min_length or 0):
        return "too short"
    if info.max_length is not None and len(value) > info.max_length:
        return f"too long, {len(value)} characters"
    if info.pattern is not None and re.search(info.pattern, value) is None:
        return "not in the right form"
    return ""


def _out_of_range(value: float, info: inspect.IntType | inspect.FloatType) -> str:
    below = (info.ge is not None and value < info.ge) or (info.gt is not None and value <= info.gt)
    above = (info.le is not None and value > info.le) or (info.lt is not None and value >= info.lt)
    if below or above or not abs(value) < _LARGEST:
        return "is negative" if below and value < 0 else "out of range"
    return ""


def _expected(info: inspect.Type) -> str:
    return f"not {_type_words(info)}"


def _problem(node: Node, info: inspect.Type, at: str, extra: dict[str, Any], wrong: str) -> Problem:
    description = extra.get("description", "")
    allowed = f"{allowed_words(info)}{f' ({description})' if description else ''}"
    return Problem(
        line=node.line,
        key=at,
        value=plain(node),
        wrong=wrong,
        allowed=allowed,
        fix=_fix(node, info, at, extra),
    )


def _fix(node: Node, info: inspect.Type, at: str, extra: dict[str, Any]) -> str:
    key = at.rpartition(".")[2].partition("[")[0] or "it"
    examples = extra.get("examples")
    if isinstance(info, inspect.LiteralType) and isinstance(node.value, str):
        return fix_name(node.value, [str(v) for v in info.values])
    if isinstance(info, inspect.StrType) and not isinstance(node.value, str | dict | list):
        return f'write it in quotes, `{key}: "{node.value}"`'
    if examples:
        return f"write for example `{key}: {examples[0]}`"
    return f"write {_type_words(info)}"


def _example(info: inspect.Type) -> object:
    if isinstance(info, inspect.Metadata):
        examples = (info.extra_json_schema or {}).get("examples")
        return examples[0] if examples else "..."
    if isinstance(info, inspect.LiteralType):
        return info.values[0]
    return "..."


def _type_words(info: inspect.Type) -> str:
    if isinstance(info, inspect.Metadata):
        return _type_words(info.type)
    if isinstance(info, inspect.UnionType):
        return " or ".join(_type_words(branch) for branch in info.types)
    if isinstance(info, inspect.LiteralType):
        return "one of " + ", ".join(str(value) for value in info.values)
    names: dict[type, str] = {
        inspect.StrType: "text",
        inspect.BoolType: "true or false",
        inspect.IntType: "a whole number",
        inspect.FloatType: "a number",
        inspect.NoneType: "null",
        inspect.VarTupleType: "a list",
        inspect.ListType: "a list",
        inspect.StructType: "a mapping",
        inspect.DictType: "a mapping",
    }
    return names.get(type(info), "a value")


def allowed_words(info: inspect.Type) -> str:
    """The type and the range of a value."""
    if isinstance(info, inspect.Metadata):
        return allowed_words(info.type)
    if isinstance(info, inspect.UnionType):
        return " or ".join(allowed_words(branch) for branch in info.types)
    words = [_type_words(info)]
    if isinstance(info, inspect.IntType | inspect.FloatType):
        limits = (("at least", info.ge), ("more than", info.gt), ("at most", info.le))
        words += [f"{name} {limit:.10g}" for name, limit in limits if limit is not None]
        words += [f"less than {info.lt:.10g}"] if info.lt is not None else []
    counted = inspect.VarTupleType | inspect.ListType | inspect.DictType
    if isinstance(info, inspect.StrType | counted):
        what = "characters" if isinstance(info, inspect.StrType) else "elements"
        least = info.min_length
        words += [f"at least {least} {what}"] if least else []
        words += [f"at most {info.max_length} {what}"] if info.max_length is not None else []
    return ", ".join(words)
