"""Orders: each user stores one order under its key, and sends it again if the outcome is unknown.

Kinto stores a record under the id that the client chose: the second PUT replaces the first.
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
        path = f"/v1/buckets/shop/collections/orders/records/{self.intent.key}"
        order = {"data": {"amount_minor": 1250, "currency": "EUR"}}
        for _ in range(ATTEMPTS):
            answer = self.client.put(path, json=order, name="order")
            if 0 < answer.status_code < UNKNOWN_FROM:
                return
