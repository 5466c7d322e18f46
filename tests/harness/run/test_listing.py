"""Experiments are found by name or path; stored runs are listed, cut ones too."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.run.listing import (
    chosen_runs,
    experiment_names,
    experiment_path,
    run_path,
    stored_runs,
)
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


def cut_run(runs: Path, experiment: str, stamp: str) -> Path:
    folder = RunFolder(runs / experiment / stamp)
    folder.create()
    folder.timeline.write_text("")
    return folder.root


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """Three runs of two experiments."""
    cut_run(tmp_path, "bank-slow", "20261124T101500Z")
    cut_run(tmp_path, "answer-lost", "20261126T101500Z")
    cut_run(tmp_path, "answer-lost", "20261125T101500Z")
    return tmp_path


def test_the_newest_run_comes_first(three: Path) -> None:
    days = [Path(run.path).name[6:8] for run in stored_runs(three)]
    assert days == ["26", "25", "24"]


def test_runs_are_chosen_by_experiment_verdict_and_number(three: Path) -> None:
    assert len(chosen_runs(three, experiment="answer-lost")) == 2
    assert len(chosen_runs(three, limit=1)) == 1
    assert chosen_runs(three, verdict="PASS") == ()
    with pytest.raises(ConfigError, match="did you mean `answer-lost`"):
        chosen_runs(three, experiment="answer-losd")


@pytest.mark.parametrize(
    ("word", "place"),
    [
        ("latest", "answer-lost/20261126T101500Z"),
        ("bank-slow/latest", "bank-slow/20261124T101500Z"),
    ],
)
def test_the_latest_run_is_found(word: str, place: str, three: Path) -> None:
    assert run_path(word, three) == three / place


def test_a_path_of_a_run_is_taken_as_it_is(three: Path) -> None:
    assert run_path("some/where", three) == Path("some/where")


def test_there_is_no_latest_run_before_the_first(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no run is stored"):
        run_path("latest", tmp_path)
