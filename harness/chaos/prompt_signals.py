"""Runs the handler of a signal at once, also of one that arrives just before a blocking call.

Python notes a signal and runs its handler between two steps of the main thread. A signal between
the last such step and the system call of a wait does not end the wait: the handler runs when the
wait is over, which for a pause of an experiment may be minutes. A thread that reads the signals'
numbers (`signal.set_wakeup_fd`) interrupts the main thread until it has looked.
"""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import Final

_WAKE: Final = signal.SIGURG  # ignored by default, and nothing here uses it
_WAKES, _WAKE_EVERY_S = 5, 0.02
_MOST_NUMBERS: Final = 512


def run_handlers_at_once() -> None:
    """From now on. Called once, by the main thread."""
    numbers, written = os.pipe()
    os.set_blocking(written, False)
    signal.signal(_WAKE, _look)
    signal.set_wakeup_fd(written, warn_on_full_buffer=False)
    arguments = (numbers, threading.get_ident())
    threading.Thread(target=_interrupt, args=arguments, daemon=True, name="signals").start()


def _interrupt(numbers: int, main: int) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    between = threading.Event()
    while seen := os.read(numbers, _MOST_NUMBERS):
        if set(seen) == {_WAKE}:
            continue
        for _ in range(_WAKES):
            between.wait(_WAKE_EVERY_S)
            signal.pthread_kill(main, _WAKE)


def _look(signum: int, frame: FrameType | None) -> None:
    """Nothing to do: that it was called let the other handlers run."""
    del signum, frame
