"""A suite file is read strictly: each error has its file, line, and the nearest right key."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.campaigns.prepare import Wanted, begin, checked_experiments
from harness.campaigns.records import CANDIDATE, Arm
from harness.campaigns.suite import Suite, read_suite, suite_path
from harness.errors import ConfigError
from reports.measures.metric_table import metric_units
from tests.support.squall_process import ROOT

SUITE = """\
name: mine
budget_s: 600
repeats: {least: 3, most: 5}
experiments:
  - answer-lost
  - {experiment: bank-slow, rate_scale: 0.5}
objectives:
  - {name: few seconds, metric: lost_s, must: "<=", limit: 3}
"""
ARM = Arm(
    name=CANDIDATE,
    system=str(ROOT / "reference_services" / "system.yaml"),
    deployment=str(ROOT / "deploy" / "local.yaml"),
)


def read(folder: Path, text: str) -> Suite:
    path = folder / "suite.yaml"
    path.write_text(text)
    return read_suite(path, metric_units())


def wanted(suite: Suite, folder: Path) -> Wanted:
    return Wanted(
        root=ROOT,
        suite=suite,
        arms=(ARM,),
        metrics=metric_units(),
        runs_dir=folder / "runs",
        suite_folder=folder,
    )


def test_a_suite_has_defaults_and_entries_in_two_forms(tmp_path: Path) -> None:
    suite = read(tmp_path, SUITE)
    assert [entry.experiment for entry in suite.entries] == ["answer-lost", "bank-slow"]
    assert suite.entries[1].rate_scale == 0.5
    assert suite.jitter_s == 2.0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("budget_s", "budgets", "suite.yaml:2: `budgets`: unknown key `budgets`"),
        ("budget_s", "budgets", "did you mean `budget_s`?"),
        ("least: 3", "leest: 3", "did you mean `least`?"),
        ("least: 3", "least: 1", "suite.yaml:3: repeats.least"),
        ("most: 5", "most: 2", "suite.yaml:3: repeats.most"),
        ("600", "-1", "suite.yaml:2: budget_s"),
        ("600", ".nan", "suite.yaml:2: budget_s"),
        ("bank-slow", "answer-lost", "'answer-lost' is here twice"),
        ("lost_s", "lost", "did you mean `lost_s`?"),
        ("limit: 3", "limit: 99999", "suite.yaml:8: objectives[0].limit"),
    ],
)
def test_an_error_names_its_place_and_the_fix(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, SUITE.replace(old, new, 1))
    assert says in str(caught.value)


def test_a_suite_needs_experiments(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="experiments"):
        read(tmp_path, "name: mine\nbudget_s: 60\nexperiments: []\n")


def test_an_unknown_suite_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="did you mean `nightly`"):
        suite_path(ROOT, "nightli")


def test_the_suites_of_the_checkout_are_sound(tmp_path: Path) -> None:
    for path in sorted((ROOT / "suites").glob("*.yaml")):
        suite = read_suite(path, metric_units())
        assert checked_experiments(wanted(suite, tmp_path))
        assert suite.name == path.stem


def test_the_gate_of_a_pull_request_takes_at_most_six_minutes() -> None:
    assert read_suite(ROOT / "suites" / "ci.yaml", metric_units()).budget_s <= 360


def test_a_budget_that_is_too_short_is_refused_before_any_run(tmp_path: Path) -> None:
    suite = read(tmp_path, SUITE.replace("600", "300"))
    with pytest.raises(ConfigError, match="more than its budget"):
        begin(wanted(suite, tmp_path))
    assert not (tmp_path / "runs").exists()


def test_a_suite_without_objectives_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    folder.mkdir()
    text = (ROOT / "experiments" / "answer-lost" / "experiment.yaml").read_text()
    head, rest = text.split("    objectives:\n")
    rest = rest[rest.index("steady-state") :]
    (folder / "experiment.yaml").write_text(f"{head}    objectives: []\n{rest}")
    suite = read(tmp_path, "name: bare\nbudget_s: 900\nexperiments: [bare/experiment.yaml]\n")
    with pytest.raises(ConfigError, match="has no objectives, and neither has the suite"):
        begin(wanted(suite, tmp_path))


def test_the_plan_names_what_the_campaign_will_do(tmp_path: Path) -> None:
    plan = begin(wanted(read(tmp_path, SUITE), tmp_path)).read_plan()
    assert [one.name for one in plan.experiments] == ["answer-lost", "bank-slow"]
    assert plan.rule.most == 5
    assert all(len(one.sha256) == 64 for one in plan.experiments)
