"""The engine's event loop: epoll, one timerfd, one queue of deadlines.

It wakes a few microseconds before an arrival is due and starts nothing early.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from harness.load.lean.deadlines import NEVER_NS, Deadlines
from harness.timer_fd import TimerFd

READ: Final = 1  # EPOLLIN
WRITE: Final = 4  # EPOLLOUT
_MOST_EVENTS: Final = 64
_MOST_LEAD_NS: Final = 60_000
_LEAD_STEP_NS: Final = 500
_NO_WAKING_NS: Final = 1_000_000  # so late, the loop was busy or stopped, and not asleep
Call = Callable[[], None]


class EventLoop:
    """Belongs to the thread that turns it; only `call_from_outside` is for other threads."""

    def __init__(self) -> None:
        """Raises OSError."""
        self.deadlines = Deadlines()
        self._calls: dict[int, Call] = {}
        self._soon: deque[Call] = deque()
        self._outside: deque[Call] = deque()
        self._gone: list[Any] = []
        self._poll = select.epoll()
        self._timer, self._set_ns = TimerFd(), 0
        self._due_ns, self._lead_ns = 0, 0
        self._bell_is_mine = threading.Lock()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.watch(self._timer.fd, READ, self._ring)
        self.watch(self._bell, READ, self._hear)

    def watch(self, fd: int, events: int, call: Call) -> None:
        """Call whenever one of these events is there, or an error."""
        self._calls[fd] = call
        self._poll.register(fd, events)

    def change(self, fd: int, events: int, call: Call) -> None:
        """Other events of the same descriptor, or another to call."""
        self._calls[fd] = call
        self._poll.modify(fd, events)

    def let_go(self, connection: Any) -> None:  # noqa: ANN401  # a socket or a TLS socket
        """Watch it no longer and close it: after this turn, in which its number may still come."""
        self._calls.pop(connection.fileno(), None)
        self._gone.append(connection)

    def soon(self, call: Call) -> None:
        """Call it in the next turn, not from within."""
        self._soon.append(call)

    def call_from_outside(self, call: Call) -> None:
        """As `soon`, for any other thread; not after `close`."""
        self._outside.append(call)
        with self._bell_is_mine:
            if self._bell >= 0:
                os.eventfd_write(self._bell, 1)

    def turn(self, due_ns: int, between: Call) -> None:
        """Wait until something happens, at most until `due_ns`, and call whom it concerns.

        `between` is called before, and between any two of them.
        """
        self._due_ns = due_ns
        self._arm(min(due_ns - self._lead_ns, self.deadlines.next_ns()))
        events = self._poll.poll(0 if self._soon else None, _MOST_EVENTS)
        between()
        for fd, _ in events:
            call = self._calls.get(fd)
            if call is not None:
                call()
                between()
        if self._soon:
            self._call_all(self._soon)
        while self._gone:
            self._gone.pop().close()

    def close(self) -> None:
        """Give all descriptors back."""
        while self._gone:
            self._gone.pop().close()
        self._timer.close()
        self._poll.close()
        with self._bell_is_mine:
            os.close(self._bell)
            self._bell = -1

    def _arm(self, at_ns: int) -> None:
        if at_ns != self._set_ns:
            self._set_ns = at_ns
            self._timer.set(max(1, at_ns) if at_ns < NEVER_NS else 0)

    def _ring(self) -> None:
        """A core wakes tens of microseconds after it was called: it is called as much earlier.

        The lead is the median of what wakings took, so that the rest of the wait is short. What is
        due is still begun only when the clock says so: never early.
        """
        now_ns = time.monotonic_ns()
        self._learn_lead(now_ns - self._set_ns)
        self._set_ns = -1  # it stays readable until it is set again
        self.deadlines.ring(now_ns)
        due_ns = self._due_ns
        if due_ns - now_ns <= _MOST_LEAD_NS:
            while time.monotonic_ns() < due_ns:
                pass

    def _learn_lead(self, took_ns: int) -> None:
        if took_ns < _NO_WAKING_NS:
            step_ns = _LEAD_STEP_NS if took_ns > self._lead_ns else -_LEAD_STEP_NS
            self._lead_ns = min(_MOST_LEAD_NS, max(0, self._lead_ns + step_ns))

    def _hear(self) -> None:
        os.eventfd_read(self._bell)
        self._call_all(self._outside)

    def _call_all(self, calls: deque[Call]) -> None:
        for _ in range(len(calls)):
            calls.popleft()()
