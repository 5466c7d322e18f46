"""Fills a system file's templates: `{python}`, `{port}`, `{instance}`, `{data}`, `{edge:...}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from harness.errors import ConfigError
from harness.files.problems import nearest

# Only a bare word (with an edge's name) is a template: JSON in an environment is left alone.
_TEMPLATE: Final = re.compile(r"\{(?P<name>[a-z]+(?::[^{}]*)?)\}")


def names_in(text: str) -> tuple[str, ...]:
    """The templates that a text uses."""
    return tuple(found["name"] for found in _TEMPLATE.finditer(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with each `{name}` replaced by its value. Raises ConfigError for an unknown one."""

    def value(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in values:
            raise ConfigError(f"{text!r}: no {{{name}}}; {nearest(name, list(values))}")
        return values[name]

    return _TEMPLATE.sub(value, text)
