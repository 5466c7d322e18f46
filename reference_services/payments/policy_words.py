"""Other limits of an edge, as words: `payments>ledger.retry.tries=1 payments>bank.in_flight=64`.

Each word names an edge, a field of its policy (or `retry.` or `breaker.` and a field of that), and
a number. What is not named stays as in the policy table.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from reference_services.chassis.errors import SettingsError
from reference_services.resilience.policy import EdgePolicy

_WORD: Final = re.compile(r"([a-z]+>[a-z]+)\.([a-z_.]{1,40})=(\d{1,6}(?:\.\d{1,6})?)")
_MOST_WORDS: Final = 50
_MOST: Final = 10_000


def policies_from(words: str, usual: Mapping[str, EdgePolicy]) -> Mapping[str, EdgePolicy]:
    """The policies with the changes. Raises SettingsError."""
    changed = dict(usual)
    for word in words.split()[: _MOST_WORDS + 1]:
        found = _WORD.fullmatch(word)
        if found is None:
            raise SettingsError(f"EDGE_POLICIES: {word[:80]!r}: write EDGE.FIELD=NUMBER")
        edge, field, number = found.groups()
        if edge not in changed:
            raise SettingsError(f"EDGE_POLICIES: {edge!r}: {_nearest(edge, changed)}")
        changed[edge] = _changed(changed[edge], field, number)
    if len(words.split()) > _MOST_WORDS:
        raise SettingsError(f"EDGE_POLICIES: more than {_MOST_WORDS} words")
    return MappingProxyType(changed)


def _changed(policy: EdgePolicy, field: str, number: str) -> EdgePolicy:
    part, _, name = field.rpartition(".")
    owner: Any = getattr(policy, part) if part in ("retry", "breaker") else policy
    known = {one.name: getattr(owner, one.name) for one in fields(owner)}
    numbers = {key: value for key, value in known.items() if isinstance(value, int | float)}
    if part not in ("", "retry", "breaker") or name not in numbers:
        names = [f"{part}.{key}" if part in ("retry", "breaker") else key for key in numbers]
        raise SettingsError(f"EDGE_POLICIES: {field!r}: {_nearest(field, names)}")
    made = replace(owner, **{name: _number(field, number, numbers[name])})
    if part == "retry":
        return replace(policy, retry=made)
    changed: EdgePolicy = replace(policy, breaker=made) if part else made
    return changed


def _number(field: str, text: str, usual: float) -> Any:  # noqa: ANN401  # of the field's own type
    """Whole where the field is a count, and at least one there."""
    if isinstance(usual, int) and ("." in text or int(text) < 1):
        raise SettingsError(f"EDGE_POLICIES: {field}={text}: write a whole number from 1")
    value = int(text) if isinstance(usual, int) else float(text)
    if not math.isfinite(value) or value > _MOST:
        raise SettingsError(f"EDGE_POLICIES: {field}={text}: write a number up to {_MOST}")
    return value


def _nearest(wrong: str, known: Any) -> str:  # noqa: ANN401  # names in any collection
    names = sorted(known)
    close = get_close_matches(wrong, names, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names)}"
