"""The system without a run: it is held for bare `chaos run`, and given back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.timeline import read_timeline
from tests.support.squall_process import ROOT, Place

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    up = place.call("services", "up", "--system", str(place.system))
    assert up.returncode == 0, up.stderr
    yield place
    place.call("services", "down")


def test_an_experiment_runs_under_bare_chaos_run(held: Place, tmp_path: Path) -> None:
    experiment = held.experiment("ledger-killed-at-peak")
    experiment.write_text(experiment.read_text().replace("after: 4", "after: 1"))
    chaos = [sys.executable, "-m", "chaostoolkit", "--no-version-check", "--no-log-file"]
    journal = tmp_path / "journal.json"
    done = subprocess.run(
        [*chaos, "run", "--journal-path", str(journal), str(experiment)],
        cwd=ROOT,
        env=held.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = [e.kind for e in read_timeline(held.state / "timeline.ndjson") if e.source == "fault"]
    stages = [kind for kind in told if kind != "held"]
    assert stages == ["asked", "injected", "verified", "undone", "verified_undone"]
    assert "held" in told


def test_a_run_refuses_while_the_services_are_held(held: Place) -> None:
    refused = held.call(*held.run_arguments(held.experiment("bank-slow")))
    assert refused.returncode == 2
    assert "squall services up" in refused.stderr
    assert not list(held.runs.glob("*/*")), "nothing was started"


def test_what_is_up_can_be_seen_and_taken_down(held: Place) -> None:
    seen = json.loads(held.call("services", "status", "--json").stdout)
    assert {part["name"] for part in seen} >= {"ledger-1", "payer>payments", "postgres"}
    again = held.call("services", "up", "--system", str(held.system))
    assert again.returncode == 0, "what is up already is no error"
    (entry,) = [part["address"] for part in seen if part["name"] == "payer>payments"]
    assert f"payer>payments takes requests at http://{entry}" in again.stdout
    assert "services down" in again.stdout
    assert held.call("services", "down").returncode == 0
    gone = held.call("services", "status")
    assert gone.returncode == 2
    assert "no system is up" in gone.stderr
    assert not (held.state / "undo.ndjson").exists()
