"""Payers on Locust: each arrival is an intent, carried by the native thread beside Locust's hub."""

from __future__ import annotations

from typing import Any, ClassVar

from gevent.event import Event
from locust import User, task
from locust.exception import StopTest

from harness.load.traffic import Curve
from scenarios.asked_payments import PaymentsAsked
from scenarios.locust_process import listen
from scenarios.payer_thread import PayerThread
from scenarios.payment_payers import NAMES

listen()


class PayingUser(User):
    """Subclass it with a `curve`; that is a scenario.

    Locust starts, counts and stops it as any user, but it only stands by: one is enough for any
    number of payers, whose connections come and go by themselves.
    """

    abstract = True
    curve: ClassVar[Curve]
    request_names = NAMES
    asks = PaymentsAsked()
    load_of = PayerThread
    environment: Any

    def __init__(self, environment: Any) -> None:  # noqa: ANN401  # Locust is untyped
        super().__init__(environment)
        try:
            environment.open_loop.load.aim(self.host or "no --host")
        except (ValueError, OSError) as error:
            raise StopTest(str(error)) from error

    @task
    def stand_by(self) -> None:
        """Until Locust ends this user."""
        self.wait()  # type: ignore[no-untyped-call]  # Locust is untyped

    def wait_time(self) -> float:
        """Locust asks how long to wait: until it stops us."""
        Event().wait()
        return 0.0
