"""One process's open loop under gevent: wakes on time and hands what is due to a free user."""

from __future__ import annotations

import gc
import itertools
import logging
import os
import time
from typing import Any, Final, NoReturn, Protocol

import gevent

from harness.records import Attempt
from scenarios.arrival_agenda import Agenda, Bench, Due
from scenarios.load_session import Session
from scenarios.timer_watch import TimerWatch

USERS_AT_START: Final = 32
MAX_USERS: Final = 2_000
MAX_WAITING: Final = 20_000
CANNOT_RECORD: Final = 74
_SETTLE_S: Final = 0.05
_LAST_ANSWERS_S: Final = 1.0
_YIELD_EVERY: Final = 32
_log: Final = logging.getLogger(__name__)


class Worked(Protocol):
    """A user as the arrivals see it."""

    def take(self, due: Due) -> None:
        """Begin with it, without waiting for anything; when it is done, `come_back`."""


class Arrivals:
    """One process's open loop: hands every arrival to a user when it is due, never sooner."""

    def __init__(self, session: Session, runner: Any) -> None:  # noqa: ANN401  # Locust is untyped
        self.session = session
        self.started = 0
        self._runner = runner
        self._classes = itertools.cycle([kind.__name__ for kind in runner.user_classes])
        self._agenda = Agenda(session.arrivals)
        self._bench: Bench[Worked] = Bench(MAX_WAITING)
        self._open = len(session.arrivals)
        self._stop_us = round(session.stop_s * 1e6)
        self._timer = TimerWatch()
        self._zero_ns = 0

    def now_us(self) -> int:
        """Microseconds since the run's zero."""
        return (time.monotonic_ns() - self._zero_ns) // 1000

    def left_s(self) -> float:
        """How long the load may still last."""
        return (self._stop_us - self.now_us()) / 1e6

    def come_back(self, user: Worked) -> None:
        """A user is free: it is given what has waited longest, or sits down."""
        due = self._bench.come_back(user)
        if due is not None:
            self._give(user, due)

    def leave(self, user: Worked) -> None:
        """The user is gone."""
        self._bench.leave(user)

    def later(self, due: Due) -> None:
        """Ask for one more step of a visit."""
        self._open += 1
        if self._agenda.add(due):
            self._timer.set(self._zero_ns + due.due_us * 1000)

    def served(self) -> None:
        """One piece of work has come to its end."""
        self._open -= 1
        if not self._open:
            self._timer.set(0)

    def keep(self, attempt: Attempt) -> None:
        """Keep an attempt; a generator that cannot record ends at once, for all to see."""
        try:
            self.session.recorder.keep(attempt)
        except OSError as error:
            end_at_once(CANNOT_RECORD, f"cannot record: {error}")

    def prepare(self) -> None:
        """Have users wait before the first arrival comes."""
        while self._runner.user_count < min(USERS_AT_START, MAX_USERS):
            self._grow()
        gevent.sleep(_SETTLE_S)
        gc.collect()
        gc.freeze()  # Locust's own objects stay; collections shall not walk them in the run

    def run(self, zero_ns: int) -> None:
        """From the zero until all is served, at most until the session's stop."""
        self._zero_ns = zero_ns
        while self._open and self.now_us() < self._stop_us:
            self._hand_out()
            next_us = self._agenda.next_us()
            at_us = self._stop_us if next_us is None else min(next_us, self._stop_us)
            if self._open:
                self._timer.set(zero_ns + at_us * 1000)
                self._timer.wait()
        self._close()

    def _hand_out(self) -> None:
        for count in itertools.count(1):
            due = self._agenda.take(self.now_us())
            if due is None:
                return
            user = self._bench.hand(due)
            if user is not None:
                self._give(user, due)
            elif self._runner.user_count < MAX_USERS:
                self._grow()
            if count % _YIELD_EVERY == 0:  # behind the schedule: let those who have work begin
                gevent.sleep(0)

    def _give(self, user: Worked, due: Due) -> None:
        if due.visit is None:
            self.started += 1
        user.take(due)

    def _grow(self) -> None:
        self._runner.spawn_users({next(self._classes): 1})

    def _close(self) -> None:
        given_up = self._agenda.clear() + self._bench.send_away()
        self._open -= given_up + self._bench.dropped
        if given_up or self._bench.dropped:
            _log.warning("%d given up, %d found no place", given_up, self._bench.dropped)
        ends_s = time.monotonic() + _LAST_ANSWERS_S
        while self._open > 0 and time.monotonic() < ends_s:
            gevent.sleep(0.01)
        self._timer.close()


def end_at_once(code: int, why: str) -> NoReturn:
    """End this process, for all to see: a load of which a part is not known must not go on."""
    _log.critical("%s", why)
    os._exit(code)
