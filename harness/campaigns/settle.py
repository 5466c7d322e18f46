"""Waits before a run while other processes use the machine: such a run would be INVALID."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from harness.host.finding import Finding

# Each look takes a second; then the run begins anyway and says itself what disturbed it.
MOST_LOOKS: Final = 30


def settle(look: Callable[[], Finding], note: Callable[[str], None]) -> int:
    """Look until the machine is free, at most `MOST_LOOKS` times; returns how often it looked."""
    for count in range(1, MOST_LOOKS + 1):
        found = look()
        if found.ok:
            return count
        if count == 1:
            note(f"waiting for the machine: {found.seen}")
    return MOST_LOOKS
