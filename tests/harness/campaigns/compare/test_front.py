"""The Pareto front: never empty, never one winner by chance, no arm that is worse in all."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.campaigns.compare.differences import Compared, compared
from harness.campaigns.compare.front import dominators, front_of
from harness.campaigns.records import Must


def figure(
    must: Must, values: dict[str, list[float | None]], bounds: set[str] | None = None
) -> Compared:
    empty = Compared(column="c", metric="m", unit="per_s", must=must, least_ratio=None, arms=())
    return compared(empty, values, bounds or set(), 2)


CAPACITY = figure(
    ">=",
    {
        "small": [100.0, 101.0, 99.0],
        "large": [300.0, 303.0, 297.0],
        "wasteful": [299.0, 304.0, 296.0],
    },
)
COST = figure(
    "<=",
    {"small": [10.0, 10.1, 9.9], "large": [20.0, 20.2, 19.8], "wasteful": [40.0, 40.4, 39.6]},
)
ARMS = ("small", "large", "wasteful")


def test_the_front_holds_what_is_best_in_something() -> None:
    assert front_of(ARMS, [CAPACITY, COST]) == ("small", "large")
    assert dominators("wasteful", ARMS, [CAPACITY, COST]) == ("large",)


def test_an_arm_that_is_only_perhaps_worse_stays_on_the_front() -> None:
    assert front_of(("large", "wasteful"), [CAPACITY]) == ("large", "wasteful")


def test_a_lower_bound_is_not_dominated_by_what_it_may_exceed() -> None:
    bound = figure(">=", {"a": [100.0, 101.0], "b": [300.0, 301.0]}, {"a"})
    cost = figure("<=", {"a": [20.0, 20.1], "b": [10.0, 10.1]})
    assert front_of(("a", "b"), [bound, cost]) == ("a", "b")


def test_an_arm_without_a_value_is_dominated_by_one_with_a_value_that_is_better() -> None:
    lacking = figure(">=", {"a": [None, None], "b": [300.0, 301.0], "c": [200.0, 201.0]})
    cost = figure("<=", {"a": [90.0, 91.0], "b": [10.0, 10.1], "c": [10.0, 10.1]})
    assert "a" not in front_of(("a", "b", "c"), [lacking, cost])


VALUES = st.lists(
    st.one_of(st.floats(1, 1000), st.none()).flatmap(lambda v: st.just([v, v, v])),
    min_size=4,
    max_size=4,
)


@given(st.lists(VALUES, min_size=1, max_size=4), st.sets(st.sampled_from("abcd")))
def test_the_front_is_never_empty_and_no_arm_dominates_itself(
    tables: list[list[list[float | None]]], bounds: set[str]
) -> None:
    figures = [figure(">=", dict(zip("abcd", rows, strict=True)), bounds) for rows in tables]
    front = front_of(tuple("abcd"), figures)
    assert front
    for arm in "abcd":
        assert arm not in dominators(arm, tuple("abcd"), figures)
        for other in dominators(arm, tuple("abcd"), figures):
            assert arm not in dominators(other, tuple("abcd"), figures)
