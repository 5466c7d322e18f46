"""Tasks of an open loop: a user executes one when it is handed an arrival."""

from __future__ import annotations

from typing import Any

import gevent
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_WAITING

from harness.load.arrival_agenda import Due
from harness.load.locust.due_arrivals import Arrivals
from harness.load.locust.intent import Intent
from harness.load.locust.recording import Recording
from harness.load.payer import Intent as MadeFor


class Seat:
    """A user as the arrivals see it."""

    __slots__ = ("_due", "_hub", "_waiting", "kind")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._hub = gevent.get_hub()
        self._due: Due | None = None
        self._waiting: Any = None

    def take(self, due: Due) -> None:
        """The arrivals hand it over; in the hub the user begins with it before this returns."""
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            self._due = due
        elif gevent.getcurrent() is self._hub:
            waiting.switch(due)
        else:
            self._hub.loop.run_callback(waiting.switch, due)

    def wait(self) -> Due:
        """Until something is handed over."""
        due, self._due = self._due, None
        if due is not None:
            return due
        self._waiting = gevent.getcurrent()
        try:
            handed: Due = self._hub.switch()
        finally:
            self._waiting = None
        return handed


class OpenTasks:
    """Hands arrivals to users, and tells the arrivals when a task has ended."""

    def __init__(self, arrivals: Arrivals, recording: Recording) -> None:
        self._arrivals, self._recording = arrivals, recording
        self._session = arrivals.session
        self._seats: dict[int, Seat] = {}

    def begin(self, user: Any) -> Intent:  # noqa: ANN401  # Locust is untyped
        """Wait for an arrival; an idle user can be stopped at once."""
        seat = self._seats.get(id(user)) or self._seats.setdefault(id(user), _seat(user))
        self._arrivals.come_back(seat)
        user._state = LOCUST_STATE_WAITING  # noqa: SLF001  # as TaskSet.wait does
        try:
            due = seat.wait()
        except gevent.GreenletExit:
            self._arrivals.leave(seat)
            self._seats.pop(id(user), None)
            raise
        user._state = LOCUST_STATE_RUNNING  # noqa: SLF001  # as above
        if isinstance(due.visit, Intent):
            return due.visit
        return Intent(self, due.intent, due.due_us)

    def end(self, user: Any, intent: Intent, *, broken: bool) -> None:  # noqa: ANN401  # as above
        """It is served, unless it goes on later."""
        del user
        if broken or not (intent.attempts or intent.resume):
            self._recording.broken(intent)
        elif intent.resume is not None:
            self._arrivals.later(Due(intent.resume_at_us, intent.serial, intent))
        self._arrivals.served()

    def waits(self, user: Any) -> bool:  # noqa: ANN401  # as above
        """The next arrival ends the wait."""
        del user
        return False

    def number(self, intent: Intent) -> None:
        """An arrival has its number."""

    def own_key(self, intent: Intent, key: str) -> None:
        """Keep a key that the scenario chose."""
        self._session.kept.own_key(intent.serial, key)

    def usual_key(self, number: int) -> str:
        """The prefix of the run and the number."""
        return f"{self._session.intent_prefix}-{number}"

    def made_for(self, intent: Intent) -> MadeFor:
        """Its seed, number, key and times."""
        session = self._session
        key, due_s = self.usual_key(intent.serial), intent.due_us / 1e6
        return MadeFor(session.seed, intent.serial, key, due_s, session.stop_s)

    def now_us(self) -> int:
        """By the clock of the records."""
        return self._recording.now_us()

    def later_us(self, seconds: float) -> int | None:
        """That time from now."""
        return self._recording.now_us() + round(seconds * 1e6)


def _seat(user: Any) -> Seat:  # noqa: ANN401  # as above
    return Seat(type(user).__name__)
