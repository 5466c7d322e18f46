"""The score: 90 at the limit, 50 at twice the limit; nothing that makes a run worse raises it."""

from __future__ import annotations

from statistics import stdev
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.campaigns.records import Figure, Outcome
from harness.campaigns.score import Score, score_of_repeats, score_of_run, score_of_suite
from tests.support.replayed_runs import broken_records, figure, invalid, recorded

UNITS: tuple[tuple[str, Literal["<=", ">="], float], ...] = (
    ("s", "<=", 3600.0),
    ("ratio", "<=", 1.0),
    ("ratio", ">=", 1.0),
    ("attempts", "<=", 100.0),
)


@st.composite
def figures(draw: st.DrawFn) -> Figure:
    unit, must, most = draw(st.sampled_from(UNITS))
    values = st.floats(0, most) | st.none() | st.sampled_from([float("nan"), float("inf")])
    return Figure(
        name=draw(st.text("abc", min_size=1, max_size=3)),
        metric="",
        must=must,
        limit=draw(st.floats(0, most)),
        unit=unit,
        value=draw(values),
        censored=draw(st.booleans()),
    )


outcomes = st.lists(figures(), min_size=1, max_size=5).map(
    lambda found: Outcome(verdict="PASS", figures=tuple(found))
)


def points(outcome: Outcome) -> float:
    """Nothing at all counts as less than 0."""
    found = score_of_run(outcome).points
    return -1.0 if found is None else found


def with_figures(outcome: Outcome, *new: Figure) -> Outcome:
    return msgspec.structs.replace(outcome, figures=new)


def test_the_curve_goes_through_90_at_the_limit_and_50_at_twice_the_limit() -> None:
    assert score_of_run(with_figures(broken(), figure(10.0, 10.0))).points == 90
    twice = 2 * (10.0 + 0.1) - 0.1  # a tenth of a second counts as zero
    assert score_of_run(with_figures(broken(), figure(twice, 10.0))).points == 50
    assert score_of_run(with_figures(broken(), figure(0.0, 10.0))).points == pytest.approx(100)


def broken() -> Outcome:
    return Outcome(verdict="PASS")


def test_the_weakest_objective_is_named() -> None:
    found = score_of_run(with_figures(broken(), figure(1.0), figure(14.0, name="lost seconds")))
    assert found.weakest == "lost seconds"
    assert found.points == min(each.points for each in found.inputs)
    assert found.formula == 1


@given(outcomes)
def test_it_lies_between_0_and_100(outcome: Outcome) -> None:
    assert 0 <= points(outcome) <= 100


@given(outcomes, figures())
def test_a_further_objective_never_raises_it(outcome: Outcome, more: Figure) -> None:
    assert points(with_figures(outcome, *outcome.figures, more)) <= points(outcome)


@given(outcomes, st.data())
def test_a_worse_value_never_raises_it(outcome: Outcome, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(outcome.figures) - 1))
    old = outcome.figures[place]
    if old.value is None:
        return
    worse = old.value * 2 + 0.5 if old.must == "<=" else old.value / 2
    new = msgspec.structs.replace(old, value=worse)
    changed = (*outcome.figures[:place], new, *outcome.figures[place + 1 :])
    assert points(with_figures(outcome, *changed)) <= points(outcome)


@given(outcomes, st.data())
def test_missing_data_never_raise_it(outcome: Outcome, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(outcome.figures) - 1))
    empty = msgspec.structs.replace(outcome.figures[place], value=None)
    changed = (*outcome.figures[:place], empty, *outcome.figures[place + 1 :])
    assert points(with_figures(outcome, *changed)) <= points(outcome)


@given(outcomes)
def test_a_wrong_record_makes_it_0(outcome: Outcome) -> None:
    bad = msgspec.structs.replace(outcome, violations=broken_records().violations)
    assert score_of_run(bad).points == 0


def test_a_run_that_proves_nothing_has_no_score() -> None:
    assert score_of_run(invalid()).points is None
    assert score_of_run(Outcome(verdict="PASS")).points is None


def test_repeats_have_a_mean_with_an_interval() -> None:
    runs = [score_of_run(with_figures(broken(), figure(value))) for value in (8.0, 9.0, 10.0)]
    found = score_of_repeats(runs)
    assert found.points is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.points < found.high


def test_a_repeat_without_a_score_takes_that_of_the_suite_away() -> None:
    good = score_of_run(with_figures(broken(), figure(2.0)))
    assert score_of_repeats([good, Score()]).points is None
    assert score_of_repeats([]).points is None
    assert score_of_suite([good, Score()], ["a", "b"]).points is None
    assert score_of_suite([], []).points is None


def test_a_wrong_record_in_one_repeat_makes_the_suite_0() -> None:
    good = score_of_run(with_figures(broken(), figure(2.0)))
    bad = score_of_run(broken_records())
    assert score_of_suite([score_of_repeats([good, bad]), good], ["a", "b"]).points == 0


def test_the_score_of_identical_real_runs_differs_by_little() -> None:
    found = [score_of_run(run).points or 0 for run in recorded("payments-paused")]
    assert stdev(found) <= 1.5
