"""Durations as documents write them: `30d`, `5s`."""

from __future__ import annotations

import re
from typing import Final

_DAY_S: Final = 86_400.0
# The shorthand starts at a minute; a month, a quarter and a year have no fixed length in OpenSLO.
_UNITS_S: Final = {
    "m": 60.0,
    "h": 3_600.0,
    "d": _DAY_S,
    "w": 7 * _DAY_S,
    "M": 30 * _DAY_S,
    "Q": 90 * _DAY_S,
    "Y": 365 * _DAY_S,
}
WINDOW: Final = r"^[1-9][0-9]{0,4}[mhdwMQY]$"
SHORT: Final = r"^([1-9][0-9]{0,4}|0\.[0-9]{1,3}|[1-9][0-9]{0,3}\.[0-9]{1,3})(ms|s|m)$"
_SHORT_UNITS_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0}
_SHORT: Final = re.compile(SHORT)


def window_s(text: str) -> float:
    """A duration in OpenSLO's shorthand, in seconds; M is 30, Q 90 and Y 365 days."""
    return int(text[:-1]) * _UNITS_S[text[-1]]


def short_s(text: str) -> float:
    """A duration of a recovery objective, in seconds."""
    found = _SHORT.match(text)
    if found is None:
        raise ValueError(text)
    return float(found[1]) * _SHORT_UNITS_S[found[2]]
