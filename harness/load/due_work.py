"""The part that all engines of the open loop share: the agenda, and how much of it is open."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import Final, Generic, Protocol, TypeVar

from harness.load.arrival_agenda import Agenda, Due
from harness.load.session import Session

MAX_WAITING: Final = 20_000


class Worked(Protocol):
    """Who serves, as the arrivals see it."""

    def take(self, due: Due) -> None:
        """Begin with it, without waiting for anything; when it is done, `come_back`."""


U = TypeVar("U", bound=Worked)


class DueWork(ABC, Generic[U]):
    """One process's agenda; an engine adds the clock and the users who are free."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.started = 0
        self._agenda = Agenda(session.arrivals)
        self._open = len(session.arrivals)
        self._stop_us = round(session.stop_s * 1e6)
        self._zero_ns = 0

    def now_us(self) -> int:
        """Microseconds since the run's zero."""
        return (time.monotonic_ns() - self._zero_ns) // 1000

    def us_of(self, mono_ns: int) -> int:
        """An instant of CLOCK_MONOTONIC in microseconds since the run's zero."""
        return (mono_ns - self._zero_ns) // 1000

    def later(self, due: Due) -> None:
        """Ask for one more step of a visit."""
        self._open += 1
        if self._agenda.add(due):
            self._wake_at(due.due_us)

    def served(self) -> None:
        """One piece of work has come to its end."""
        self._open -= 1
        if not self._open:
            self._wake_at(0)

    def _give(self, user: U, due: Due) -> None:
        if due.visit is None:
            self.started += 1
        user.take(due)

    def _give_up(self) -> str:
        """Drop the remaining work; returns the counts as text, "" if there is none."""
        waiting, dropped = self._send_away()
        given_up = self._agenda.clear() + waiting
        self._open -= given_up + dropped
        if given_up or dropped:
            return f"{given_up} given up, {dropped} found no place"
        return ""

    @abstractmethod
    def _send_away(self) -> tuple[int, int]:
        """How many waited for a free user, and how many had been dropped."""

    @abstractmethod
    def _wake_at(self, due_us: int) -> None:
        """The longest time that the engine may sleep."""
