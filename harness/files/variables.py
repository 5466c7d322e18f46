"""`${name}` in an experiment: what `configuration` and `secrets` make of it before the start."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from harness.files.document import Node, plain
from harness.files.problems import Problem, fix_name, listed
from harness.files.record_check import missing_key, problem_at, unknown_key

_PATTERN: Final = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<braced>[_a-zA-Z][_a-zA-Z0-9]*)\})")
_TYPES: Final = {
    **dict.fromkeys(("str", "string"), str),
    **dict.fromkeys(("int", "integer"), int),
    **dict.fromkeys(("float", "number"), float),
    "bytes": str.encode,
    "bool": lambda text: text.lower() not in ("false", "0", "no"),
    "json": json.loads,
}


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only the run finds out: a variable that is missing, or the result of a probe."""


UNKNOWN: Final = Unknown()


@dataclass(slots=True)
class Variables:
    """The values by name, and what is wrong with their definitions."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def resolve(self, value: Any) -> Any:  # noqa: ANN401  # the values of any file
        """The value with its variables replaced; UNKNOWN if that is not known before the run."""
        if isinstance(value, dict):
            return {key: self.resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        return self._text(value) if isinstance(value, str) else value

    def names_missing(self, value: object) -> Iterator[str]:
        """The variables of a text that are defined nowhere."""
        for found in _PATTERN.finditer(value) if isinstance(value, str) else ():
            if found["braced"] and found["braced"] not in self.values:
                yield found["braced"]

    def _text(self, text: str) -> Any:  # noqa: ANN401  # as above
        whole = _PATTERN.fullmatch(text)
        if whole and whole["braced"]:
            return self.values.get(whole["braced"], UNKNOWN)
        names = [f["braced"] for f in _PATTERN.finditer(text) if f["braced"]]
        if any(self.values.get(name, UNKNOWN) is UNKNOWN for name in names):
            return UNKNOWN
        return _PATTERN.sub(
            lambda found: "$" if found["escaped"] else str(self.values[found["braced"]]), text
        )


def read_variables(root: Node, environ: Mapping[str, str]) -> Variables:
    """The variables that the file defines, with the values of this environment."""
    found = Variables()
    configuration, secrets = root.child("configuration"), root.child("secrets")
    for name, node in configuration.items() if configuration else ():
        found.values[name] = _value(node, f"configuration.{name}", environ, found.problems)
    for target, group in secrets.items() if secrets else ():
        for name, node in group.items():
            at = f"secrets.{target}.{name}"
            found.values.setdefault(name, _value(node, at, environ, found.problems))
    return found


def _value(node: Node, at: str, environ: Mapping[str, str], problems: list[Problem]) -> Any:  # noqa: ANN401  # as above
    kind = node.child("type")
    if kind is None:
        return plain(node)
    if kind.value == "env":
        return _from_environment(node, at, environ, problems)
    if kind.value == "vault" or (kind.value == "probe" and at.startswith("configuration")):
        return UNKNOWN
    names = ["env", "probe"] if at.startswith("configuration") else ["env", "vault"]
    wrong = "not a known type"
    text = str(kind.value)
    problems.append(problem_at(kind, f"{at}.type", wrong, listed(names), fix_name(text, names)))
    return UNKNOWN


def _from_environment(
    node: Node, at: str, environ: Mapping[str, str], problems: list[Problem]
) -> Any:  # noqa: ANN401  # as above
    known = ["type", "key", "default", "env_var_type"]
    problems += [unknown_key(node, key, at, known) for key in node.key_lines if key not in known]
    name, place = node.text("key"), node.child("key")
    if place is None or not name:
        problems.append(missing_key(node, "key", at, "NAME_OF_A_VARIABLE"))
        return UNKNOWN
    default = node.child("default")
    if name not in environ:
        if default is not None and not at.startswith("secrets"):
            return plain(default)
        wrong = f"the environment variable {name[:80]} is not set"
        fix = f"export {name[:80]}=..., or add `default:` here"
        problems.append(
            problem_at(place, f"{at}.key", wrong, "the name of a variable that is set", fix)
        )
        return UNKNOWN
    return _converted(node, at, environ[name], problems)


def _converted(node: Node, at: str, text: str, problems: list[Problem]) -> Any:  # noqa: ANN401  # as above
    kind = node.child("env_var_type")
    if kind is None or kind.value is None:
        return text
    convert: Any = _TYPES.get(str(kind.value))
    if convert is None:
        wrong, names = "not a known type", sorted(_TYPES)
        fix = fix_name(str(kind.value), names)
        problems.append(problem_at(kind, f"{at}.env_var_type", wrong, listed(names), fix))
        return UNKNOWN
    try:
        return convert(text)
    except ValueError:
        name = node.text("key")
        wrong = f"the environment variable {name[:80]} does not hold a value of this type"
        fix = f"set {name[:80]} to a value of type {kind.value}"
        problems.append(problem_at(kind, f"{at}.env_var_type", wrong, f"{kind.value}", fix))
        return UNKNOWN
