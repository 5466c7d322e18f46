"""`self.intent` of a Locust user: the intent that one execution of a task serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

import gevent

from harness.load.payer import Intent as MadeFor
from harness.load.payer import Learned

_OURS: Final = "squall_intent"
UNNUMBERED: Final = -1


class Book(Protocol):
    """What an intent needs of its load process."""

    def number(self, intent: Intent) -> None:
        """Give it the next number, and now as its intended start (closed loop)."""

    def own_key(self, intent: Intent, key: str) -> None:
        """Store the key that the scenario chose."""

    def usual_key(self, number: int) -> str:
        """The key of an intent that has none of its own."""

    def made_for(self, intent: Intent) -> MadeFor:
        """What a payer needs to know of it."""

    def now_us(self) -> int:
        """Microseconds since the run's zero."""

    def later_us(self, seconds: float) -> int | None:
        """That time from now, since the run's zero; None where tasks cannot be resumed."""


class Intent:
    """One arrival of the curve, or one task of a closed loop. `due_us` is its intended start.

    To read or set `key` says that the task sends it: from then on each request of the task that is
    not a GET, HEAD or OPTIONS has an effect which the system's records must show.
    """

    __slots__ = (
        "_book",
        "_key",
        "attempts",
        "claimed",
        "due_us",
        "learned",
        "resume",
        "resume_at_us",
        "sends_key",
        "serial",
    )

    def __init__(self, book: Book, serial: int = UNNUMBERED, due_us: int = 0) -> None:
        self._book = book
        self._key = ""
        self.serial, self.due_us = serial, due_us
        self.attempts = 0
        self.sends_key = False
        self.claimed = False  # a request with an effect was sent
        self.learned: Learned | None = None
        self.resume: Callable[[Any], None] | None = None
        self.resume_at_us = 0

    def begin(self) -> None:
        """It has a number and an intended start from now on, if it had none."""
        if self.serial == UNNUMBERED:
            self._book.number(self)

    @property
    def number(self) -> int:
        """Its place in the run: 0 is the first."""
        self.begin()
        return self.serial

    @property
    def key(self) -> str:
        """The key that the system gets with the request; the same at every attempt."""
        self.sends_key = True
        return self._key or self._book.usual_key(self.number)

    @key.setter
    def key(self, key: str) -> None:
        self.sends_key, self._key = True, key
        self._book.own_key(self, key)

    def pause(self, seconds: float, resume: Callable[[Any], None]) -> bool:
        """Call `resume(user)` after that time with any free user; False if this load cannot.

        The task ends meanwhile, so that an intent which waits occupies no user.
        """
        at_us = self._book.later_us(seconds)
        if at_us is None:
            return False
        self.resume, self.resume_at_us = resume, at_us
        return True

    @property
    def now_s(self) -> float:
        """Seconds since the run's zero."""
        return self._book.now_us() / 1e6

    @property
    def made_for(self) -> MadeFor:
        """What a payer is made for (harness/load/payer.py)."""
        return self._book.made_for(self)


def enter(intent: Intent) -> None:
    """From now on this greenlet, and those that it spawns, work for this intent."""
    gevent.getcurrent().spawn_tree_locals = {_OURS: intent}


def leave() -> None:
    """This greenlet works for no intent."""
    gevent.getcurrent().spawn_tree_locals = {}


def current() -> Intent | None:
    """The intent of this greenlet."""
    found: Intent | None = getattr(gevent.getcurrent(), "spawn_tree_locals", {}).get(_OURS)
    return found
