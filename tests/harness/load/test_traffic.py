"""Curves and the arrivals drawn from them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import StoredRunError
from harness.load.traffic import (
    US_PER_S,
    Spike,
    Steady,
    arrivals_us,
    most_in_a_second,
    read_schedule,
    worker_share,
    write_schedule,
)

SPIKE = Spike(base_per_s=100, peak_per_s=240, rise_at_s=12, rise_s=8, hold_s=25, fall_s=10)


@given(st.integers(0, 2**63))
def test_one_seed_gives_the_same_arrivals_to_the_microsecond(seed: int) -> None:
    curve = Steady(per_s=40)
    assert arrivals_us(curve, 2, seed) == arrivals_us(curve, 2, seed)


def test_another_seed_gives_other_arrivals() -> None:
    assert arrivals_us(Steady(per_s=40), 2, 1) != arrivals_us(Steady(per_s=40), 2, 2)


def test_these_arrivals_are_the_same_on_every_machine() -> None:
    first = [130438, 481270, 737142, 757059]
    assert arrivals_us(Steady(per_s=3), 2, 7)[:4] == first


@given(st.integers(0, 2**31), st.floats(0.5, 5))
def test_arrivals_come_in_order_and_within_the_load(seed: int, load_s: float) -> None:
    due_us = arrivals_us(Steady(per_s=100), load_s, seed)
    assert due_us == sorted(due_us)
    assert all(0 <= due <= round(load_s * US_PER_S) for due in due_us)


def test_the_rate_is_the_curve_s_within_four_sigma() -> None:
    due_us = arrivals_us(SPIKE, 60, 11)
    for begin_s, end_s, rate in ((0, 12, 100), (20, 45, 240)):
        came = sum(begin_s * US_PER_S <= due < end_s * US_PER_S for due in due_us)
        meant = rate * (end_s - begin_s)
        assert abs(came - meant) < 4 * meant**0.5


def test_scale_multiplies_the_rate() -> None:
    twice = len(arrivals_us(Steady(per_s=100), 50, 3, scale=2))
    assert abs(twice - 10_000) < 400


def test_no_rate_or_no_time_is_no_arrival() -> None:
    assert arrivals_us(Steady(per_s=0), 10, 1) == []
    assert arrivals_us(Steady(per_s=10), 0, 1) == []


def test_a_spike_rises_holds_and_falls_without_exceeding_its_highest() -> None:
    rates = [SPIKE.rate(at_s / 10) for at_s in range(700)]
    assert (rates[0], rates[-1]) == (100, 100)
    assert rates[200:450] == [240] * 250
    assert max(rates) <= SPIKE.highest


def test_a_schedule_is_read_as_it_was_written(tmp_path: Path) -> None:
    due_us = arrivals_us(Steady(per_s=100), 3, 5)
    write_schedule(tmp_path / "schedule.bin", due_us)
    assert read_schedule(tmp_path / "schedule.bin") == due_us


def test_a_cut_or_missing_schedule_is_told(tmp_path: Path) -> None:
    path = tmp_path / "schedule.bin"
    with pytest.raises(StoredRunError, match="unreadable"):
        read_schedule(path)
    path.write_bytes(b"12345")
    with pytest.raises(StoredRunError, match="cut off"):
        read_schedule(path)


def test_a_share_keeps_the_number_of_the_intent() -> None:
    assert worker_share([5, 6, 7], 1, 2) == [(1, 6)]


@given(st.lists(st.integers(0, 4_000_000), max_size=60))
def test_the_peak_is_the_fullest_second_wherever_it_begins(some: list[int]) -> None:
    due_us = sorted(some)
    counts = [sum(at <= other < at + US_PER_S for other in due_us) for at in due_us]
    assert most_in_a_second(due_us) == max(counts, default=0)
