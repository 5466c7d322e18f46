"""The knee of a ramp is the highest rate before the limits were missed for good."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.campaigns.compare.knee import LEAST_ARRIVALS, Window, knee_of
from harness.campaigns.compare.matrix import Knee

LIMITS = Knee(p99_ms=250)


def window(
    at: int, rate: int, *, p99_ms: float | None = 50, attempts: float = 1.0, delivered: bool = True
) -> Window:
    return Window(
        begin_s=at * 2.0,
        end_s=at * 2.0 + 2,
        arrivals=rate * 2,
        p99_ms=p99_ms,
        attempts_per_intent=attempts,
        delivered=delivered,
    )


def ramp(knee: int, count: int = 20, step: int = 25) -> list[Window]:
    """Rates 25, 50, ...; from the first above the knee on p99 is far too high."""
    rates = [step * (number + 1) for number in range(count)]
    return [window(at, rate, p99_ms=40 if rate <= knee else 900) for at, rate in enumerate(rates)]


@given(st.integers(1, 17))
def test_a_planted_knee_is_found(steps: int) -> None:
    found = knee_of(ramp(25 * steps), LIMITS)
    assert found is not None
    assert (found.rate_per_s, found.at_least) == (25 * steps, False)
    assert found.begin_s == steps * 2.0


@given(st.integers(1, 17), st.integers(0, 16))
def test_a_single_bad_window_is_a_stray(steps: int, stray: int) -> None:
    windows = ramp(25 * steps)
    if stray < steps - 1:
        windows[stray] = window(stray, 25 * (stray + 1), p99_ms=900)
    found = knee_of(windows, LIMITS)
    assert found is not None
    assert found.rate_per_s == 25 * steps


def test_too_many_attempts_end_it_although_the_answers_are_fast() -> None:
    windows = [window(at, 100 + at, attempts=1.0 if at < 6 else 1.2) for at in range(10)]
    found = knee_of(windows, LIMITS)
    assert found is not None
    assert found.rate_per_s == 105
    assert "1.20 attempts per intent" in found.why


def test_failures_of_more_than_one_in_a_hundred_end_it() -> None:
    windows = [window(at, 100 + at, p99_ms=30 if at < 4 else None) for at in range(10)]
    found = knee_of(windows, LIMITS)
    assert found is not None
    assert found.rate_per_s == 103
    assert "more than 1 % failed" in found.why


def test_a_ramp_that_ends_before_the_knee_gives_a_lower_bound() -> None:
    found = knee_of(ramp(10_000), LIMITS)
    assert found is not None
    assert (found.rate_per_s, found.at_least) == (500, True)


def test_a_load_that_falls_after_its_ramp_shows_its_resource_at_the_highest_rate() -> None:
    found = knee_of([*ramp(500), window(20, 40), window(21, 40)], LIMITS)
    assert found is not None
    assert (found.rate_per_s, found.at_least) == (500, True)
    assert (found.begin_s, found.end_s) == (38, 40)


def test_one_bad_window_at_the_end_is_no_knee() -> None:
    found = knee_of(ramp(475), LIMITS)
    assert found is not None
    assert (found.rate_per_s, found.at_least) == (475, True)


def test_a_late_generator_gives_a_lower_bound() -> None:
    windows = ramp(10_000)
    windows[8] = window(8, 225, delivered=False)
    found = knee_of(windows, LIMITS)
    assert found is not None
    assert (found.rate_per_s, found.at_least) == (200, True)
    assert "generator" in found.why


def test_a_generator_that_is_late_after_the_limit_was_missed_leaves_a_knee() -> None:
    windows = ramp(200)
    windows[9] = window(9, 250, delivered=False)
    found = knee_of(windows, LIMITS)
    assert found is not None
    assert (found.rate_per_s, found.at_least) == (200, False)


def test_a_system_that_carries_nothing_has_the_capacity_zero() -> None:
    found = knee_of([window(at, 100, p99_ms=None) for at in range(5)], LIMITS)
    assert found is not None
    assert (found.rate_per_s, found.at_least) == (0, False)


@pytest.mark.parametrize("arrivals", [0, LEAST_ARRIVALS // 2 - 1])
def test_windows_with_too_few_arrivals_say_nothing(arrivals: int) -> None:
    assert knee_of([window(at, arrivals) for at in range(5)], LIMITS) is None
