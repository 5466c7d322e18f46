"""A small fixed piece of work that says how fast the machine itself was while a row was measured.

A virtual machine may become slower without other load and without stolen time in its statistics;
`disturbed` cannot see that. The yardstick corrects no figure and decides nothing. It is measured on
one core between two sides: if a figure moves and the yardstick does not, the machine is not the
cause.
"""

from __future__ import annotations

import hashlib
import time
from typing import Final

_STEPS: Final = 125_000
_BLOCK: Final = bytes(4 << 20)  # more than a core's own cache holds
_HASHES: Final = 3
_COPIES: Final = 40


def yard_ms() -> float:
    """CPU time of the fixed work on one core, in ms: interpreter, hashing, copying.

    The quicker of two laps: the first one may meet cold memory. Waiting for a core does not count:
    that is what others take, and said elsewhere.
    """
    return min(_lap_ms(), _lap_ms())


def _lap_ms() -> float:
    begin_ns = time.thread_time_ns()
    _work()
    return (time.thread_time_ns() - begin_ns) / 1e6


def _work() -> None:
    total = 0
    seen: dict[int, int] = {}
    for step in range(_STEPS):
        total += step % 7
        seen[step & 1023] = total
    for _ in range(_HASHES):
        hashlib.sha256(_BLOCK).digest()
    for _ in range(_COPIES):
        bytearray(_BLOCK)
