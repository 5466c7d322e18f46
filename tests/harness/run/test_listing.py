"""Experiments are found by name or path; stored runs are listed, cut ones too."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.run.listing import experiment_names, experiment_path, stored_runs
from harness.store import RunFolder

ROOT = Path(__file__).parents[3]


def test_an_experiment_is_known_by_name() -> None:
    assert "ledger-killed-at-peak" in experiment_names(ROOT)
    assert experiment_path(ROOT, "ledger-killed-at-peak").is_file()


def test_a_wrong_name_gets_the_nearest_right_one() -> None:
    with pytest.raises(ConfigError, match="did you mean `ledger-killed-at-peak`"):
        experiment_path(ROOT, "ledger-killed-at-peek")


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    assert experiment_path(ROOT, str(folder)) == folder / "experiment.yaml"
    assert experiment_path(ROOT, "some/x.yaml") == Path("some/x.yaml")


def test_a_run_without_a_manifest_is_listed_as_cut_off(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "bank-slow" / "20261124T101500Z")
    folder.create()
    folder.timeline.write_text("")
    (run,) = stored_runs(tmp_path)
    assert (run.experiment, run.verdict) == ("bank-slow", "cut off")


def test_no_runs_are_no_error(tmp_path: Path) -> None:
    assert stored_runs(tmp_path / "none") == ()


@pytest.mark.parametrize(("text", "verdict"), [('{"schema": 2}', "schema 2"), ("{}", "not a run")])
def test_an_old_run_is_listed_with_its_schema(text: str, verdict: str, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "bank-slow" / "20250101T000000Z")
    folder.create()
    folder.timeline.write_text("")
    folder.manifest.write_text(text)
    (run,) = stored_runs(tmp_path)
    assert run.verdict == verdict
