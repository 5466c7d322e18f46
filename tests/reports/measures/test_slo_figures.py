"""What a run shows of its SLOs: budgeting methods, missing arrivals, recovery and its price."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from harness.slo.documents import SloSet, read_slo_files, slo_path
from harness.slo.openslo import Slo
from reports.measures.metric_table import Measured
from reports.measures.phases import FaultWindow
from reports.measures.slo_figures import SloFigure, SloSpan, recovery_time, slo_figures
from reports.measures.slo_slices import Slices

PAYMENTS = read_slo_files([slo_path("payments")])
(SLO,), (RECOVERY,) = PAYMENTS.slos, PAYMENTS.recoveries
ALONE = SloSet(slos=(SLO,))


def slices(*good: int, due: int = 100) -> Slices:
    """One slice for each number of good requests of `due`."""
    return Slices(good=np.array(good, dtype=np.int64), total=np.full(len(good), due))


def by(method: str, slo: Slo = SLO) -> SloSet:
    """The same SLO by another budgeting method."""
    objectives = slo.spec.objectives
    if method == "Timeslices":
        objectives = tuple(structs.replace(one, time_slice_target=0.95) for one in objectives)
    spec = structs.replace(slo.spec, budgeting_method=method, objectives=objectives)
    return SloSet(slos=(structs.replace(slo, spec=spec),))


def found(documents: SloSet, counted: Slices, f0_s: float | None = None) -> dict[str, SloFigure]:
    span = SloSpan(begin_s=0, f0_s=f0_s)
    figures = slo_figures(documents, {SLO.name: counted}, span, {})
    return {figure.metric: figure for figure in figures}


def test_a_recovery_objective_limits_figures_of_the_whole_run() -> None:
    """Those of the run, whatever the SLO counts; one that was not measured stays without value."""
    limits = {"resolve_within": "20s", "drain_within": "500ms", "max_attempts_per_call": 1.5}
    spec = structs.replace(RECOVERY.spec, **limits)
    documents = SloSet(slos=(SLO,), recoveries=(structs.replace(RECOVERY, spec=spec),))
    measured = {
        "resolve_s_p99": Measured(value=3.0),
        "backlog_drained_s": Measured(value=0.7, censored=True),
        "attempts_per_call": Measured(value=None),
    }
    figures = slo_figures(
        documents, {SLO.name: slices(*[100] * 30)}, SloSpan(begin_s=0, f0_s=9), measured
    )
    assert [(one.metric, one.limit, one.measured) for one in figures[-3:]] == [
        ("resolve_s_p99", 20.0, measured["resolve_s_p99"]),
        ("backlog_drained_s", 0.5, measured["backlog_drained_s"]),
        ("attempts_per_call", 1.5, measured["attempts_per_call"]),
    ]


@pytest.mark.parametrize(
    ("method", "value"),
    [("Occurrences", 0.6), ("RatioTimeslices", 0.55), ("Timeslices", 0.5)],
)
def test_each_budgeting_method_counts_in_its_own_way(method: str, value: float) -> None:
    counted = Slices(good=np.array([100, 20]), total=np.array([100, 100]))
    if method == "RatioTimeslices":
        counted = Slices(good=np.array([100, 20]), total=np.array([100, 200]))
    figure = found(by(method), counted)["slo_ratio"]
    assert figure.measured.value == pytest.approx(value)
    assert (figure.must, figure.limit) == (">=", 0.99)


def test_without_a_recovery_objective_the_outage_counts_against_the_slo() -> None:
    outage = slices(*[100] * 10, *[0] * 5, *[100] * 15)
    assert found(ALONE, outage, f0_s=10)["slo_ratio"].measured.value == pytest.approx(25 / 30)


def test_with_one_the_slo_holds_outside_the_time_that_a_recovery_may_take() -> None:
    outage = slices(*[100] * 10, *[0] * 5, *[100] * 15)
    assert found(PAYMENTS, outage, f0_s=10)["slo_ratio"].measured.value == 1
    late = slices(*[100] * 10, *[0] * 12, *[100] * 8)
    assert found(PAYMENTS, late, f0_s=10)["slo_ratio"].measured.value == pytest.approx(18 / 20)


def about_one_request(slo: Slo = SLO) -> SloSet:
    """The SLO for one request name, without a recovery objective."""
    metric = slo.spec.indicator.spec.ratio_metric
    spec = structs.replace(metric.good.metric_source.spec, name="query")
    source = structs.replace(metric.good.metric_source, spec=spec)
    ratio = structs.replace(metric, good=structs.replace(metric.good, metric_source=source))
    inner = structs.replace(slo.spec.indicator.spec, ratio_metric=ratio)
    indicator = structs.replace(slo.spec.indicator, spec=inner)
    return SloSet(slos=(structs.replace(slo, spec=structs.replace(slo.spec, indicator=indicator)),))


def test_a_request_outside_of_the_fault_is_judged_in_the_seconds_of_the_fault_alone() -> None:
    outage = slices(*[100] * 10, 100, 50, 100, *[100] * 20)
    span = SloSpan(begin_s=0, f0_s=10.2, f1_s=12.7)
    figures = slo_figures(about_one_request(), {SLO.name: outage}, span, {})
    by_metric = {figure.metric: figure for figure in figures}
    assert by_metric["containment_ratio"].measured.value == pytest.approx(250 / 300)
    assert by_metric["containment_ratio"].limit == 0.99
    assert by_metric["slo_ratio"].measured.value == pytest.approx(3250 / 3300)


def test_without_a_fault_or_a_request_containment_is_missing_and_in_a_control_run_not_asked() -> (
    None
):
    documents, whole = about_one_request(), slices(*[100] * 30)
    figures = slo_figures(documents, {SLO.name: whole}, SloSpan(begin_s=0, f0_s=None), {})
    assert [f.measured.value for f in figures if f.metric == "containment_ratio"] == [None]
    silent = Slices(good=whole.good * 0, total=whole.total * 0)
    span = SloSpan(begin_s=0, f0_s=5, f1_s=9)
    figures = slo_figures(documents, {SLO.name: silent}, span, {})
    assert [f.measured.value for f in figures if f.metric == "containment_ratio"] == [None]
    control = SloSpan(begin_s=0, f0_s=5, f1_s=9, control=True)
    assert len(slo_figures(documents, {SLO.name: whole}, control, {})) == 1


@pytest.mark.parametrize("documents", [ALONE, PAYMENTS])
def test_an_slo_for_all_requests_or_with_a_recovery_says_nothing_of_containment(
    documents: SloSet,
) -> None:
    span = SloSpan(begin_s=0, f0_s=5, f1_s=9)
    figures = slo_figures(documents, {SLO.name: slices(*[100] * 30)}, span, {})
    assert "containment_ratio" not in {figure.metric for figure in figures}


def test_recovery_lost_seconds_and_budget_of_a_complete_outage() -> None:
    outage = slices(*[100] * 10, *[0] * 5, *[100] * 15)
    figures = found(PAYMENTS, outage, f0_s=10)
    assert figures["slo_recovery_s"].measured.value == 5
    assert figures["slo_lost_s"].measured.value == 5
    budget_s = 0.01 * 30 * 86_400
    assert figures["slo_budget_ratio"].measured.value == pytest.approx(5 / budget_s)


def test_a_month_costs_the_lost_seconds_times_its_faults() -> None:
    spec = structs.replace(RECOVERY.spec, faults_per_month=6.0, max_bad_minutes_per_month=1.0)
    monthly = replace(PAYMENTS, recoveries=(structs.replace(RECOVERY, spec=spec),))
    outage = slices(*[100] * 10, *[0] * 5, *[100] * 15)
    assert found(monthly, outage, f0_s=10)["slo_bad_minutes"].measured.value == 0.5


def test_a_run_that_never_recovers_gives_a_lower_bound() -> None:
    figures = found(PAYMENTS, slices(*[100] * 10, *[50] * 20), f0_s=10)
    assert figures["slo_recovery_s"].measured.censored
    assert figures["slo_recovery_s"].measured.value == 20


def test_no_fault_no_arrivals_or_no_room_for_a_window_give_no_figure() -> None:
    assert found(PAYMENTS, slices(*[100] * 30))["slo_recovery_s"].measured.value is None
    assert found(PAYMENTS, slices(*[100] * 15), f0_s=10)["slo_recovery_s"].measured.value is None
    nothing = slices(*[0] * 30, due=0)
    assert found(ALONE, nothing)["slo_ratio"].measured.value is None
    assert found(PAYMENTS, nothing, f0_s=10)["slo_recovery_s"].measured.censored


@given(
    good=st.lists(st.integers(0, 20), min_size=12, max_size=40),
    where=st.integers(0, 39),
    f0=st.integers(0, 5),
)
def test_a_worse_second_never_shortens_the_recovery(good: list[int], where: int, f0: int) -> None:
    worse = list(good)
    worse[where % len(good)] = 0
    fault = FaultWindow(asked_s=f0, begin_s=f0, end_s=f0 + 3)
    before = recovery_time(slices(*good, due=20), fault, 5, 0.9)
    after = recovery_time(slices(*worse, due=20), fault, 5, 0.9)
    if before.value is not None and after.value is not None:
        assert after.value >= before.value
        assert after.censored or not before.censored


@pytest.mark.parametrize("every", [2, 3, 5, 8])
def test_a_system_that_goes_down_again_and_again_has_not_recovered(every: int) -> None:
    """Each window of one second but the bad ones reaches the target, the last one too."""
    good = [100] * 10 + [0] * 5 + [100 if second % every else 50 for second in range(24)] + [100]
    found = recovery_time(slices(*good), FaultWindow(asked_s=10, begin_s=10, end_s=15), 1, 0.9)
    assert found.censored
