"""However the harness dies, within two seconds no fault is on and no process of the run is left."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from harness.load.records import whole_bytes
from tests.support.squall_process import Place, alive, send, wait_until

pytestmark = pytest.mark.end_to_end
# One for each kind of fault: in Envoy, in the supervisor, of an instance, of the database.
EXPERIMENTS = (
    "answer-lost",
    "bank-slow",
    "database-killed",
    "ledger-errors",
    "ledger-killed-at-peak",
    "payments-paused",
)
FAST = {"warm_up_s": 0.5, "baseline_s": 3, "fault_s": 20, "recovery_s": 1, "drain_s": 1}


def run_into_the_fault(place: Place, name: str) -> subprocess.Popen[bytes]:
    experiment = place.experiment(name, phases=FAST, hold_s=1, to_the_end=True)
    run = place.start_run(experiment, "--rate-scale", "1.0")
    wait_until(lambda: place.has_event("fault", "verified") or run.poll() is not None)
    assert run.poll() is None, run.stderr.read().decode() if run.stderr else ""
    return run


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_kill_9_leaves_no_fault_and_no_process(name: str, tmp_path: Path) -> None:
    place = Place(tmp_path)
    run = run_into_the_fault(place, name)
    processes, faults = place.processes(), place.faults()
    assert len(processes) >= 10
    assert faults
    attempts = place.folder() / "load" / "attempts-0.bin"
    before = attempts.read_bytes()

    send(run, signal.SIGKILL)
    run.communicate()
    took_s = wait_until(lambda: not alive(processes), 5)

    assert took_s <= 2.0
    after = attempts.read_bytes()
    whole = whole_bytes(before)
    assert whole
    assert after[:whole] == before[:whole]
    refused = place.call(*place.run_arguments(place.experiment(name)))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "squall heal" in refused.stderr
    healed = place.call("heal")
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert place.faults() == ()
    assert not (place.state / "undo.ndjson").exists()


@pytest.mark.parametrize(
    ("signals", "code"),
    [
        ((signal.SIGTERM,), 143),
        ((signal.SIGHUP,), 129),
        ((signal.SIGINT, signal.SIGINT), 130),
    ],
    ids=["term", "hup", "double ctrl-c"],
)
def test_a_signal_undoes_first_and_then_ends_all(
    signals: tuple[signal.Signals, ...], code: int, tmp_path: Path
) -> None:
    place = Place(tmp_path)
    run = run_into_the_fault(place, "payments-paused")
    processes = place.processes()
    for sig in signals:
        send(run, sig)
    _, said = run.communicate(timeout=40)
    assert run.returncode == code, said.decode()
    assert alive(processes) == []
    assert place.has_event("fault", "verified_undone")
    assert not (place.state / "undo.ndjson").exists()
