"""How many calls a service made on each edge, and how many attempts they took.

A `calls` line holds the counts since the line before, at most one line a second for each edge; the
rest comes when the service stops. The attempts of a call may stand in a later line than the call.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from reference_services.chassis.logs import Log

EVENT: Final = "calls"
EVERY_S: Final = 1.0


class EdgeCalls:
    """Counts by edge; a part of the service, so that the last counts are told as well."""

    def __init__(self, log: Log, now: Callable[[], float] = time.monotonic) -> None:
        self._log, self._now = log, now
        self._counted: dict[str, tuple[int, int]] = {}
        self._due_s: dict[str, float] = {}

    def called(self, edge: str) -> None:
        """A call with its first attempt."""
        self._count(edge, calls=1)

    def retried(self, edge: str) -> None:
        """A further attempt."""
        self._count(edge, calls=0)

    async def start(self) -> None:
        """Nothing: lines are written when something is counted."""

    async def stop(self) -> None:
        """Write the counts since the last lines."""
        for edge in tuple(self._counted):
            self._tell(edge)

    def _count(self, edge: str, *, calls: int) -> None:
        told_calls, attempts = self._counted.get(edge, (0, 0))
        self._counted[edge] = (told_calls + calls, attempts + 1)
        now_s = self._now()
        if now_s >= self._due_s.get(edge, 0.0):
            self._due_s[edge] = now_s + EVERY_S
            self._tell(edge)

    def _tell(self, edge: str) -> None:
        calls, attempts = self._counted.pop(edge)
        self._log.event(EVENT, name=edge, calls=calls, attempts=attempts)
