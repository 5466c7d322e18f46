"""A fault during a spike is distinguished from counting noise."""

from __future__ import annotations

import numpy as np
import pytest

from harness.load.traffic import Curve, Spike, Steady, arrivals_us
from reports.measures.confounded import is_confounded
from reports.measures.recovery import Trace
from tests.support.runs_traces import F0_S, trace_of

END_S = F0_S + 40


def offered(curve: Curve, seed: int) -> Trace:
    due = np.array(arrivals_us(curve, END_S, seed)) / 1e6
    return trace_of(due, np.zeros(len(due), dtype=np.bool_), END_S, 10)


@pytest.mark.parametrize("per_s", [1.0, 4.0, 10.0, 120.0])
def test_a_steady_rate_is_never_taken_for_a_spike(per_s: float) -> None:
    found = [is_confounded(offered(Steady(per_s=per_s), seed)) for seed in range(500)]
    assert sum(found) <= 2, "fewer than 1 % of the runs"


@pytest.mark.parametrize("per_s", [4.0, 10.0, 100.0])
@pytest.mark.parametrize("begins_s", [F0_S - 13, F0_S - 4, F0_S + 3])
def test_a_spike_is_seen_whether_it_began_before_the_fault_or_in_it(
    per_s: float, begins_s: float
) -> None:
    curve = Spike(
        base_per_s=per_s,
        peak_per_s=6 * per_s,
        rise_at_s=begins_s,
        rise_s=2,
        hold_s=25,
        fall_s=5,
    )
    assert all(is_confounded(offered(curve, seed)) for seed in range(30))


def test_payday_at_its_own_rates_is_a_spike() -> None:
    curve = Spike(
        base_per_s=100, peak_per_s=340, rise_at_s=F0_S - 13, rise_s=8, hold_s=25, fall_s=10
    )
    assert all(is_confounded(offered(curve, seed)) for seed in range(10))


def test_where_nothing_was_due_nothing_is_confounded() -> None:
    assert not is_confounded(trace_of(np.empty(0), np.empty(0, dtype=np.bool_), END_S, 10))
