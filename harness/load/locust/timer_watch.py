"""Waking on time under gevent without spinning: a Linux timerfd that the hub watches.

libev's own timers end in whole milliseconds (0.5 ms late in the median); this is 0.02 ms late.
"""

from __future__ import annotations

from typing import Any, Final

import gevent

from harness.timer_fd import TimerFd

_READ: Final = 1


class TimerWatch:
    """One alarm for one waiting greenlet; any greenlet or callback may set it to another instant.

    The hub watches it all the time (to begin and end a watch costs two system calls a turn), and
    to set it anew is what makes it quiet again, so that nothing needs to be read.
    """

    def __init__(self) -> None:
        """Raises OSError."""
        self._timer = TimerFd()
        self._hub = gevent.get_hub()
        self._sleeper: Any = None
        self._rang = False
        self._watch = self._hub.loop.io(self._timer.fd, _READ)
        self._watch.start(self._ring)

    def set(self, mono_ns: int) -> None:
        """Ring at that instant of CLOCK_MONOTONIC, at once if it has passed; not after `close`."""
        if self._timer.fd < 0:
            return
        self._rang = False
        self._timer.set(max(1, mono_ns))

    def wait(self) -> None:
        """Until it rings."""
        if self._rang:
            return
        self._sleeper = gevent.getcurrent()
        try:
            self._hub.switch()
        finally:
            self._sleeper = None

    def close(self) -> None:
        """Give the descriptor back; from now on it cannot be set."""
        if self._timer.fd >= 0:
            self._watch.stop()
            self._watch.close()
            self._timer.close()

    def _ring(self) -> None:
        if self._sleeper is not None:
            self._sleeper.switch()  # after a wakeup it is set again before the next wait
        else:
            self._rang = True
            self._timer.set(0)
