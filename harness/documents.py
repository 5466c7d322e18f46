"""YAML in, typed records out: a wrong file is one line: file, line, value and the mend."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import yaml

from harness.errors import ConfigError

T = TypeVar("T")
MAX_BYTES: Final = 1_000_000
_UNKNOWN: Final = re.compile(r"unknown field `(?P<key>[^`]*)`")
_AT: Final = re.compile(r" - at `\$(?P<path>.*)`$")
_STEP: Final = re.compile(r"\.(?P<key>[^.\[]+)|\[(?P<index>\d+)\]|\[\.\.\.\]")


def read_text(path: Path) -> str:
    """A small text file. Raises ConfigError if it is missing, unreadable, too long or not text."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"longer than {MAX_BYTES} bytes", file=path)
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError("no such file", file=path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", file=path) from error


def parse_tree(path: Path) -> tuple[object, yaml.Node]:
    """The document's plain values, and its nodes, which know their lines."""
    text = read_text(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(f"not YAML: {error.problem}", file=path, line=line) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"not YAML: {error}", file=path) from error
    if node is None:
        raise ConfigError("is empty", file=path)
    return value, node


def convert(value: object, kind: type[T], *, file: Path, node: yaml.Node) -> T:
    """A record of `kind` (a msgspec Struct with forbid_unknown_fields) from plain values.

    `node` is the place in the file that `value` came from. Raises ConfigError.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        text = str(error)
        at = _AT.search(text)
        path = at["path"] if at else ""
        said = text[: at.start()] if at else text
        found, holder = _walk(node, path)
        unknown = _UNKNOWN.search(said)
        if unknown:
            known = _known_keys(kind, path)
            found = _key_node(found, unknown["key"])
            said = f"unknown key `{unknown['key']}`; {nearest(unknown['key'], known)}"
        elif isinstance(found, yaml.ScalarNode):
            said = f"{holder}: {found.value!r}: {said}"
        raise ConfigError(said, file=file, line=found.start_mark.line + 1) from error


def nearest(wrong: str, known: list[str]) -> str:
    """The mend for a wrong name: the closest right one, or all of them."""
    close = get_close_matches(wrong, known, n=1, cutoff=0.5)
    return f"did you mean `{close[0]}`?" if close else f"known: {', '.join(sorted(known))}"


def child(node: yaml.Node, key: str) -> yaml.Node:
    """The value under a key, or the node itself where there is none."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == key:
                return value  # type: ignore[no-any-return]  # yaml's stubs leave node lists open
    return node


def line_of(node: yaml.Node) -> int:
    """The node's line, counted from 1."""
    return int(node.start_mark.line) + 1


def _walk(node: yaml.Node, path: str) -> tuple[yaml.Node, str]:
    holder = ""
    for step in _STEP.finditer(path):
        if step["key"] is not None:
            holder, node = step["key"], child(node, step["key"])
        elif step["index"] is not None and isinstance(node, yaml.SequenceNode):
            node = node.value[int(step["index"])]
    return node, holder


def _key_node(node: yaml.Node, key: str) -> yaml.Node:
    if isinstance(node, yaml.MappingNode):
        for name, _ in node.value:
            if name.value == key:
                return name  # type: ignore[no-any-return]  # as in child()
    return node


def _known_keys(kind: Any, path: str) -> list[str]:  # noqa: ANN401  # a type of any shape
    info = msgspec.inspect.type_info(kind)
    for step in _STEP.finditer(path):
        info = _descend(info, step["key"])
    return sorted(f.encode_name for f in getattr(info, "fields", ()))


def _descend(info: Any, key: str | None) -> Any:  # noqa: ANN401  # msgspec's open set of type infos
    if isinstance(info, msgspec.inspect.UnionType):
        info = next(
            (t for t in info.types if hasattr(t, "fields") or hasattr(t, "item_type")), info
        )
    if key is None:
        return getattr(info, "item_type", info)
    if isinstance(info, msgspec.inspect.DictType):
        return info.value_type
    fields = {f.encode_name: f.type for f in getattr(info, "fields", ())}
    return fields.get(key, info)
