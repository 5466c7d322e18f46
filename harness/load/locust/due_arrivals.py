"""One process's open loop under gevent: wakes on time and hands what is due to a free user."""

from __future__ import annotations

import gc
import itertools
import logging
import os
import time
from bisect import bisect
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final, NoReturn, Protocol

import gevent
from gevent.event import Event

from harness.load.arrival_agenda import Bench, Due
from harness.load.due_work import MAX_WAITING, DueWork
from harness.load.locust.timer_watch import TimerWatch
from harness.load.session import Session

USERS_AT_START: Final = 32
MAX_USERS: Final = 2_000
_SETTLE_S: Final = 0.05
_LAST_ANSWERS_S: Final = 0.1
_CUT_S: Final = 0.5
_MOST_AT_ONCE: Final = 32
_NOW_NS: Final = 1
_log: Final = logging.getLogger(__name__)


class Seated(Protocol):
    """A user as the arrivals see it; `kind` is its class's name."""

    kind: str

    def take(self, due: Due) -> None:
        """Begin with it, without waiting for anything; when it is done, `come_back`."""


class Arrivals(DueWork[Seated]):
    """Hands every arrival to a user when it is due, never sooner.

    With several user classes an arrival belongs to one of them, drawn by their weights.
    """

    def __init__(self, session: Session, runner: Any) -> None:  # noqa: ANN401  # Locust is untyped
        super().__init__(session)
        self._runner = runner
        weights = {kind.__name__: float(kind.weight) for kind in runner.user_classes}
        self._kinds: tuple[str, ...] = tuple(weights)
        self._limits = tuple(itertools.accumulate(weights.values()))
        self._benches: Mapping[str, Bench[Seated]] = {kind: Bench(MAX_WAITING) for kind in weights}
        self._growing = 0
        self._at_once = 0
        self._running, self._over = False, Event()
        self._timer = TimerWatch(self._hand_out)

    def prepare(self) -> None:
        """Have users wait before the first arrival comes."""
        for kind in itertools.cycle(self._kinds):
            if self._runner.user_count >= min(USERS_AT_START, MAX_USERS):
                break
            self._grow(kind)
        gevent.sleep(_SETTLE_S)
        gc.collect()
        gc.freeze()  # Locust's own objects stay: a collection during the run skips them

    def run(self, zero_ns: int) -> None:
        """From the zero until all is served, at most until the session's stop."""
        self._zero_ns, self._running = zero_ns, True
        self._timer.set(_NOW_NS)
        self._over.wait()
        self._close()

    def end(self) -> None:
        """Hand out no more: somebody has stopped the test."""
        self._running = False
        self._over.set()

    def come_back(self, user: Seated) -> None:
        """Hand over what has waited longest for this class of users, or let the user wait.

        What is due now goes to the user that is here, without a turn of the hub.
        """
        bench = self._benches[user.kind]
        may_take = self._running and self._at_once < _MOST_AT_ONCE and len(self._kinds) == 1
        if may_take and not bench.waiting:
            due = self._agenda.take(self.now_us())
            if due is not None:
                self._at_once += 1
                self._give(user, due)
                return
        waited = bench.come_back(user)
        if waited is not None:
            self._give(user, waited)

    def leave(self, user: Seated) -> None:
        """It takes no more."""
        self._benches[user.kind].leave(user)

    def _hand_out(self) -> None:
        """In the hub: a user that is handed an arrival sends its request before the next one."""
        if not self._open or self.now_us() >= self._stop_us:
            self._running = False
            self._over.set()
            return
        self._at_once = 0
        for _ in range(_MOST_AT_ONCE):
            due = self._agenda.take(self.now_us())
            if due is None:
                self._wake_at(self._next_us())
                return
            kind = self._kind_of(due.intent)
            user = self._benches[kind].hand(due)
            if user is not None:
                self._give(user, due)
            elif self._runner.user_count + self._growing < MAX_USERS:
                self._growing += 1
                gevent.spawn(self._grow_one, kind)
        self._timer.set(_NOW_NS)  # behind the schedule: the hub looks at answers in between

    def _next_us(self) -> int:
        """When there is something to do; at once if the last answer came while handing out."""
        next_us = self._agenda.next_us()
        if next_us is None:
            return self._stop_us if self._open else 0
        return min(next_us, self._stop_us)

    def _grow_one(self, kind: str) -> None:
        """A user may do anything when it is made, which the hub must not wait for."""
        try:
            self._grow(kind)
        finally:
            self._growing -= 1

    def _kind_of(self, intent: int) -> str:
        """The same on every machine."""
        if len(self._kinds) == 1:
            return self._kinds[0]
        text = f"{self.session.seed}/{intent}/kind"
        drawn = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64
        return self._kinds[bisect(self._limits, drawn * self._limits[-1])]

    def _grow(self, kind: str) -> None:
        """As Locust's `spawn_users`, which counts all users at every call."""
        runner = self._runner
        runner.user_classes_by_name[kind](runner.environment).start(runner.user_greenlets)

    def _close(self) -> None:
        if left := self._give_up():
            _log.warning(left)
        self._await(_LAST_ANSWERS_S)
        for user in list(self._runner.user_greenlets):  # who still waits for an answer is cut off
            user.kill(block=False)
        self._await(_CUT_S)
        self._timer.close()

    def _await(self, seconds: float) -> None:
        ends_s = time.monotonic() + seconds
        while self._open > 0 and time.monotonic() < ends_s:
            gevent.sleep(0.01)

    def _send_away(self) -> tuple[int, int]:
        benches = self._benches.values()
        return sum(b.send_away() for b in benches), sum(b.dropped for b in benches)

    def _wake_at(self, due_us: int) -> None:
        self._timer.set(self._zero_ns + due_us * 1000)


def end_at_once(code: int, why: str) -> NoReturn:
    """End this process, for all to see: a load of which a part is not known must not go on."""
    _log.critical("%s", why)
    os._exit(code)
