"""One alarm for many deadlines, nearly all of which are met.

They are kept in order of time. A new one is nearly always the last, and one that was met is left
behind until it comes to the front, so that neither to set nor to meet one costs a search.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from operator import itemgetter
from typing import Final, Protocol

NEVER_NS: Final = 1 << 62


class Waiting(Protocol):
    """An owner of a deadline. `step` changes when the deadline is met, and is never used again."""

    step: int

    def late(self) -> None:
        """The deadline of this step has passed."""


class Deadlines:
    """All deadlines of one loop, in nanoseconds of CLOCK_MONOTONIC."""

    def __init__(self) -> None:
        self._queue: deque[tuple[int, Waiting, int]] = deque()

    def add(self, ends_ns: int, waiting: Waiting) -> None:
        """Call `waiting` after that instant if its step is unchanged."""
        queue = self._queue
        entry = (ends_ns, waiting, waiting.step)
        if queue and ends_ns < queue[-1][0]:
            queue.insert(bisect_right(queue, ends_ns, key=itemgetter(0)), entry)
        else:
            queue.append(entry)

    def next_ns(self) -> int:
        """The first that is not met; NEVER_NS when there is none."""
        queue = self._queue
        while queue:
            ends_ns, waiting, step = queue[0]
            if waiting.step == step:
                return ends_ns
            queue.popleft()
        return NEVER_NS

    def ring(self, now_ns: int) -> None:
        """Tell everybody whose deadline has passed."""
        while self.next_ns() <= now_ns:
            self._queue.popleft()[1].late()
