"""Every experiment in the house is sound, for the harness and for Chaos Toolkit alike."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from harness.experiment import read_experiment
from harness.load.scenario import scenario_names
from harness.system import read_system
from reports.verdict.objectives import check_metrics

ROOT = Path(__file__).parents[3]
EXPERIMENTS = sorted((ROOT / "experiments").glob("*/experiment.yaml"))
ON_A_CLUSTER = sorted((ROOT / "experiments" / "kubernetes").glob("*/experiment.yaml"))
IN_A_CLUSTER = read_system(
    ROOT / "reference_services" / "system.yaml", ROOT / "deploy" / "kubernetes.yaml"
)
SYSTEM = read_system(ROOT / "reference_services" / "system.yaml", ROOT / "deploy" / "local.yaml")
EXPECTED = {
    "answer-lost",
    "bank-silent",
    "bank-answers-lost",
    "bank-slow",
    "clock-jumps",
    "database-killed",
    "declines",
    "killed-at-each-step",
    "ledger-answers-lost",
    "ledger-database-silent",
    "ledger-database-slow",
    "ledger-errors",
    "ledger-killed-at-peak",
    "ledger-silent",
    "no-fault",
    "payments-killed",
    "payments-paused",
    "retry-storm",
    "rolling-restart",
}


def name_of(path: Path) -> str:
    return path.parent.name


def test_all_are_there() -> None:
    assert {name_of(path) for path in EXPERIMENTS} >= EXPECTED


@pytest.mark.parametrize("path", EXPERIMENTS, ids=name_of)
def test_chaos_toolkit_finds_it_valid(path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "chaostoolkit", "--log-file", str(tmp_path / "log")]
    answer = subprocess.run(
        [*command, "validate", "--no-verify-tls", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("path", EXPERIMENTS, ids=name_of)
def test_the_harness_finds_it_sound(path: Path) -> None:
    experiment = read_experiment(path, SYSTEM)
    check_metrics(experiment.terms, path)
    assert bool(experiment.faults) != experiment.terms.control
    assert experiment.terms.scenario in scenario_names()
    assert {table.name for table in SYSTEM.tables} == set(experiment.terms.evidence or ())


@pytest.mark.parametrize("path", ON_A_CLUSTER, ids=name_of)
def test_the_experiments_of_a_cluster_are_sound_there(path: Path) -> None:
    experiment = read_experiment(path, IN_A_CLUSTER)
    check_metrics(experiment.terms, path)
    folder = path.parent.relative_to(ROOT)
    assert f"squall run {folder}/experiment.yaml" in (path.parent / "README.md").read_text()
    assert f"({path.parent.name}/)" in (ROOT / "experiments" / "README.md").read_text().replace(
        "(kubernetes/", "("
    )


@pytest.mark.parametrize("path", EXPERIMENTS, ids=name_of)
def test_it_fits_into_a_minute_of_load_and_a_run_of_ninety_seconds(path: Path) -> None:
    terms = read_experiment(path, SYSTEM).terms
    assert terms.phases.load_s == 60
    assert terms.phases.load_s + terms.phases.drain_s < 90
    assert terms.max_duration_s <= 90


@pytest.mark.parametrize("path", EXPERIMENTS, ids=name_of)
def test_the_tail_is_longer_than_the_hold(path: Path) -> None:
    terms = read_experiment(path, SYSTEM).terms
    assert terms.phases.recovery_s > terms.hold_s


@pytest.mark.parametrize("path", EXPERIMENTS, ids=name_of)
def test_its_fault_is_undone_by_the_method_and_by_the_rollback(path: Path) -> None:
    tree = yaml.safe_load(path.read_text())
    if read_experiment(path, SYSTEM).terms.control:
        assert "rollbacks" not in tree
        return
    assert tree["method"][-1]["provider"]["func"] == "undo_all"
    assert [r["provider"]["func"] for r in tree["rollbacks"]] == ["undo_all"]


@pytest.mark.parametrize("path", EXPERIMENTS, ids=name_of)
def test_its_room_explains_it(path: Path) -> None:
    text = (path.parent / "README.md").read_text()
    assert text.startswith(f"# {name_of(path)}\n")
    for heading in ("Question", "What happens", "What to look at", "How to run", "What a FAIL"):
        assert f"\n## {heading}" in text
    assert f"squall run {name_of(path)}" in text
    assert (
        f"[{name_of(path)}]({name_of(path)}/)" in (ROOT / "experiments" / "README.md").read_text()
    )
