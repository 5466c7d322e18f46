"""Payers on Locust: each arrival is an intent; a user carries one attempt of a payer at a time.

A payer that waits holds no user and no connection: its next step goes on the agenda and whoever
is free takes it up, so that an outage of ten seconds does not need a thousand users.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any, ClassVar, Final, cast

from gevent.event import Event
from locust import User, task
from locust.exception import StopTest

from harness.records import Attempt, ErrorClass, Outcome
from harness.traffic import Curve
from scenarios.arrival_agenda import Due
from scenarios.due_arrivals import Arrivals, end_at_once
from scenarios.locust_process import listen
from scenarios.payer_wire import Wire
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
BROKEN: Final = 70

listen()


class _Visit:
    """A payer between two attempts."""

    __slots__ = ("attempt", "payer", "request")

    def __init__(self, payer: Payer) -> None:
        self.payer = payer
        self.request = cast("Request", next(payer))
        self.attempt = 0


class PayingUser(User):
    """Subclass it with a `curve`; that is a scenario.

    Locust starts and stops it as any user, but its greenlet only stands by: it is the hub that
    hands it arrivals and answers, so that a payment needs no switch between greenlets.
    """

    abstract = True
    curve: ClassVar[Curve]
    request_names = NAMES
    environment: Any

    def __init__(self, environment: Any) -> None:  # noqa: ANN401  # Locust is untyped
        super().__init__(environment)
        self.arrivals: Arrivals = environment.open_loop.arrivals
        self._on_page = self.arrivals.session.folder is None
        self._due: Due | None = None
        self._visit: _Visit
        self._started_us = 0
        try:
            self._wire = Wire(self.host or "no --host", self._told)
        except ValueError as error:
            raise StopTest(str(error)) from error

    def on_start(self) -> None:
        """Be there for the first arrival."""
        self.arrivals.come_back(self)

    def on_stop(self) -> None:
        """Hang up, and leave no work open."""
        self.arrivals.leave(self)
        self._wire.close()
        self._done()

    @task
    def stand_by(self) -> None:
        """Until Locust ends this user."""
        self.wait()  # type: ignore[no-untyped-call]  # Locust is untyped

    def wait_time(self) -> float:
        """Locust asks how long to wait: until it stops us."""
        Event().wait()
        return 0.0

    def take(self, due: Due) -> None:
        """Begin one attempt of the payer whose turn it is."""
        self._due = due
        self._visit = due.visit if isinstance(due.visit, _Visit) else self._arrive(due)
        self._visit.attempt += 1
        self._started_us = self.arrivals.now_us()
        patience_s = min(ATTEMPT_PATIENCE_S, self.arrivals.left_s())
        self._wire.begin(self._visit.request, patience_s)

    def _told(self, answer: Answer) -> None:
        try:
            self._learn(cast("Due", self._due), answer)
        except Exception as error:  # noqa: BLE001  # the hub would log it, and a record be missing
            end_at_once(BROKEN, f"a payer broke: {error!r}")
        self._done()
        self.arrivals.come_back(self)

    def _learn(self, due: Due, answer: Answer) -> None:
        visit, started_us = self._visit, self._started_us
        ended_us = max(started_us, self.arrivals.now_us())
        learned = cast("Learned", visit.payer.send(answer._replace(at_s=ended_us / 1e6)))
        attempt = Attempt(
            due.intent,
            due.due_us,
            max(0, started_us - due.due_us),
            ended_us - started_us,
            learned.digest,
            answer.status,
            learned.outcome,
            NAMES.index(visit.request.name),
            answer.error,
            visit.attempt,
        )
        self.arrivals.keep(attempt)
        if self._on_page:
            self._tell_locust(visit.request, attempt, answer)
        self._go_on(visit, due.intent, ended_us)

    def _done(self) -> None:
        if self._due is not None:
            self._due = None
            self.arrivals.served()

    def _arrive(self, due: Due) -> _Visit:
        session = self.arrivals.session
        until_s = min(session.stop_s, due.due_us / 1e6 + PATIENCE.give_up_s)
        draw = partial(share, session.seed, due.intent)
        key = f"{session.intent_prefix}-{due.intent}"
        return _Visit(pay(key, payment_of(session.seed, due.intent), draw, until_s, PATIENCE))

    def _go_on(self, visit: _Visit, intent: int, ended_us: int) -> None:
        wait = next(visit.payer, None)
        if isinstance(wait, Wait):
            visit.request = cast("Request", next(visit.payer))
            self.arrivals.later(Due(ended_us + round(wait.seconds * 1e6), intent, visit))

    def _tell_locust(self, request: Request, attempt: Attempt, answer: Answer) -> None:
        """Locust's own page; the harness never reads it."""
        bad = attempt.error is not ErrorClass.NONE or attempt.outcome is not Outcome.OK
        why = (
            attempt.error.name if attempt.error is not ErrorClass.NONE else f"HTTP {answer.status}"
        )
        self.environment.events.request.fire(
            request_type=request.method,
            name=request.name,
            response_time=(attempt.late_us + attempt.took_us) / 1000,
            response_length=len(answer.body),
            exception=PaymentUnresolvedError(why) if bad else None,
            context={},
            start_time=time.time() - attempt.took_us / 1e6,
            url=request.path,
            response=None,
        )


class PaymentUnresolvedError(Exception):
    """An attempt that brought no payment, for Locust's table of failures."""
