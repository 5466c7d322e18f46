"""Guards: what would go wrong without them is counted, so that a guard that does nothing is seen.

A guard is a layer that absorbs something: an idempotency key that answers a repeated payment, a
transfer id that the ledger knows, a sweeper that ends what a request left open, a breaker that
rejects a call. The first absorption is logged at once, later ones are summed up once in `EVERY_S`,
so the sum of the lines is a lower bound.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from reference_services.chassis.logs import Log

EVENT: Final = "guard"
EVERY_S: Final = 1.0


class Guards:
    """Counts by name, and writes the counts as `guard` lines."""

    def __init__(self, log: Log, now: Callable[[], float] = time.monotonic) -> None:
        self._log, self._now = log, now
        self._counted: dict[str, int] = {}
        self._due_s: dict[str, float] = {}

    def absorbed(self, name: str, count: int = 1) -> None:
        """The guard of this name has done its work `count` times."""
        if count < 1:
            return
        self._counted[name] = self._counted.get(name, 0) + count
        now_s = self._now()
        if now_s >= self._due_s.get(name, 0.0):
            self._due_s[name] = now_s + EVERY_S
            self._log.event(EVENT, name=name, absorbed=self._counted.pop(name))
