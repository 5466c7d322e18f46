"""The payers as ordinary Locust users: each task is one payment with its retries."""

from __future__ import annotations

from typing import Final

from locust import FastHttpUser, task

from harness.load.locust.open_loop import OpenLoop
from harness.load.locust.payer_task import carry
from scenarios.payment_payers import PaymentPayers

PAYERS: Final = PaymentPayers()


class PaymentUser(OpenLoop, FastHttpUser):
    """Subclass it in a file that states a `CURVE`; that is a scenario."""

    abstract = True
    asks = PAYERS.asks
    connection_timeout = 1.0
    network_timeout = 3.0

    @task
    def pay(self) -> None:
        """Pay, ask for the status while the outcome is unknown, pay again with the same key."""
        carry(self, PAYERS)
