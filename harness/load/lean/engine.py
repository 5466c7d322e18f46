"""The lean engine: starts a payer at each arrival and carries its requests, without Locust.

A payer that waits holds no connection: its next request goes on the agenda and any free connection
carries it, so that an outage of ten seconds does not need a thousand connections.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from typing import Final, cast

from harness.load.arrival_agenda import Bench, Due
from harness.load.attempt_file import Recorder
from harness.load.due_work import MAX_WAITING, DueWork
from harness.load.lean.connection import Connection, Told
from harness.load.lean.event_loop import EventLoop
from harness.load.lean.host import Host
from harness.load.payer import Answer, Intent, Learned, Payer, Payers, Request, Wait
from harness.load.records import (
    ATTEMPT_SHIFT,
    EFFECT_SHIFT,
    ERROR_SHIFT,
    MAX_ATTEMPTS,
    NAME_SHIFT,
    OUTCOME_SHIFT,
    STATUS_MASK,
    ErrorClass,
    pack_into,
)
from harness.load.session import Session

ATTEMPT_PATIENCE_S: Final = 3.0
MAX_CONNECTIONS: Final = 2_000
_PATIENCE_NS: Final = int(ATTEMPT_PATIENCE_S * 1e9)
_LAST_ANSWERS_NS: Final = 1_000_000_000
_MOST_AT_ONCE: Final = 32
_PREPARED_AT_ONCE: Final = 8
_TIME_TO_PREPARE_NS: Final = 200_000  # all of them at once take a third of it, or less
_ONE_MORE: Final = 1 << ATTEMPT_SHIFT
_MOST_COUNTED: Final = MAX_ATTEMPTS << ATTEMPT_SHIFT


class CannotRecordError(Exception):
    """The disk is full: a record cannot be stored."""


class Visit:
    """A payer between two attempts, and its next request as it goes on the wire.

    `word` is the known part of a record's last word: the attempt's number, its name, its effect.
    """

    __slots__ = ("_counted", "_names", "payer", "raw", "word")

    def __init__(self, payer: Payer, host: Host, names: Mapping[str, int]) -> None:
        self.payer = payer
        self._counted = 0
        self._names = names
        self.ask(host)

    def ask(self, host: Host) -> None:
        """Take the payer's next request, which is sent once."""
        request = cast("Request", next(self.payer))
        self.raw = host.bytes_of(request)
        counted = self._counted
        if counted < _MOST_COUNTED:
            self._counted = counted = counted + _ONE_MORE
        self.word = counted | self._names[request.name] | request.effect << EFFECT_SHIFT


