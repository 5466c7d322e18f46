"""A comparison runs every arm in every column in turn, and says no more than its runs show."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from harness.campaigns.compare.compare_json import compare_document
from harness.campaigns.compare.document import CompareDocument
from harness.campaigns.compare.matrix_file import read_matrix
from harness.campaigns.compare.prepare import WantedMatrix, begin
from harness.campaigns.conduct import conduct, judged_attempts
from harness.campaigns.folder import new_folder
from harness.campaigns.plan import Plan, compare_of
from harness.campaigns.records import Outcome, Request
from harness.system import system_files
from reports.measures.metric_table import metric_units
from tests.support.replayed_runs import broken_records, invalid, replay
from tests.support.squall_process import ROOT
from tests.support.stub_campaign import StubRuns, bench
from tests.support.stub_comparison import CARRIED, made_up, ramp_outcome, stub_comparison

PLAN = stub_comparison()


def document(plan: Plan = PLAN, outcome: object = None) -> CompareDocument:
    made = outcome if callable(outcome) else made_up()
    return compare_document(plan, replay(compare_of(plan), made))


def test_arms_alternate_and_a_repeat_has_one_seed() -> None:
    seen = replay(compare_of(PLAN), made_up())
    assert len(seen) == 4 * 2 * 3
    first = [a.request.arm for a in seen[:4]]
    later = [a.request.arm for a in seen[8:16] if a.request.experiment == "capacity"]
    assert first == list(reversed(later))
    for repeat in range(3):
        assert len({a.request.seed for a in seen if a.request.repeat == repeat}) == 1


def test_the_planted_arms_are_told_apart_and_no_winner_is_named() -> None:
    found = document()
    capacity = found.figures[0]
    assert found.decision == "PASS"
    assert capacity.of("two").better_than == ("one",)
    assert "two small" not in capacity.of("two").better_than
    assert len(found.front) > 1
    assert "three" in found.front


def test_an_arm_against_itself_shows_no_difference() -> None:
    """The runs of one arm, given to two names of it: 300 matrices of drawn runs."""
    plan, same = stub_comparison({"a": 2, "b": 2}), {"a": 500.0, "b": 500.0}
    wrong = 0
    for seed in range(300):
        made = made_up(same, {"a": 0.6, "b": 0.6}, sd=0.05, seed=seed)
        wrong += any(v.better_than for f in document(plan, made).figures for v in f.arms)
    assert wrong <= 15


def test_the_cost_is_that_of_a_month_for_the_payments_of_a_month() -> None:
    def exact(request: Request) -> Outcome:
        return (
            ramp_outcome(CARRIED[request.arm])
            if request.experiment == "capacity"
            else made_up(sd=0)(request)
        )

    cost = next(f for f in document(outcome=exact).figures if f.unit == "minor")
    good_millions = 300 * 0.99 * 3600 * 730 / 1e6
    assert cost.of("one").mean == pytest.approx(12_000 / good_millions, rel=1e-3)


def test_without_a_ramp_the_price_of_a_month_is_compared() -> None:
    assert PLAN.matrix is not None
    column = PLAN.matrix.columns[1]
    matrix = msgspec.structs.replace(PLAN.matrix, columns=(column,), scaling=(), knee=None)
    plan = msgspec.structs.replace(PLAN, matrix=matrix, experiments=PLAN.experiments[1:])
    price = document(plan).figures[-1]
    assert price.of("one").mean == 12_000
    assert price.of("one").better_than == ("two", "three", "two small")
    assert price.of("two").better_than == ("three",)


def test_the_law_is_fitted_and_ends_at_the_largest_arm() -> None:
    (series,) = document().series
    assert series.law is not None
    assert (series.law.least, series.law.most) == (1, 3)
    assert series.law.contention.high is not None


def test_each_row_says_what_saturates() -> None:
    for row in document().arms:
        capacity = next(each for each in row.at_limit if each.column == "capacity")
        assert capacity.resources[0].resource == "machine"
        assert "p99 300 ms" in capacity.why[0]


def test_an_arm_that_carries_nothing_has_no_cost_and_is_dominated() -> None:
    carried = {**CARRIED, "one": 0.0}
    found = document(outcome=made_up(carried))
    assert found.figures[0].of("one").mean == 0
    assert next(f for f in found.figures if f.unit == "minor").of("one").mean is None
    assert "one" not in found.front
    assert found.series[0].law is None


def test_wrong_records_in_any_arm_are_a_fail_at_once() -> None:
    def broken(request: Request) -> Outcome:
        return broken_records() if request.arm == "three" else made_up()(request)

    seen = replay(compare_of(PLAN), broken)
    found = compare_document(PLAN, seen)
    assert found.decision == "FAIL"
    assert len(seen) == 3
    assert found.front == ()


def test_invalid_runs_are_replaced_at_most_three_times() -> None:
    left = [invalid(), invalid(), invalid()]

    def some(request: Request) -> Outcome:
        return left.pop() if left else made_up()(request)

    found = document(outcome=some)
    assert found.decision == "PASS"
    assert sum(not line.counted for line in found.attempts) == 3
    assert document(outcome=lambda _request: invalid()).decision == "INVALID"


def test_one_repeat_a_short_budget_or_a_missing_value_are_never_a_pass() -> None:
    assert document(stub_comparison(repeats=1)).decision == "INCONCLUSIVE"
    assert document(stub_comparison(budget_s=700)).decision == "INCONCLUSIVE"

    def lacking(request: Request) -> Outcome:
        return ramp_outcome(None) if request.arm == "two" else made_up()(request)

    found = document(outcome=lacking)
    assert found.decision == "INCONCLUSIVE"
    assert "two has no value" in found.reasons[0].text


def test_damage_makes_it_invalid() -> None:
    seen = replay(compare_of(PLAN), made_up())
    assert compare_document(PLAN, seen, ["x differs from the seal"]).decision == "INVALID"


def test_the_same_attempts_give_the_same_document() -> None:
    seen = replay(compare_of(PLAN), made_up())
    one, other = (msgspec.json.encode(compare_document(PLAN, seen)) for _ in range(2))
    assert one == other


def test_both_examples_have_time_for_all_their_runs(tmp_path: Path) -> None:
    for name in ("matrix", "all_columns"):
        path = ROOT / "examples" / "scaling" / f"{name}.yaml"
        wanted = WantedMatrix(
            root=ROOT,
            path=path,
            matrix=read_matrix(path),
            files=system_files(ROOT / "reference_services" / "system.yaml", None, None),
            metrics=metric_units(),
            runs_dir=tmp_path,
        )
        plan = begin(wanted).read_plan()
        assert len(plan.arms) * len(plan.experiments) >= 8
    assert read_matrix(path.with_name("matrix.yaml")).budget_s <= 1200


def test_a_stored_comparison_is_continued_and_judged_again(tmp_path: Path) -> None:
    def judge(path: Path) -> Outcome:
        return made_up()(requests[path.parent.parent.name])

    plan = stub_comparison({"a": 1, "b": 2, "c": 3}, repeats=2)
    folder, requests = new_folder(tmp_path / "campaign", plan), dict[str, Request]()
    wanted = replay(compare_of(plan), made_up(dict.fromkeys("abc", 100.0), dict.fromkeys("abc", 1)))
    requests |= {f"{a.number:03d}": msgspec.structs.replace(a.request, arm="one") for a in wanted}
    seen = conduct(folder, compare_of(folder.read_plan()), bench(StubRuns(), judge))
    again = judged_attempts(folder, judge)
    assert compare_document(folder.read_plan(), seen) == compare_document(plan, again)
    assert folder.damage() == ()
