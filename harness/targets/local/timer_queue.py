"""Many deadlines, one timerfd: exact to the clock and never early.

uvloop's own timers know whole milliseconds and a cached clock: they fire up to 0.9 ms early.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import heapq
import os
import time
from collections.abc import Callable
from typing import Final

NS_PER_S: Final = 1_000_000_000
_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_CLOCK_MONOTONIC: Final = 1
_TFD_TIMER_ABSTIME: Final = 1
# A core that has slept long wakes late: 30 us after 1 ms, 180 us after 100 ms (virtual machine).
_NAP_NS: Final = 250_000
_BUSY: Final = -1  # no deadline is sooner
_NOTHING: Final = 1 << 63  # none is later


class _Timespec(ctypes.Structure):
    _fields_ = (("s", ctypes.c_long), ("ns", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class TimerQueue:
    """Calls back at or after a moment of CLOCK_MONOTONIC, earliest first, in order of asking."""

    def __init__(self) -> None:
        self._fd = _LIBC.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._waiting: list[tuple[int, int, Callable[[], None]]] = []
        self._asked, self._armed_ns = 0, _NOTHING
        self._setting = _Itimerspec()
        asyncio.get_running_loop().add_reader(self._fd, self._fire)

    def at(self, when_ns: int, call: Callable[[], None]) -> None:
        """Call then. There is no way to cancel: a callback finds out that it is stale."""
        self._asked += 1
        heapq.heappush(self._waiting, (when_ns, self._asked, call))
        if when_ns < self._armed_ns:
            self._arm(when_ns)

    def _arm(self, when_ns: int) -> None:
        """Wake for it: a little before, if it is far away, and then once more, exactly."""
        self._armed_ns = when_ns
        early_ns = when_ns - _NAP_NS
        first_ns = early_ns if early_ns - time.monotonic_ns() > _NAP_NS else when_ns
        value = self._setting.value
        value.s, value.ns = divmod(first_ns, NS_PER_S)
        setting = ctypes.byref(self._setting)
        if _LIBC.timerfd_settime(self._fd, _TFD_TIMER_ABSTIME, setting, None) != 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def _fire(self) -> None:
        """Calls first; to arm the timer again is to have read it."""
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
                with contextlib.suppress(BlockingIOError):
                    os.read(self._fd, 8)

    def close(self) -> None:
        """Forget all and give the descriptor back."""
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)
        self._waiting.clear()
