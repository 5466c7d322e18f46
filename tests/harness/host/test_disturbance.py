"""Foreign load is harmful only where the run could not get the CPU that it asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.host.cpu import Slice
from harness.host.disturbance import stretches, worst_harmful


def seconds(*shares: tuple[float, float, float]) -> list[Slice]:
    return [
        Slice(begin_s=i, end_s=i + 1.0, busy=busy, foreign=foreign, waited=waited)
        for i, (busy, foreign, waited) in enumerate(shares)
    ]


# Five-second means of real runs on two cores: decision 0039.
QUIET = (0.73, 0.02, 1.1)
TENTH = (0.80, 0.09, 1.6)
FIFTH = (0.84, 0.16, 1.7)
HALF = (0.95, 0.34, 2.4)
ALL = (0.99, 0.43, 2.4)


def test_measured_runs_are_told_apart() -> None:
    for harmless in (QUIET, TENTH, FIFTH):
        assert worst_harmful(seconds(*[harmless] * 10)) is None
    for harmful in (HALF, ALL):
        assert worst_harmful(seconds(*[harmful] * 10)) is not None


def test_a_single_full_second_is_not_a_disturbance() -> None:
    assert worst_harmful(seconds(QUIET, QUIET, ALL, QUIET, QUIET, QUIET)) is None


def test_five_seconds_among_many_are_found_with_their_time() -> None:
    found = worst_harmful(seconds(*[QUIET] * 20, *[ALL] * 5, *[QUIET] * 20))
    assert found is not None
    assert (found.begin_s, found.end_s) == (20, 25)


def test_a_full_machine_without_others_is_the_systems_own_doing() -> None:
    assert worst_harmful(seconds(*[(1.0, 0.02, 6.0)] * 10)) is None


def test_two_seconds_are_too_few_for_a_statement() -> None:
    assert worst_harmful(seconds(ALL, ALL)) is None
    assert list(stretches([])) == []


share = st.floats(0, 1)


@given(st.lists(st.tuples(share, share, st.floats(0, 9)), min_size=3, max_size=20))
def test_more_foreign_load_never_makes_a_run_sounder(
    shares: list[tuple[float, float, float]],
) -> None:
    more = [(busy, min(1.0, foreign + 0.1), waited) for busy, foreign, waited in shares]
    if worst_harmful(seconds(*shares)) is not None:
        assert worst_harmful(seconds(*more)) is not None
