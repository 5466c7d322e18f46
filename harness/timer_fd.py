"""Linux's timerfd: a descriptor that becomes readable at an instant, exact to microseconds."""

from __future__ import annotations

import ctypes
import os
from typing import Final

_NS_PER_S: Final = 1_000_000_000
_CLOCK_MONOTONIC: Final = 1
_ABSOLUTE: Final = 1
_libc: Final = ctypes.CDLL(None, use_errno=True)


class _TimeSpec(ctypes.Structure):
    _fields_ = (("s", ctypes.c_long), ("ns", ctypes.c_long))


class _TimerSpec(ctypes.Structure):
    _fields_ = (("interval", _TimeSpec), ("value", _TimeSpec))


class TimerFd:
    """`fd` becomes readable at the instant that was set, and stays so until it is set again."""

    def __init__(self) -> None:
        """Raises OSError."""
        self.fd = _libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._spec = _TimerSpec()
        self._value = self._spec.value
        self._spec_at = ctypes.byref(self._spec)

    def set(self, mono_ns: int) -> None:
        """That instant of CLOCK_MONOTONIC, at once if it has passed; 0: never."""
        self._value.s, self._value.ns = divmod(mono_ns, _NS_PER_S)
        if _libc.timerfd_settime(self.fd, _ABSOLUTE, self._spec_at, None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def close(self) -> None:
        """Give the descriptor back; safe to repeat."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
