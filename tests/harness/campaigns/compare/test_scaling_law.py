"""A planted law of scaling is found; nothing is said beyond what was measured."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.campaigns.compare.least_squares import fitted, squares
from harness.campaigns.compare.scaling_law import BeyondMeasuredError, law_of


def capacity(size: int, one: float, contention: float, coherence: float) -> float:
    return one * size / (1 + contention * (size - 1) + coherence * size * (size - 1))


@given(
    one=st.floats(10, 1000),
    contention=st.floats(0, 0.6),
    coherence=st.floats(0, 0.1),
    most=st.integers(3, 10),
)
def test_a_planted_law_is_found(one: float, contention: float, coherence: float, most: int) -> None:
    points = [(size, capacity(size, one, contention, coherence)) for size in range(1, most + 1)]
    law = law_of(points)
    assert law is not None
    assert law.one.value == pytest.approx(one, rel=1e-4)
    assert law.contention.value == pytest.approx(contention, abs=1e-4)
    assert law.coherence.value == pytest.approx(coherence, abs=1e-4)
    for size, value in points:
        assert law.capacity(size) == pytest.approx(value, rel=1e-3)


def test_the_interval_holds_the_planted_values_about_as_often_as_it_says() -> None:
    draw, held = random.Random(1), 0
    for _ in range(200):
        points = [
            (size, capacity(size, 200, 0.15, 0.03) * draw.lognormvariate(0, 0.03))
            for size in (1, 2, 3, 4, 6)
            for _ in range(3)
        ]
        law = law_of(points)
        assert law is not None
        low, high = law.contention.low, law.contention.high
        assert low is not None
        assert high is not None
        held += low <= 0.15 <= high
    assert held >= 180


def test_nothing_is_said_beyond_the_largest_measured_size() -> None:
    law = law_of([(size, capacity(size, 200, 0.1, 0.01)) for size in (1, 2, 3)])
    assert law is not None
    assert law.capacity(2.5) > 0
    for size in (0.5, 3.01, 10):
        with pytest.raises(BeyondMeasuredError, match="measured at sizes 1 to 3"):
            law.capacity(size)


def test_a_best_size_is_named_only_where_it_was_measured() -> None:
    falling = law_of([(size, capacity(size, 200, 0.1, 0.1)) for size in (1, 2, 3, 4, 5)])
    rising = law_of([(size, capacity(size, 200, 0.1, 0.001)) for size in (1, 2, 3, 4, 5)])
    assert falling is not None
    assert rising is not None
    assert falling.best == pytest.approx(3.0, abs=0.01)
    assert rising.best is None


def test_capacity_that_grows_faster_than_the_size_has_no_negative_contention() -> None:
    law = law_of([(1, 100), (2, 230), (3, 380), (1, 101), (2, 228), (3, 377)])
    assert law is not None
    assert law.contention.value == 0
    assert law.coherence.value == 0


@pytest.mark.parametrize(
    "points", [[], [(1, 100.0), (2, 180.0)], [(1, 100.0), (2, 0.0), (3, 240.0)]]
)
def test_two_sizes_or_no_capacity_show_no_law(points: list[tuple[int, float]]) -> None:
    assert law_of(points) is None


def test_three_points_have_no_interval() -> None:
    law = law_of([(1, 100), (2, 180), (3, 240)])
    assert law is not None
    assert law.one.low is None


@given(st.lists(st.tuples(st.floats(0.5, 5), st.floats(-5, 5)), min_size=3, max_size=8))
def test_no_other_unknowns_are_nearer(pairs: list[tuple[float, float]]) -> None:
    rows = [(1.0, x) for x, _ in pairs]
    values = [y for _, y in pairs]
    found = fitted(rows, values, 1)
    if found is None:
        assert len({x for x, _ in pairs}) < 3
        return
    best = squares(rows, values, found)
    for shift in (-0.1, 0.1):
        assert best <= squares(rows, values, (found[0] + shift, found[1])) + 1e-9
        assert best <= squares(rows, values, (found[0], max(found[1] + shift, 0))) + 1e-9
