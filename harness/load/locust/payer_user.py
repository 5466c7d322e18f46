"""The Locust file of a scenario that states `PAYERS` for the lean engine.

Workers of other machines are Locust's: the lean engine sends no records.
"""

from __future__ import annotations

import os
from typing import Final

from locust import FastHttpUser, task

from harness.load.header_variables import headers_from
from harness.load.locust.open_loop import OpenLoop
from harness.load.locust.payer_task import carry
from harness.load.payer import Payers
from harness.load.plan import scenario_of
from harness.load.scenario import import_scenario, scenario_path
from harness.load.traffic import Curve

_SCENARIO: Final = import_scenario(scenario_path(scenario_of(os.environ)))
PAYERS: Final[Payers] = _SCENARIO.PAYERS
CURVE: Final[Curve] = _SCENARIO.CURVE


class PayerUser(OpenLoop, FastHttpUser):
    """One payer at each arrival."""

    asks = PAYERS.asks
    default_headers = headers_from(getattr(_SCENARIO, "HEADERS", {}), os.environ)
    connection_timeout = 1.0
    network_timeout = 3.0

    @task
    def carry_payer(self) -> None:
        """All that the payer asks for."""
        carry(self, PAYERS)
