"""Real runs whose fault did not last, or whose experiment did not do what it says, never pass."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
import yaml

from harness.safety.identity import signal_process
from tests.support.squall_process import Place, pass_s, wait_until

pytestmark = [pytest.mark.end_to_end, pytest.mark.alone]


def codes(place: Place) -> list[str]:
    return [reason["code"] for reason in place.verdict()["reasons"]]


def test_a_conductor_stopped_while_its_fault_ran_out_makes_the_run_invalid(tmp_path: Path) -> None:
    place = Place(tmp_path)
    run = place.start_run(place.experiment("ledger-killed-at-peak"))
    wait_until(lambda: place.has_event("fault", "verified"))
    (conductor,) = [r for r in place.processes() if r.resource == "chaos"]
    signal_process(conductor.pid, conductor.started_ticks, signal.SIGSTOP)
    pass_s(3.2)
    signal_process(conductor.pid, conductor.started_ticks, signal.SIGCONT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 3, said.decode()
    assert "fault_not_held" in codes(place)
    assert place.has_event("target", "lease_expired")


def test_an_action_that_fails_after_the_fault_makes_the_run_invalid(tmp_path: Path) -> None:
    place = Place(tmp_path)
    path = place.experiment("ledger-killed-at-peak")
    experiment = yaml.safe_load(path.read_text())
    provider = {"type": "python", "module": "os", "func": "remove"}
    broken = {**provider, "arguments": {"path": "no-such-file-here"}}
    experiment["method"].insert(1, {"type": "action", "name": "break", "provider": broken})
    path.write_text(yaml.safe_dump(experiment, sort_keys=False))
    done = place.call(*place.run_arguments(path, "--json"))
    assert done.returncode == 3, done.stdout + done.stderr
    assert json.loads(done.stdout)["verdict"] == "INVALID"
    assert {"activity_failed", "activity_not_run"} <= set(codes(place))
