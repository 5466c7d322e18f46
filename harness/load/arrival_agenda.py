"""The open loop's bookkeeping: what is due when, and who serves it; no clock, network or gevent."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from typing import Final, Generic, NamedTuple, TypeVar

U = TypeVar("U")
_NEVER_US: Final = 1 << 62


class Due(NamedTuple):
    """An entry that starts at `due_us`, in microseconds since the run's zero.

    `visit` is None for an arrival, else what a user of an earlier step left for the next one.
    An intent is on the agenda at most once, so that two entries never compare their visits.
    """

    due_us: int
    intent: int
    visit: object | None = None


class Agenda:
    """Arrivals of a schedule, and the later steps that their visits ask for, in order of time."""

    def __init__(self, share: Sequence[tuple[int, int]]) -> None:
        """`share` holds (intent, due_us) as harness.load.traffic.worker_share gives it."""
        self._arrivals = sorted((due_us, intent) for intent, due_us in share)
        self._arrived = 0
        self._steps: list[Due] = []
        self._next_arrival_us = self._arrivals[0][0] if share else _NEVER_US
        self._next_us = self._next_arrival_us  # of steps, too: asked for more often than it changes

    def __len__(self) -> int:
        return len(self._arrivals) - self._arrived + len(self._steps)

    def next_us(self) -> int | None:
        """When the next entry is due; None when nothing is left."""
        return None if self._next_us == _NEVER_US else self._next_us

    def next_arrivals(self, most: int) -> list[tuple[int, int]]:
        """(due_us, intent) of those arrivals that are next among arrivals."""
        return self._arrivals[self._arrived : self._arrived + most]

    def take(self, now_us: int) -> Due | None:
        """The earliest entry if it is due by now."""
        if self._next_us > now_us:
            return None
        if self._steps and self._steps[0].due_us <= self._next_arrival_us:
            due = heapq.heappop(self._steps)
        else:
            due = Due(*self._arrivals[self._arrived])
            self._arrived += 1
            left = self._arrived < len(self._arrivals)
            self._next_arrival_us = self._arrivals[self._arrived][0] if left else _NEVER_US
        self._look_ahead()
        return due

    def add(self, due: Due) -> bool:
        """Ask for a later step; says whether it is now the next of all."""
        heapq.heappush(self._steps, due)
        self._look_ahead()
        return self._steps[0] is due and due.due_us <= self._next_arrival_us

    def clear(self) -> int:
        """Give up all that is left; says how many entries that were."""
        left = len(self)
        self._arrived, self._next_arrival_us = len(self._arrivals), _NEVER_US
        self._steps.clear()
        self._look_ahead()
        return left

    def _look_ahead(self) -> None:
        self._next_us = self._next_arrival_us
        if self._steps:
            self._next_us = min(self._next_us, self._steps[0].due_us)


class Bench(Generic[U]):
    """Free users, of whom the last to come back is the first to go, and work that found none.

    Last in, first out keeps few connections warm; first in, first out lets each of them idle
    until the server closes it (3,900 connections for 10,000 requests were measured).
    """

    def __init__(self, max_waiting: int) -> None:
        self._free: list[U] = []
        self._waiting: deque[Due] = deque()
        self._max_waiting = max_waiting
        self.dropped = 0

    @property
    def free(self) -> int:
        """Users without work."""
        return len(self._free)

    @property
    def waiting(self) -> int:
        """Entries without a user."""
        return len(self._waiting)

    def hand(self, due: Due) -> U | None:
        """The user that takes it; None if no user is free: it waits, or is counted as dropped."""
        if self._free:
            return self._free.pop()
        if len(self._waiting) < self._max_waiting:
            self._waiting.append(due)
        else:
            self.dropped += 1
        return None

    def come_back(self, user: U) -> Due | None:
        """What has waited longest for a user; None when the user may sit down."""
        if self._waiting:
            return self._waiting.popleft()
        self._free.append(user)
        return None

    def leave(self, user: U) -> None:
        """The user is gone; nothing to do if it was busy."""
        if user in self._free:
            self._free.remove(user)

    def send_away(self) -> int:
        """Give up what waits; says how much that was."""
        left = len(self._waiting)
        self._waiting.clear()
        return left
