"""Phases, objectives and the fault of an experiment can be changed for one run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.experiment import Experiment, read_experiment
from harness.run.overrides import Overrides, write_changed
from harness.safety.state import State
from harness.system import read_system
from tests.support.documents_files import experiment_file, system_file


def changed(tmp_path: Path, overrides: Overrides) -> Experiment:
    state = State(root=tmp_path / "state")
    state.root.mkdir(mode=0o700)
    path = write_changed(experiment_file(tmp_path), overrides, state)
    return read_experiment(path, read_system(system_file(tmp_path)))


def test_other_phases_keep_the_rest_and_hold_the_fault_as_long(tmp_path: Path) -> None:
    before = read_experiment(experiment_file(tmp_path), read_system(system_file(tmp_path)))
    it = changed(tmp_path, Overrides(phases="fault_s=5, recovery_s=40"))
    assert (it.terms.phases.fault_s, it.terms.phases.recovery_s) == (5, 40)
    assert it.terms.phases.baseline_s == before.terms.phases.baseline_s
    assert it.terms.max_duration_s >= it.terms.phases.load_s + it.terms.phases.drain_s
    assert it.name == before.name
    assert it.faults


def test_objectives_replace_those_of_the_file(tmp_path: Path) -> None:
    it = changed(tmp_path, Overrides(objectives=("stable_recovery_s<=3", "lost_s <= 1.5")))
    limits = [(each.metric, each.must, each.limit) for each in it.terms.objectives]
    assert limits == [("stable_recovery_s", "<=", 3.0), ("lost_s", "<=", 1.5)]


def test_a_control_run_has_the_same_load_and_no_fault(tmp_path: Path) -> None:
    before = read_experiment(experiment_file(tmp_path), read_system(system_file(tmp_path)))
    it = changed(tmp_path, Overrides(no_fault=True))
    assert it.terms.control
    assert it.faults == ()
    assert (it.terms.phases, it.terms.scenario) == (before.terms.phases, before.terms.scenario)
    assert it.name == f"{before.name}-no-fault"


def test_without_a_change_the_file_itself_is_run(tmp_path: Path) -> None:
    path = experiment_file(tmp_path)
    assert write_changed(path, Overrides(), State(root=tmp_path / "none")) == path


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (Overrides(phases="falt_s=5"), "did you mean `fault_s`"),
        (Overrides(phases="fault_s"), "write for example fault_s=5"),
        (Overrides(phases="fault_s=-1"), "allowed: NAME=SECONDS"),
        (Overrides(phases="x" * 5000), "xxx"),
        (Overrides(objectives=("lost_s",)), "METRIC<=NUMBER"),
    ],
)
def test_a_wrong_word_is_refused_with_its_fix(
    overrides: Overrides, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as refused:
        changed(tmp_path, overrides)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 400


def test_again_names_the_original_file_and_every_change() -> None:
    it = Overrides(phases="fault_s=5", objectives=("lost_s<=1",), no_fault=True)
    again = it.typed_again(
        "squall run /s/changed/a/experiment.yaml --seed 3", "/s/changed/a/experiment.yaml", "a"
    )
    assert again == "squall run a --seed 3 --no-fault --phases fault_s=5 --objective 'lost_s<=1'"
    assert replace(it, phases="", objectives=(), no_fault=False).typed_again("x", "y", "z") == "x"
