"""Busy polling: the event loop polls for a short time after a chunk; a sleeping core wakes late.

An answer, and the next request, often follow within 50 us. Sleeping until then makes each of them
20 us later and costs as much CPU as polling. After a poll that found nothing, the next poll waits,
longer after each further one. The loop does not poll while the core is busy with this or other
processes: the core does not sleep then, and polling only finds less data in each turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Protocol

PATIENCE_NS: Final = 50_000
PAYS_FROM: Final = 2  # turns in which something came
BUSY_FROM: Final = 8  # such turns, one after the other
REST_MIN_S, REST_MAX_S = 0.010, 0.160


class Turning(Protocol):
    """What a vigil needs of an event loop."""

    def call_soon(self, callback: Callable[[], None], /) -> object:
        """Call it in the next turn, which is then made without sleep."""

    def call_later(self, delay_s: float, callback: Callable[[], None], /) -> object:
        """Call it after about that time."""


class Vigil:
    """One for all edges of a process. A connection calls `fresh` on data; if `ready`, it polls."""

    __slots__ = (
        "_looked_ns",
        "_loop",
        "_now_ns",
        "_on_end",
        "_rest_s",
        "_seen",
        "_until_ns",
        "fresh",
        "ready",
    )

    def __init__(self, loop: Turning, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._loop, self._now_ns = loop, now_ns
        self.ready, self.fresh = True, False
        self._looked_ns = self._until_ns = self._seen = self._on_end = 0
        self._rest_s = REST_MIN_S

    def begin(self) -> None:
        """Look for what follows, in each turn of the loop."""
        self.ready = self.fresh = False
        self._seen = self._on_end = 0
        self._looked_ns = self._now_ns()
        self._until_ns = self._looked_ns + PATIENCE_NS
        self._loop.call_soon(self._look)

    def _look(self) -> None:
        before_ns, now_ns = self._looked_ns, self._now_ns()
        self._looked_ns = now_ns
        self._on_end = self._on_end + 1 if self.fresh else 0
        if now_ns - before_ns > PATIENCE_NS or self._on_end >= BUSY_FROM:
            self._rest(REST_MIN_S)  # busy
            return
        if self.fresh:
            self.fresh = False
            self._seen += 1
            self._until_ns = now_ns + PATIENCE_NS
        if now_ns < self._until_ns:
            self._loop.call_soon(self._look)
        else:
            self._end()

    def _end(self) -> None:
        if self._seen >= PAYS_FROM:
            self.ready, self._rest_s = True, REST_MIN_S
        else:
            self._rest(self._rest_s)
            self._rest_s = min(2 * self._rest_s, REST_MAX_S)

    def _rest(self, rest_s: float) -> None:
        self._loop.call_later(rest_s, self._rested)

    def _rested(self) -> None:
        self.ready = True
