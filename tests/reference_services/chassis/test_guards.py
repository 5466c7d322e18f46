"""Guards: the first absorption is logged at once, later ones are summed up each second."""

from __future__ import annotations

import json

from reference_services.chassis.guards import Guards
from reference_services.chassis.logs import Log
from tests.support.services_transport import ManualTime


def test_the_first_absorption_is_a_line_and_later_ones_are_summed_up() -> None:
    lines, clock = list[bytes](), ManualTime()
    guards = Guards(Log("payments", "payments-1", lines.append), clock.now)
    for _ in range(3):
        guards.absorbed("idempotency")
    guards.absorbed("breaker")
    guards.absorbed("sweeper", 0)
    clock.now_s += 1.0
    guards.absorbed("idempotency")
    said = [(line["name"], line["absorbed"]) for line in map(json.loads, lines)]
    assert said == [("idempotency", 1), ("breaker", 1), ("idempotency", 3)]
