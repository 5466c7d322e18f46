"""One process's open loop under gevent: wakes on time and hands what is due to a free user."""

from __future__ import annotations

import gc
import itertools
import logging
import os
import time
from typing import Any, Final, NoReturn

import gevent

from harness.load.due_work import DueWork, Worked
from harness.load.locust.timer_watch import TimerWatch
from harness.load.records import Attempt, pack_into, words_of
from harness.load.session import Session

USERS_AT_START: Final = 32
MAX_USERS: Final = 2_000
CANNOT_RECORD: Final = 74
_SETTLE_S: Final = 0.05
_LAST_ANSWERS_S: Final = 1.0
_YIELD_EVERY: Final = 32
_log: Final = logging.getLogger(__name__)


class Arrivals(DueWork[Worked]):
    """One process's open loop: hands every arrival to a user when it is due, never sooner."""

    def __init__(self, session: Session, environment: Any) -> None:  # noqa: ANN401  # Locust is untyped
        super().__init__(session)
        self._runner = environment.runner
        self._classes = itertools.cycle([kind.__name__ for kind in self._runner.user_classes])
        self._timer = TimerWatch()
        self._over = False

    def keep(self, attempt: Attempt) -> None:
        """Keep an attempt; a generator that cannot record ends at once, for all to see.

        What ends more than `_LAST_ANSWERS_S` after the load's end has not ended in time.
        """
        if self._over:
            return
        recorder = self.session.recorder
        try:
            pack_into(recorder.room, next(recorder.places), *words_of(attempt))
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

    def _grow(self) -> None:
        self._runner.spawn_users({next(self._classes): 1})

    def _close(self) -> None:
        if left := self._give_up():
            _log.warning(left)
        ends_s = time.monotonic() + _LAST_ANSWERS_S
        while self._open > 0 and time.monotonic() < ends_s:
            gevent.sleep(0.01)
        self._over = True
        self._timer.close()

    def _wake_at(self, due_us: int) -> None:
        self._timer.set(self._zero_ns + due_us * 1000)


def end_at_once(code: int, why: str) -> NoReturn:
    """End this process, for all to see: a load of which a part is not known must not go on."""
    _log.critical("%s", why)
    os._exit(code)
