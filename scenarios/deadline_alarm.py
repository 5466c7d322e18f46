"""A deadline that nearly always is met costs nothing: the timer under it is set once in a while.

To start and stop a timer for every request is dearer than to let one run on and to look, when it
rings, whether the deadline of that moment has been reached.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gevent


class DeadlineAlarm:
    """Calls `late` in the hub once the deadline has passed, never sooner, unless it is cleared."""

    def __init__(self, late: Callable[[], None]) -> None:
        self._late = late
        self._loop = gevent.get_hub().loop
        self._timer: Any = None
        self._rings_s = float("inf")
        self._ends_s = float("inf")

    def set(self, ends_s: float) -> None:
        """The deadline, on CLOCK_MONOTONIC; replaces any other."""
        self._ends_s = ends_s
        if ends_s < self._rings_s:
            self._start(ends_s)

    def clear(self) -> None:
        """The deadline was met."""
        self._ends_s = float("inf")

    def close(self) -> None:
        """Let go of the timer; another `set` takes a new one."""
        self.clear()
        self._rings_s = float("inf")
        if self._timer is not None:
            self._timer.stop()
            self._timer.close()
            self._timer = None

    def _start(self, ends_s: float) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer.close()
        self._rings_s = ends_s
        self._timer = self._loop.timer(max(0.0, ends_s - time.monotonic()))
        self._timer.start(self._ring, update=True)

    def _ring(self) -> None:
        self._rings_s = float("inf")
        ends_s = self._ends_s
        if ends_s <= time.monotonic():
            self.clear()
            self._late()
        elif ends_s < float("inf"):
            self._start(ends_s)
