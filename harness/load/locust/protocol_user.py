"""The Locust file of a YAML scenario, which the plan of the run names."""

from __future__ import annotations

import os
from typing import Final

from locust import FastHttpUser, task

from harness.load.locust.open_loop import OpenLoop
from harness.load.locust.payer_task import carry
from harness.load.plan import scenario_of
from harness.load.protocol.payers import ProtocolPayers
from harness.load.protocol.reading import curve_of_description, read_description
from harness.load.scenario import scenario_path

_DESCRIPTION: Final = read_description(scenario_path(scenario_of(os.environ)))
PAYERS: Final = ProtocolPayers(_DESCRIPTION)
CURVE: Final = curve_of_description(_DESCRIPTION)


class ProtocolUser(OpenLoop, FastHttpUser):
    """One intent of the described API at each arrival."""

    asks = PAYERS.asks
    connection_timeout = 1.0
    network_timeout = 3.0

    @task
    def carry_payer(self) -> None:
        """Create, ask while the outcome is unknown, create again with the same key."""
        carry(self, PAYERS)
