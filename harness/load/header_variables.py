"""Headers whose values come from the environment of the load process, so that no file has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from harness.errors import ConfigError

VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def with_variables(text: str, environ: Mapping[str, str]) -> str:
    """The text with each `${NAME}` replaced. Raises ConfigError: not set."""
    for name in VARIABLE.findall(text):
        if name not in environ:
            raise ConfigError(f"the variable {name} is not set in the environment")
    return VARIABLE.sub(lambda found: environ[found[1]], text)


def headers_from(stated: object, environ: Mapping[str, str]) -> dict[str, str]:
    """`HEADERS` of a scenario, filled. Raises ConfigError, which never shows a filled value."""
    if not isinstance(stated, Mapping):
        raise ConfigError('HEADERS must be a mapping; write for example {"X-Token": "${TOKEN}"}')
    filled: dict[str, str] = {}
    for name, text in stated.items():
        if not (isinstance(name, str) and _NAME.fullmatch(name) and isinstance(text, str)):
            raise ConfigError(f"HEADERS has {name!r}; write names and values as text")
        filled[name] = with_variables(text, environ)
        if not (filled[name].isascii() and filled[name].isprintable()):
            wrong = f"the header {name} has a value that is not one line of printable ASCII"
            raise ConfigError(f"{wrong}; correct the variable that it names")
    return filled
