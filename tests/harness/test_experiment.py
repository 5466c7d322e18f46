"""An experiment states what it may touch and how long; one that does not is refused, by line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.experiment import Experiment, experiment_name, read_experiment
from harness.system import read_system
from tests.support.documents_files import experiment_file, system_file


def read(tmp_path: Path, *swap: str) -> Experiment:
    return read_experiment(experiment_file(tmp_path, *swap), read_system(system_file(tmp_path)))


def test_reads_the_terms_and_finds_the_faults(tmp_path: Path) -> None:
    experiment = read(tmp_path)
    assert experiment.terms.scenario == "payday_spike"
    assert experiment.terms.phases.load_s == 60
    assert [(f.func, f.targets) for f in experiment.faults] == [("inject_kill", ("ledger",))]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("phases:", "phasez:", "fix: did you mean `phases`?"),
        ("warm_up_s: 5", "warmup_s: 5", "did you mean `warm_up_s`?"),
        ("limit: 10}", "limit: ten}", "limit: 'ten': not a number"),
        ("    max_duration_s: 90\n", "", "missing required field `max_duration_s`"),
        ("blast_radius: {", "blast_radios: {", "did you mean `blast_radius`?"),
        ("max_duration_s: 90", "max_duration_s: 60", "more than max_duration_s"),
        ("warm_up_s: 5", "warm_up_s: -5", "is negative"),
        ("target: 0.99", "target: 99", "out of range; allowed: a number, more than 0, at most 1"),
        ("services: [ledger]", "services: [lodger]", "did you mean `ledger`?"),
        ("{service: ledger,", "{service: ledgr,", "'ledgr' is not in the system"),
        ("{service: ledger,", "{service: bank,", "outside the blast_radius"),
        ("name: squall", "name: other", "no extension named `squall`"),
    ],
)
def test_says_what_is_wrong_and_where(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"experiment\.yaml:") as error:
        read(tmp_path, old, new)
    assert any(said in line for line in error.value.problems)
    assert str(error.value).count("\n") == len(error.value.problems) - 1


def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text("- 1\n")
    with pytest.raises(ConfigError, match="not a Chaos Toolkit experiment"):
        read_experiment(path, read_system(system_file(tmp_path)))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/experiment.yaml", "a"),
        ("a/experiment.json", "a"),
        ("a/b.yaml", "b"),
        ("a/../b/./experiment.yaml", "b"),
        ("/experiment.yaml", "experiment"),
        ("a\nb\x1b/experiment.yaml", "a_b_"),
        ("../x/experiment.yaml", "x"),
        (os.fsdecode(b"a\xff/experiment.yaml"), "a_"),
        ("x" * 200 + ".yaml", "x" * 100),
        ("..hidden/experiment.yaml", "hidden"),
    ],
)
def test_a_name_is_one_plain_folder_name(path: str, name: str, tmp_path: Path) -> None:
    given = experiment_name(tmp_path / path)
    assert given == name
    assert len(Path(given).parts) == 1


def test_a_link_is_named_by_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert experiment_name(tmp_path / "link" / "experiment.yaml") == "real"
