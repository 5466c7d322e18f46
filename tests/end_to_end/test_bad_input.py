"""Bad input gives one line with the error and the fix, and exit code 2; no process is started."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.support.squall_process import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def refused(place: Place, *arguments: str) -> str:
    done = place.call(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert not place.runs.exists()
    assert not place.processes()
    return done.stderr.strip()


def test_an_experiment_that_does_not_exist(place: Place) -> None:
    said = refused(place, "run", "ledger-killed-at-pek")
    fix = "did you mean `ledger-killed-at-peak`?"
    assert said == f"squall: no experiment 'ledger-killed-at-pek'; {fix}"


def test_a_scenario_that_does_not_exist(place: Place) -> None:
    said = refused(place, "run", "bank-slow", "--scenario", "payday_spik")
    assert "did you mean `payday_spike`?" in said


@pytest.mark.parametrize(
    ("old", "new", "fix"),
    [
        ("question:", "qestion:", "did you mean `question`?"),
        ("max_duration_s:", "max_duration:", "did you mean `max_duration_s`?"),
        ("metric: lost_s", "metric: lost", "did you mean `lost_s`?"),
        ("func: inject_kill", "func: kill", "injects nothing"),
        ("service: ledger", "service: leger", "did you mean `ledger`?"),
    ],
)
def test_a_wrong_word_in_an_experiment(place: Place, old: str, new: str, fix: str) -> None:
    path = place.experiment("ledger-killed-at-peak")
    path.write_text(path.read_text().replace(old, new, 1))
    said = refused(place, *place.run_arguments(path))
    assert fix in said
    assert all(line.startswith(f"squall: {path}:") for line in said.splitlines())


def test_a_port_in_use(place: Place) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        text = place.deployment.read_text()
        place.deployment.write_text(text.replace("via: gateway", f"via: gateway, port: {port}"))
        done = place.call(*place.run_arguments(place.experiment("bank-slow")))
    assert done.returncode == 2, done.stderr
    assert str(port) in done.stderr
    assert not place.processes()


def test_a_run_that_is_no_run(place: Place, tmp_path: Path) -> None:
    assert "missing" in refused(place, "report", str(tmp_path / "nowhere"))


def test_a_wrong_option_and_json(place: Place) -> None:
    assert place.call("run", "bank-slow", "--seed", "x").returncode == 2
    said = place.call("run", "nothing-of-the-kind", "--json")
    assert json.loads(said.stdout)["exit_code"] == 2


def test_every_experiment_of_the_project_is_sound(place: Place) -> None:
    done = place.call("validate", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) >= 6
