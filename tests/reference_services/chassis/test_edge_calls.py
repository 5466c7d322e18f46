"""Calls and attempts of each edge: the first is a line at once, the rest is summed up."""

from __future__ import annotations

import asyncio
import json

from reference_services.chassis.edge_calls import EdgeCalls
from reference_services.chassis.logs import Log
from tests.support.services_transport import ManualTime

LEDGER, BANK = "payments>ledger", "payments>bank"


def test_attempts_are_summed_up_beside_the_calls_that_made_them() -> None:
    lines, clock = list[bytes](), ManualTime()
    calls = EdgeCalls(Log("payments", "payments-1", lines.append), clock.now)
    for edge in (LEDGER, LEDGER, BANK):
        calls.called(edge)
    calls.retried(LEDGER)
    clock.now_s += 1.0
    calls.retried(LEDGER)
    calls.called(BANK)
    calls.called(LEDGER)
    asyncio.run(calls.stop())
    said = [(line["name"], line["calls"], line["attempts"]) for line in map(json.loads, lines)]
    assert said == [
        *((LEDGER, 1, 1), (BANK, 1, 1), (LEDGER, 1, 3), (BANK, 1, 1)),
        (LEDGER, 1, 1),
    ]