class Engine(DueWork["Carrier"]):
    """All payers of one process."""

    def __init__(self, session: Session, host: Host, payers: Payers) -> None:
        """Raises OSError."""
        super().__init__(session)
        self.host, self._payers = host, payers
        self._names = {name: index << NAME_SHIFT for index, name in enumerate(payers.names)}
        self.loop = EventLoop()
        self.stop_ns = 0
        self._bench: Bench[Carrier] = Bench(MAX_WAITING)
        self._connections: list[Carrier] = []
        self._next_ns = 0
        self._prepared: deque[tuple[int, Visit]] = deque()

    def run(self, zero_ns: int) -> str:
        """From the zero until all is served, at most until the session's stop.

        Says what was given up. Raises CannotRecordError.
        """
        self._zero_ns = zero_ns
        self.stop_ns = zero_ns + self._stop_us * 1000
        self._plan()
        try:
            while self._open and time.monotonic_ns() < self.stop_ns:
                if not self._prepared:
                    self._prepare()
                self.loop.turn(min(self._next_ns, self.stop_ns), self._hand_out)
            return self._await_last_answers()
        finally:
            for carrier in self._connections:
                carrier.close()
            self.loop.close()

    def come_back(self, carrier: Carrier) -> None:
        """A connection is free: give it the work that has waited longest, or keep it free."""
        due = self._bench.come_back(carrier)
        if due is not None:
            self._give(carrier, due)

    def visit_of(self, due: Due) -> Visit:
        """Who it is whose turn has come."""
        if isinstance(due.visit, Visit):
            return due.visit
        if self._prepared:
            intent, visit = self._prepared.popleft()
            if intent == due.intent:
                return visit
            self._prepared.clear()
        return self._arrive(due.due_us, due.intent)

    def _prepare(self) -> None:
        """All of the next arrivals that does not need its time, so that they only have to be sent.

        The first one after a sleep costs four times what the next ones do: a core that slept has
        forgotten how. So it is several at once, if that makes nothing late.
        """
        calm = self._next_ns - time.monotonic_ns() > _TIME_TO_PREPARE_NS and not self._bench.waiting
        for due_us, intent in self._agenda.next_arrivals(_PREPARED_AT_ONCE if calm else 1):
            self._prepared.append((intent, self._arrive(due_us, intent)))

    def _arrive(self, due_us: int, intent: int) -> Visit:
        session = self.session
        key = f"{session.intent_prefix}-{intent}"
        made_for = Intent(session.seed, intent, key, due_us / 1e6, session.stop_s)
        return Visit(self._payers.payer(made_for), self.host, self._names)

    def _hand_out(self) -> None:
        for _ in range(_MOST_AT_ONCE):
            now_ns = time.monotonic_ns()
            if now_ns < self._next_ns or now_ns >= self.stop_ns:
                return
            due = self._agenda.take((now_ns - self._zero_ns) // 1000)
            self._plan()
            if due is not None:
                carrier = self._bench.hand(due)
                if carrier is not None:
                    self._give(carrier, due)
                elif len(self._connections) < MAX_CONNECTIONS:
                    self._grow()

    def _grow(self) -> None:
        carrier = Carrier(self)
        self._connections.append(carrier)
        self.come_back(carrier)

    def _plan(self) -> None:
        next_us = self._agenda.next_us()
        self._next_ns = self.stop_ns if next_us is None else self._zero_ns + next_us * 1000

    def _send_away(self) -> tuple[int, int]:
        return self._bench.send_away(), self._bench.dropped

    def _wake_at(self, due_us: int) -> None:
        self._next_ns = min(self._next_ns, self._zero_ns + due_us * 1000)

    def _await_last_answers(self) -> str:
        left = self._give_up()
        ends_ns = time.monotonic_ns() + _LAST_ANSWERS_NS
        while self._open > 0 and time.monotonic_ns() < ends_ns:
            self.loop.turn(ends_ns, _nothing)
        return left


class Carrier:
    """One connection, and the attempt that it carries."""

    __slots__ = ("_connection", "_due", "_load", "_started_us", "_visit", "close")

    def __init__(self, load: Engine) -> None:
        self._load = load
        self._connection = Connection(load.loop, load.host, self._telling(load.session.recorder))
        self.close = self._connection.close
        self._due: Due
        self._visit: Visit
        self._started_us = 0

    def take(self, due: Due) -> None:
        """Begin one attempt of the payer whose turn it is."""
        load = self._load
        visit = load.visit_of(due)
        now_ns = time.monotonic_ns()
        self._connection.begin(visit.raw, min(now_ns + _PATIENCE_NS, load.stop_ns))
        self._started_us = load.us_of(now_ns)
        self._due, self._visit = due, visit

    def _telling(self, recorder: Recorder) -> Told:
        """Who is told of each answer, and keeps it: what every record needs is looked up once."""
        room, places = recorder.room, recorder.places

        def told(status: int, error: ErrorClass, body: bytes, headers: Mapping[str, str]) -> None:
            load, visit = self._load, self._visit
            due_us, intent, _ = self._due
            started_us = self._started_us
            ended_us = load.now_us()
            answer = Answer(status, error, body, headers, ended_us / 1e6)
            outcome, digest = cast("Learned", visit.payer.send(answer))
            last = visit.word | status & STATUS_MASK | outcome << OUTCOME_SHIFT
            if error:
                last |= error << ERROR_SHIFT
            late_us, took_us = started_us - due_us, ended_us - started_us
            try:
                pack_into(room, next(places), intent, due_us, late_us, took_us, digest, last)
            except OSError as full:
                raise CannotRecordError(str(full)) from full
            self._go_on(visit, intent, ended_us)
            load.served()
            load.come_back(self)

        return told

    def _go_on(self, visit: Visit, intent: int, ended_us: int) -> None:
        wait = next(visit.payer, None)
        if isinstance(wait, Wait):
            visit.ask(self._load.host)
            self._load.later(Due(ended_us + round(wait.seconds * 1e6), intent, visit))


def _nothing() -> None:
    """Nothing more is begun."""
