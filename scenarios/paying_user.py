"""Payers on Locust: each arrival is an intent; a user carries one attempt of a payer at a time.

A payer that waits holds no user and no connection: its next step goes on the agenda and whoever
is free takes it up, so that an outage of ten seconds does not need a thousand users.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any, Final, cast

from locust import User, task
from locust.exception import StopTest

from harness.records import Attempt, ErrorClass, Outcome
from scenarios.arrival_agenda import Due
from scenarios.open_loop import OpenLoop
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


class _Visit:
    """A payer between two attempts."""

    __slots__ = ("attempt", "payer", "request")

    def __init__(self, payer: Payer) -> None:
        self.payer = payer
        self.request = cast("Request", next(payer))
        self.attempt = 0


class PayingUser(OpenLoop, User):
    """Subclass it with a `curve`; that is a scenario."""

    abstract = True
    request_names = NAMES

    def __init__(self, environment: Any) -> None:  # noqa: ANN401  # Locust is untyped
        super().__init__(environment)
        try:
            self._wire = Wire(self.host or "no --host")
        except ValueError as error:
            raise StopTest(str(error)) from error

    def on_stop(self) -> None:
        """Hang up."""
        self._wire.close()
        super().on_stop()

    @task
    def take_one_step(self) -> None:
        """Carry one attempt of the payer whose turn it is."""
        due = cast("Due", self.due)
        visit = due.visit if isinstance(due.visit, _Visit) else self._arrive(due)
        visit.attempt += 1
        started_us = self.arrivals.now_us()
        patience_s = min(ATTEMPT_PATIENCE_S, self.arrivals.left_s())
        answer = self._wire.exchange(visit.request, patience_s)
        ended_us = max(started_us, self.arrivals.now_us())
        learned = cast("Learned", visit.payer.send(answer._replace(at_s=ended_us / 1e6)))
        attempt = Attempt(
            intent=due.intent,
            due_us=due.due_us,
            late_us=max(0, started_us - due.due_us),
            took_us=ended_us - started_us,
            answer=learned.digest,
            status=answer.status,
            outcome=learned.outcome,
            name=NAMES.index(visit.request.name),
            error=answer.error,
            attempt=visit.attempt,
        )
        self.arrivals.keep(attempt)
        self._tell_locust(visit.request, attempt, answer)
        self._go_on(visit, due.intent, ended_us)

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
