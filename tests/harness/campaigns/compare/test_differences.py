"""Arms differ only where their intervals do not overlap; equal arms hardly ever do."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from harness.campaigns.compare.differences import Compared, compared
from harness.campaigns.records import Outcome
from tests.support.replayed_runs import recorded

CAPACITY = Compared(
    column="capacity", metric="capacity_per_s", unit="per_s", must=">=", least_ratio=None, arms=()
)
LOST = Compared(column="kill", metric="lost_s", unit="s", must="<=", least_ratio=None, arms=())


def drawn(draw: random.Random, means: dict[str, float], repeats: int, sd: float) -> Compared:
    """Values with chance, and with an hour that moves all arms of a repeat alike."""
    hours = [draw.lognormvariate(0, 0.2) for _ in range(repeats)]
    found = {
        arm: [mean * hour * draw.lognormvariate(0, sd) for hour in hours]
        for arm, mean in means.items()
    }
    return compared(CAPACITY, found, set(), 3)


def shown(found: Compared) -> int:
    return sum(len(value.better_than) for value in found.arms)


def test_equal_arms_are_called_different_in_at_most_one_of_twenty() -> None:
    draw = random.Random(5)
    for arms, repeats in ((2, 3), (4, 2), (4, 3)):
        means = dict.fromkeys("abcd"[:arms], 300.0)
        wrong = sum(shown(drawn(draw, means, repeats, 0.05)) > 0 for _ in range(300))
        assert wrong <= 15


def test_a_planted_difference_is_shown_although_the_hours_differ() -> None:
    draw = random.Random(6)
    means = {"one": 200.0, "two": 330.0, "three": 340.0}
    found = [drawn(draw, means, 3, 0.03) for _ in range(100)]
    assert sum("one" in each.of("two").better_than for each in found) >= 95
    assert not any(each.of("one").better_than for each in found)


def test_one_repeat_shows_nothing() -> None:
    found = compared(CAPACITY, {"a": [100.0], "b": [900.0]}, set(), 1)
    assert shown(found) == 0
    assert found.of("b").mean == 900
    assert found.of("b").low is None
    assert found.least_ratio is None


def test_the_same_values_are_never_different() -> None:
    found = compared(CAPACITY, {"a": [100.0, 120.0, 90.0], "b": [100.0, 120.0, 90.0]}, set(), 1)
    assert shown(found) == 0


def test_a_missing_value_leaves_the_arm_out_and_the_others_in() -> None:
    values: dict[str, list[float | None]] = {
        "a": [100.0, 101.0, 99.0],
        "b": [300.0, 302.0, 299.0],
        "c": [200.0, None, 201.0],
    }
    found = compared(CAPACITY, values, set(), 1)
    assert found.of("c").mean is None
    assert found.of("b").better_than == ("a",)


def test_a_lower_bound_is_never_shown_to_be_worse() -> None:
    values = {"a": [100.0, 101.0, 99.0], "b": [300.0, 302.0, 299.0]}
    assert compared(CAPACITY, values, {"a"}, 1).of("b").better_than == ()
    assert compared(CAPACITY, values, {"b"}, 1).of("b").better_than == ("a",)
    assert compared(LOST, values, {"a"}, 1).of("a").better_than == ()
    assert compared(LOST, values, {"b"}, 1).of("a").better_than == ("b",)


def test_less_is_better_where_the_figure_is_a_burden() -> None:
    found = compared(LOST, {"a": [1.0, 1.1, 0.9], "b": [9.0, 9.5, 9.2]}, set(), 1)
    assert found.of("a").better_than == ("b",)


def test_an_arm_that_carries_nothing_does_not_make_the_others_surer() -> None:
    values = {"a": [0.0, 0.0], "b": [300.0, 320.0], "c": [330.0, 290.0]}
    alone = compared(CAPACITY, {"b": values["b"], "c": values["c"]}, set(), 1)
    found = compared(CAPACITY, values, set(), 1)
    assert found.of("b").better_than in ((), ("a",))
    assert (found.least_ratio or 0) >= (alone.least_ratio or 0)


@given(st.lists(st.lists(st.floats(1, 1000), min_size=3, max_size=3), min_size=2, max_size=5))
def test_two_arms_differ_exactly_where_their_intervals_are_apart(rows: list[list[float]]) -> None:
    found = compared(CAPACITY, {str(i): row for i, row in enumerate(rows)}, set(), 1)
    for one in found.arms:
        for other in found.arms:
            apart = (one.low or 0) > (other.high or 0)
            assert (other.arm in one.better_than) == apart


def test_recorded_runs_of_one_build_given_to_two_arms_show_no_difference() -> None:
    """Ten recorded runs of `payments-paused`, dealt to two arms of three repeats, 200 times."""
    runs, draw, wrong = recorded("payments-paused"), random.Random(4), 0
    for _ in range(200):
        dealt = draw.sample(runs, 6)
        wrong += any(shown(figure) for figure in figures_of(dealt[:3], dealt[3:]))
    assert wrong <= 10


def test_recorded_runs_against_runs_twice_as_slow_show_the_difference() -> None:
    runs = recorded("payments-paused")
    twice = [
        [2 * (f.value or 0) for f in run.figures if f.metric == "attempts_per_intent"]
        for run in runs[:3]
    ]
    values = [
        f.value for run in runs[3:6] for f in run.figures if f.metric == "attempts_per_intent"
    ]
    slow = [value for each in twice for value in each]
    found = compared(LOST, {"as it is": values, "twice": slow}, set(), 4)
    assert found.of("as it is").better_than == ("twice",)


def figures_of(one: list[Outcome], other: list[Outcome]) -> list[Compared]:
    """Each objective of these runs as a compared figure."""
    found = []
    for place, first in enumerate(one[0].figures):
        empty = Compared(
            column="a",
            metric=first.metric,
            unit=first.unit,
            must=first.must,
            least_ratio=None,
            arms=(),
        )
        values = {
            name: [run.figures[place].value for run in runs]
            for name, runs in (("a", one), ("again", other))
        }
        found.append(compared(empty, values, set(), len(one[0].figures)))
    return found
