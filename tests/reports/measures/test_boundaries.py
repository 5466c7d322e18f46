"""Boundaries, dips and flapping, against outages whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reports.measures.degraded import P1
from reports.measures.recovery import Recovery, baseline, measure
from tests.support.outage_shapes import (
    Cell,
    cells,
    dipping_trace,
    endless_flapping,
    flapping_trace,
    shapes,
)
from tests.support.runs_traces import F0_S, trace_of

SEEDS = 100


@pytest.mark.parametrize("at_rest", [0.0, 0.005])
@pytest.mark.parametrize("per_s", [10, 50, 200])
def test_boundaries_are_as_exact_as_the_rate_allows(per_s: float, at_rest: float) -> None:
    found = list(cells(per_s, at_rest, range(SEEDS)))
    assert len(found) == len(list(shapes(0)))
    assert [cell for cell in found if not is_exact(cell)] == []
    assert sum(cell.wrong_count for cell in found) <= 5


def is_exact(cell: Cell) -> bool:
    return cell.onset_s <= cell.onset_goal_s and cell.end_s <= cell.end_goal_s


def test_a_partial_outage_is_measured_exactly_although_some_requests_always_fail() -> None:
    """30 % bad, 0.5 % bad at rest, 50 per second."""
    (cell,) = (c for c in cells(50, 0.005, range(100)) if c.shape == "square 30%")
    assert cell.end_s <= 7 / (50 * 0.3)


def found_in(*bad_spans: tuple[float, float], strays: tuple[float, ...] = ()) -> Recovery:
    """200 requests per second, like a clock; a fault from 30 to 50 s."""
    due = np.arange(0, 90, 0.005)
    bad = np.zeros(len(due), dtype=np.bool_)
    for begin_s, end_s in bad_spans:
        bad |= (due >= begin_s) & (due < end_s)
    bad[np.searchsorted(due, strays)] = True
    trace = trace_of(due, bad, 90, 20)
    return measure(trace, baseline(trace))


@pytest.mark.parametrize("strays", [(42.55,), (42.37, 42.41), (41.9, 42.6), (37.0, 50.0)])
def test_stray_failures_beside_a_short_dip_make_no_episode(strays: tuple[float, ...]) -> None:
    found = found_in((42.0, 42.35), strays=strays)
    assert (found.episodes, found.stable_recovery_s) == ((), 0)
    (dip,) = found.micro_dips
    assert dip.begin_s == pytest.approx(42.0, abs=0.11)
    assert dip.end_s == pytest.approx(42.35, abs=0.11)
    assert found.bad == 70 + len(strays)


@pytest.mark.parametrize("at_rest", [0.0, 0.005])
@pytest.mark.parametrize("per_s", [4, 10, 50, 200, 1000])
def test_no_dip_with_two_strays_is_an_episode(per_s: float, at_rest: float) -> None:
    found = []
    for seed in range(100):
        trace = dipping_trace(seed, per_s=per_s, at_rest=at_rest)
        found.append(measure(trace, baseline(trace)))
    assert sum(bool(r.episodes) for r in found) == 0


@pytest.mark.parametrize(
    ("every_s", "down_s", "bad"),
    [(1.5, 0.45, 1.0), (1.5, 0.45, 0.5), (1.5, 0.45, 0.33), (5.0, 0.45, 1.0), (1.0, 0.1, 1.0)],
)
@pytest.mark.parametrize("per_s", [50, 200, 1000])
def test_flapping_is_one_long_episode(
    every_s: float, down_s: float, bad: float, per_s: float
) -> None:
    for seed in range(10):
        trace = flapping_trace(seed, per_s=per_s, every_s=every_s, down_s=down_s, bad=bad)
        found = measure(trace, baseline(trace))
        assert len(found.episodes) == 1
        assert found.stable_recovery_s == pytest.approx(18, abs=every_s + 1)
        assert found.lost_s == pytest.approx(18 * bad * down_s / every_s, rel=0.35)


@pytest.mark.parametrize("per_s", [5, 10])
def test_flapping_at_a_low_rate_is_one_long_episode_too(per_s: float) -> None:
    for seed in range(20):
        trace = flapping_trace(seed, per_s=per_s, every_s=1.5, down_s=0.45, bad=1.0)
        found = measure(trace, baseline(trace))
        assert len(found.episodes) == 1
        assert found.lost_s > 2


@pytest.mark.parametrize("hold_s", [0.1, 0.2, 0.5, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("every_s", [0.6, 1.0, 1.5, 2.0, 3.0, 5.0, 9.0])
def test_a_system_that_goes_down_again_and_again_has_not_recovered(
    every_s: float, hold_s: float
) -> None:
    for seed, down_s in enumerate((0.05, 0.1, 0.2, 0.3, 0.45, 0.49)):
        if down_s / every_s >= P1:
            trace = endless_flapping(seed, per_s=200, every_s=every_s, down_s=down_s)
            found = measure(replace(trace, hold_s=hold_s), baseline(trace))
            assert (found.censored, found.micro_dips) == (True, ()), down_s


def test_an_outage_that_went_on_after_the_fault_must_stay_away_for_as_long() -> None:
    """The hold of one second is enough for what ended with the fault, not for what did not."""
    assert not with_hold(1, (0, 10)).censored
    assert not with_hold(1, (0, 10), (10.3, 11)).censored
    assert with_hold(1, (0, 10), (52, 53)).censored
    assert not with_hold(1, (0, 10), (48, 49.9)).censored
    assert with_hold(11, (0, 10), (48, 49.9)).censored


def with_hold(hold_s: float, *outages: tuple[float, float]) -> Recovery:
    """200 arrivals a second like a clock; a fault of 10 s, and load until 60 s after its begin."""
    due = np.arange(0, F0_S + 60, 0.005)
    bad = np.zeros(len(due), dtype=np.bool_)
    for begin_s, end_s in outages:
        bad |= (due >= F0_S + begin_s) & (due < F0_S + end_s)
    trace = trace_of(due, bad, F0_S + 60, 10)
    return measure(replace(trace, hold_s=hold_s), baseline(trace))


def test_dips_before_the_fault_are_none_of_the_fault() -> None:
    found = found_in((20.0, 20.05))
    assert (found.episodes, found.micro_dips, found.bad) == ((), (), 0)


def test_few_failures_at_the_very_end_of_the_load_are_no_episode() -> None:
    found = found_in(strays=(89.97, 89.995))
    assert (found.episodes, found.micro_dips, found.censored) == ((), (), False)
    assert found.bad == 2


def test_the_resolution_follows_from_rate_and_bad_share() -> None:
    assert found_in((30.0, 50.0)).resolution_s == pytest.approx(0.1)
    thin = flapping_trace(1, per_s=10, every_s=1.5, down_s=0.45, bad=1.0)
    assert 1.5 < measure(thin, baseline(thin)).resolution_s < 4
    assert found_in().resolution_s == pytest.approx(0.1)
    assert F0_S == 30
