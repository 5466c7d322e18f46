"""Orders: each user sends one order with a key, and sends it again if the outcome is unknown.

json-server stores a new row for every POST; it does not compare keys.
"""

from typing import Final

from locust import FastHttpUser, task

from harness.load.locust.open_loop import OpenLoop
from harness.load.traffic import Steady

CURVE: Final = Steady(per_s=80)
ATTEMPTS: Final = 4
UNKNOWN_FROM: Final = 500  # and 0, no answer: the order may be stored


class Buyer(OpenLoop, FastHttpUser):
    """Sends orders at the rate of CURVE."""

    curve = CURVE
    connection_timeout = 2.0
    network_timeout = 2.0

    @task
    def order(self) -> None:
        """One order; a lost answer is followed by the same request."""
        order = {"key": self.intent.key, "amount_minor": 1250, "currency": "EUR"}
        for _ in range(ATTEMPTS):
            answer = self.client.post("/orders", json=order, name="order")
            if 0 < answer.status_code < UNKNOWN_FROM:
                return
