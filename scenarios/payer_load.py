"""The payers' engine: in a native thread of its own, each arrival is an intent, a payer's life.

A payer that waits holds no connection: its next step goes on the agenda and whichever connection is
free carries it, so that an outage of ten seconds does not need a thousand of them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, cast

from harness.load.records import (
    ATTEMPT_SHIFT,
    ERROR_SHIFT,
    MAX_ATTEMPTS,
    NAME_SHIFT,
    OUTCOME_SHIFT,
    STATUS_MASK,
    ErrorClass,
    Outcome,
    pack_into,
)
from scenarios.arrival_agenda import Due
from scenarios.attempt_file import Recorder
from scenarios.due_work import DueWork
from scenarios.load_session import Session
from scenarios.native_loop import NativeLoop
from scenarios.payer_host import Host
from scenarios.payer_wire import Told, Wire
from scenarios.payment_payers import (
    NAMES,
    Answer,
    Learned,
    Patience,
    Payer,
    Request,
    Wait,
    pay,
    payment_of,
    share,
)

ATTEMPT_PATIENCE_S: Final = 3.0
PATIENCE: Final = Patience()
MAX_CONNECTIONS: Final = 2_000
_PATIENCE_NS: Final = int(ATTEMPT_PATIENCE_S * 1e9)
_LAST_ANSWERS_NS: Final = 1_000_000_000
_MOST_AT_ONCE: Final = 32
_PREPARED_AT_ONCE: Final = 8
_TIME_TO_PREPARE_NS: Final = 200_000  # all of them at once take a third of it, or less
_ONE_MORE: Final = 1 << ATTEMPT_SHIFT
_MOST_COUNTED: Final = MAX_ATTEMPTS << ATTEMPT_SHIFT
_NAME_BITS: Final = {name: index << NAME_SHIFT for index, name in enumerate(NAMES)}
OnPage = Callable[[Request, int, Answer, Outcome], None]


class CannotRecordError(Exception):
    """The disk has no room for a record."""


class Visit:
    """A payer between two attempts, and its next request as it goes on the wire.

    `word` is what a record's last word has of an attempt before its answer: its number and name.
    """

    __slots__ = ("_counted", "payer", "raw", "request", "word")

    def __init__(self, payer: Payer, host: Host) -> None:
        self.payer = payer
        self._counted = 0
        self.ask(host)

    def ask(self, host: Host) -> None:
        """The payer's next request, which goes out once."""
        self.request = request = cast("Request", next(self.payer))
        self.raw = host.bytes_of(request)
        counted = self._counted
        if counted < _MOST_COUNTED:
            self._counted = counted = counted + _ONE_MORE
        self.word = counted + _NAME_BITS[request.name]


class PayerLoad(DueWork["Carrier"]):
    """All payers of one process; `run` it in the thread that shall carry them."""

    def __init__(self, session: Session, host: Host, on_page: OnPage | None = None) -> None:
        """`on_page(request, waited_us, answer, outcome)` is told each attempt, in that thread.

        Raises OSError.
        """
        super().__init__(session)
        self.host, self.on_page = host, on_page
        self.loop = NativeLoop()
        self.stop_ns = 0
        self._connections: list[Carrier] = []
        self._next_ns = 0
        self._prepared: deque[tuple[int, Visit]] = deque()
        self._stopped = False

    def run(self, zero_ns: int) -> str:
        """From the zero until all is served, at most until the session's stop.

        Says what was given up. Raises CannotRecordError.
        """
        self._zero_ns = zero_ns
        self.stop_ns = zero_ns + self._stop_us * 1000
        self._plan()
        try:
            while self._open and not self._stopped and time.monotonic_ns() < self.stop_ns:
                if not self._prepared:
                    self._prepare()
                self.loop.turn(min(self._next_ns, self.stop_ns), self._hand_out)
            return self._await_last_answers()
        finally:
            for carrier in self._connections:
                carrier.close()
            self.loop.close()

    def stop(self) -> None:
        """For any thread: begin nothing more, hang up."""
        self.loop.call_from_outside(self._stop)

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
        until_s = min(session.stop_s, due_us / 1e6 + PATIENCE.give_up_s)
        draw = partial(share, session.seed, intent)
        key = f"{session.intent_prefix}-{intent}"
        payer = pay(key, payment_of(session.seed, intent), draw, until_s, PATIENCE)
        return Visit(payer, self.host)

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

    def _wake_at(self, due_us: int) -> None:
        self._next_ns = min(self._next_ns, self._zero_ns + due_us * 1000)

    def _stop(self) -> None:
        self._stopped = True

    def _await_last_answers(self) -> str:
        left = self._give_up()
        ends_ns = time.monotonic_ns() + _LAST_ANSWERS_NS
        while self._open > 0 and not self._stopped and time.monotonic_ns() < ends_ns:
            self.loop.turn(ends_ns, _nothing)
        return left


class Carrier:
    """One connection, and the attempt that it carries."""

    __slots__ = ("_due", "_load", "_started_us", "_visit", "_wire", "close")

    def __init__(self, load: PayerLoad) -> None:
        self._load = load
        self._wire = Wire(load.loop, load.host, self._telling(load.session.recorder))
        self.close = self._wire.close
        self._due: Due
        self._visit: Visit
        self._started_us = 0

    def take(self, due: Due) -> None:
        """Begin one attempt of the payer whose turn it is."""
        load = self._load
        visit = load.visit_of(due)
        now_ns = time.monotonic_ns()
        self._wire.begin(visit.raw, min(now_ns + _PATIENCE_NS, load.stop_ns))
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
            if load.on_page is not None:
                load.on_page(visit.request, ended_us - due_us, answer, outcome)
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
