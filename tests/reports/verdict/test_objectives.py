"""Limits hold or they do not; a lower bound and a missing value never pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from harness.errors import ConfigError
from harness.experiment import Objective, read_experiment
from harness.system import read_system
from reports.measures.metric_table import METRICS, Measured
from reports.verdict.objectives import check_metrics, judge_objective
from tests.support.runs_builder import sound_run

AT_MOST = Objective(name="back", metric="stable_recovery_s", must="<=", limit=10)
AT_LEAST = Objective(name="good", metric="good_ratio_fault", must=">=", limit=0.95)


@pytest.mark.parametrize(
    ("objective", "measured", "verdict"),
    [
        (AT_MOST, Measured(value=10), "pass"),
        (AT_MOST, Measured(value=10.01), "fail"),
        (AT_MOST, Measured(value=3, censored=True), "fail"),
        (AT_MOST, Measured(value=None), "missing"),
        (AT_LEAST, Measured(value=0.95), "pass"),
        (AT_LEAST, Measured(value=0.9), "fail"),
        (AT_LEAST, Measured(value=1.0, censored=True), "fail"),
    ],
)
def test_an_objective_is_judged_by_its_limit(
    objective: Objective, measured: Measured, verdict: str
) -> None:
    assert judge_objective(objective, measured).verdict == verdict


def test_an_unknown_metric_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    folder = sound_run().write(tmp_path / "run")
    terms = read_experiment(folder.experiment, read_system(folder.system)).terms
    check_metrics(terms)
    wrong = structs.replace(AT_MOST, metric="stable_recovry_s")
    with pytest.raises(ConfigError, match="did you mean `stable_recovery_s`") as caught:
        check_metrics(structs.replace(terms, objectives=(wrong,)), folder.experiment)
    assert caught.value.file == folder.experiment


def test_every_metric_has_a_unit_and_words() -> None:
    assert {metric.unit for metric in METRICS.values()} == {
        "s",
        "ratio",
        "attempts",
        "instances",
        "openings",
        "calls",
    }
    assert all(metric.words for metric in METRICS.values())
