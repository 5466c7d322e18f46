"""How long instances call themselves ready while nothing goes well."""

from __future__ import annotations

import numpy as np
import pytest

from harness.load.records import pack
from harness.timeline import Event
from reports.inputs.attempts import RECORD
from reports.measures.cohorts import Flags, block_of
from reports.measures.readiness import SLOT_S, ServedTally, ready_in_vain_s
from tests.support.runs_builder import sound_run

LOAD_S = 30.0


def state(at_s: float, name: str, state: str) -> Event:
    ns = round(at_s * 1e9)
    return Event(
        mono_ns=ns, wall_ns=ns, source="target", kind="instance", name=name, data={"state": state}
    )


def served(*, until_s: float, again_s: float) -> Flags:
    at_s = np.arange(int(LOAD_S / SLOT_S)) * SLOT_S
    return (at_s < until_s) | (at_s >= again_s)


def in_vain_s(*events: Event, begin_s: float = 0.0) -> float | None:
    return ready_in_vain_s(served(until_s=10, again_s=16), events, "shop", begin_s, 0)


def test_an_instance_that_stays_ready_in_an_outage_is_ready_in_vain() -> None:
    assert in_vain_s(state(-3, "shop-1", "ready")) == pytest.approx(6.0)


def test_only_the_time_until_the_last_instance_is_unready_counts() -> None:
    ready = (state(-3, "shop-1", "ready"), state(-3, "shop-2", "ready"))
    unready = (state(10.5, "shop-1", "unready"), state(11, "shop-2", "unready"))
    again = (state(15.5, "shop-1", "ready"), state(16, "shop-2", "ready"))
    assert in_vain_s(*ready, *unready, *again) == pytest.approx(1.0)


def test_other_services_and_what_comes_before_the_begin_do_not_count() -> None:
    ready = (state(-3, "shop-1", "ready"), state(0, "shopper", "ready"))
    down = state(10, "shop-1", "down")
    assert in_vain_s(*ready, down) == 0.0
    assert in_vain_s(state(-3, "shop-1", "ready"), begin_s=13.0) == pytest.approx(3.0)


def test_a_target_that_tells_of_no_instance_of_the_service_has_no_figure() -> None:
    assert in_vain_s(state(0, "bank", "ready")) is None


def test_a_slot_is_served_if_an_intent_came_to_its_good_end_in_it() -> None:
    run = sound_run()
    attempts = np.frombuffer(b"".join(map(pack, run.attempts)), dtype=RECORD)
    tally = ServedTally(LOAD_S)
    tally.add(block_of(np.array(run.due_us, dtype=np.int64), attempts, 500.0))
    assert tally.result().any()
    assert not tally.result()[: int(run.due_us[0] / 1e6 / SLOT_S)].any()
