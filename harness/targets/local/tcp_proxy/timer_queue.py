"""Many deadlines, one timerfd: exact to the clock and never early.

uvloop's own timers know whole milliseconds and a cached clock: they fire up to 0.9 ms early.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from typing import Final

from harness.timer_fd import TimerFd

# A core that has slept long wakes late: 30 us after 1 ms, 180 us after 100 ms (virtual machine).
_NAP_NS: Final = 250_000
# How long before a deadline the loop begins to turn: what four wakings of five are late by. It is
# found out as they come: four small steps down weigh one up.
_LEAD_FIRST_NS: Final = 50_000
_LEAD_MIN_NS, _LEAD_MAX_NS = 5_000, 100_000
_LEAD_UP_NS, _LEAD_DOWN_NS = 2_000, 500
_BUSY: Final = -1  # no deadline is sooner
_NOTHING: Final = 1 << 63  # none is later
_NEVER: Final = 0  # disarms a timerfd, and unsays that it has fired


class TimerQueue:
    """Calls back at or after a moment of CLOCK_MONOTONIC, earliest first, in order of asking."""

    def __init__(self) -> None:
        self._timer = TimerFd()
        self._waiting: list[tuple[int, int, Callable[[], None]]] = []
        self._asked, self._armed_ns = 0, _NOTHING
        self._wake_ns, self._lead_ns, self._turning = _NEVER, _LEAD_FIRST_NS, False
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._timer.fd, self._woken)

    def at(self, when_ns: int, call: Callable[[], None]) -> None:
        """Call back at that time. It cannot be cancelled: the callback checks if it is stale."""
        self._asked += 1
        heapq.heappush(self._waiting, (when_ns, self._asked, call))
        if when_ns < self._armed_ns:
            self._arm(when_ns)

    def in_ns(self, wait_ns: int, call: Callable[[], None]) -> None:
        """Call that long from now."""
        self.at(time.monotonic_ns() + wait_ns, call)

    def _arm(self, when_ns: int) -> None:
        """Nap, if it is far away; then sleep until a little before; then let the loop turn."""
        self._armed_ns = when_ns
        ahead_ns = when_ns - time.monotonic_ns()
        if ahead_ns > 2 * _NAP_NS:
            self._wake_at(when_ns - _NAP_NS)
        elif ahead_ns > self._lead_ns:
            self._wake_at(when_ns - self._lead_ns)
        else:
            self._wake_at(_NEVER)
            if not self._turning:
                self._turning = True
                self._loop.call_soon(self._turn)

    def _wake_at(self, wake_ns: int) -> None:
        if wake_ns == self._wake_ns:
            return
        self._wake_ns = wake_ns
        self._timer.set(wake_ns)

    def _woken(self) -> None:
        """The timer has fired. After a nap, how late it is teaches nothing: naps are for that."""
        if self._armed_ns - self._wake_ns == self._lead_ns:
            is_late = time.monotonic_ns() > self._armed_ns
            step_ns = _LEAD_UP_NS if is_late else -_LEAD_DOWN_NS
            self._lead_ns = min(max(self._lead_ns + step_ns, _LEAD_MIN_NS), _LEAD_MAX_NS)
        self._fire()

    def _turn(self) -> None:
        """Check the clock once in each turn of the event loop, so that other callbacks run."""
        ahead_ns = self._armed_ns - time.monotonic_ns()
        self._turning = 0 < ahead_ns <= _LEAD_MAX_NS
        if self._turning:
            self._loop.call_soon(self._turn)
        elif ahead_ns <= 0:
            self._fire()

    def _fire(self) -> None:
        """Call all that is due, then arm the timer for what is not."""
        self._armed_ns = _BUSY  # so that no callback arms it
        waiting = self._waiting
        try:
            while waiting and waiting[0][0] <= time.monotonic_ns():
                heapq.heappop(waiting)[2]()
        finally:
            self._armed_ns = _NOTHING
            if waiting:
                self._arm(waiting[0][0])
            else:
                self._wake_at(_NEVER)

    def close(self) -> None:
        """Forget all and give the descriptor back."""
        self._loop.remove_reader(self._timer.fd)
        self._timer.close()
        self._waiting.clear()
        self._armed_ns = _NOTHING
