"""Lists of names in messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

SHOWN_NAMES: Final = 3


def say_names(names: Sequence[str]) -> str:
    """The first few, and how many more."""
    return say_some(names, SHOWN_NAMES)


def say_some(names: Sequence[str], most: int) -> str:
    """The first `most` names; an empty one, or one with space around it, in quotes."""
    plain = (name if name and name == name.strip() else f"'{name}'" for name in names[:most])
    shown, more = ", ".join(plain), len(names) - most
    return f"{shown} and {more:,} more" if more > 0 else shown
