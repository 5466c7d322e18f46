"""A run of a campaign stores the adapted experiment."""

from __future__ import annotations

import pytest

from harness.errors import ConfigError
from harness.experiment import Objective, read_experiment, read_stored_experiment
from harness.run.adaptation import Adaptation, adapted
from harness.run.inputs import read_inputs
from harness.system import read_system
from tests.support.squall_process import ROOT

PATH = ROOT / "experiments" / "answer-lost" / "experiment.yaml"
SYSTEM = ROOT / "reference_services" / "system.yaml"
FEW = Objective(name="few", metric="lost_s", must="<=", limit=1)
LATER = Adaptation(later_s=1.5, objectives=(FEW,))


def test_the_stored_file_and_the_terms_of_the_run_agree(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    system = read_system(SYSTEM, ROOT / "deploy" / "local.yaml")
    terms = adapted(read_experiment(PATH, system), LATER).terms
    stored = tmp_path_factory.mktemp("run") / "experiment.yaml"
    stored.write_bytes(read_inputs(PATH, SYSTEM, adaptation=LATER).experiment)
    assert read_stored_experiment(stored).terms == terms
    assert terms.phases.baseline_s == 21.5
    assert terms.objectives[-1] == FEW


def test_without_a_difference_the_file_is_stored_as_it_is() -> None:
    assert read_inputs(PATH, SYSTEM).experiment == PATH.read_bytes()


def test_a_second_objective_of_the_same_name_is_refused() -> None:
    system = read_system(SYSTEM, ROOT / "deploy" / "local.yaml")
    twice = Adaptation(
        objectives=(Objective(name="lost seconds", metric="lost_s", must="<=", limit=1),)
    )
    with pytest.raises(ConfigError, match="has an objective 'lost seconds' already"):
        adapted(read_experiment(PATH, system), twice)
