"""An ordinary Locust user under OpenLoop, which the row `locust-users` runs."""

from __future__ import annotations

from typing import Final

from locust import FastHttpUser, task

from harness.load.locust.open_loop import OpenLoop
from harness.load.traffic import Steady

CURVE: Final = Steady(per_s=120.0)


class PlainUser(OpenLoop, FastHttpUser):
    """One request an arrival."""

    @task
    def ask(self) -> None:
        """With the key by which the server tells the arrivals apart."""
        self.client.get("/v1/payments", headers={"Idempotency-Key": self.intent.key})
