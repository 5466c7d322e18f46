"""The verdict of real runs: a sound system passes, a seeded defect fails, a bad run is invalid."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from harness.safety.identity import signal_process
from tests.support.squall_process import Place, pass_s, send, wait_until

pytestmark = [pytest.mark.end_to_end, pytest.mark.alone]


def reasons(verdict: dict[str, Any]) -> str:
    return " / ".join(reason["text"] for reason in verdict["reasons"])


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One run on the sound system; several tests look at what it left."""
    place = Place(tmp_path_factory.mktemp("sound"))
    experiment = place.experiment("ledger-killed-at-peak")
    done = place.call_undisturbed(*place.run_arguments(experiment, "--json"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["verdict"] == "PASS"
    return place


def test_a_sound_system_passes_and_leaves_nothing_running(sound: Place) -> None:
    assert not (sound.state / "undo.ndjson").exists()
    verdict = sound.verdict()
    (fault,) = verdict["faults"]
    assert fault["asked_s"] <= fault["injected_s"] <= fault["verified_s"] < fault["undone_s"]
    assert verdict["recovery"]["time_to_detect_s"] < fault["undone_s"] - fault["verified_s"]
    assert verdict["intents"]["acknowledged"] > 1000
    experiment = sound.root / "ledger-killed-at-peak" / "experiment.yaml"
    repeated = f"squall run {experiment} --seed 11 --system {sound.system}"
    assert verdict["run"]["again"] == repeated
    assert (sound.folder() / "report.html").stat().st_size < 150_000
    sources = ("bank_charges", "ledger_accounts", "ledger_entries", "payments")
    kept = sorted(path.name for path in (sound.folder() / "evidence").iterdir())
    assert kept == [f"{name}.parquet" for name in sources]


def test_judging_again_gives_the_same_bytes(sound: Place, tmp_path: Path) -> None:
    moved = shutil.copytree(sound.folder(), tmp_path / "moved")
    before = (moved / "verdict.json").read_bytes()
    (moved / "verdict.json").unlink()
    assert sound.call("report", str(moved)).returncode == 0
    assert (moved / "verdict.json").read_bytes() == before


@pytest.mark.parametrize(
    "name",
    [
        "run.json",
        "seal.json",
        "timeline.ndjson",
        "load/schedule.bin",
        "load/attempts-0.bin",
        "load/asked.parquet",
        "evidence/ledger_entries.parquet",
        "evidence/bank_charges.parquet",
    ],
)
@pytest.mark.parametrize("how", ["deleted", "cut"])
def test_a_damaged_run_never_passes(sound: Place, tmp_path: Path, name: str, how: str) -> None:
    run = shutil.copytree(sound.folder(), tmp_path / "run")
    victim = run / name
    if how == "deleted":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[: victim.stat().st_size // 2])
    judged = sound.call("report", str(run))
    assert judged.returncode in (2, 3), judged.stdout
    assert "PASS" not in judged.stdout
    assert "Traceback" not in judged.stderr


def test_one_seed_gives_the_same_arrivals(sound: Place, tmp_path: Path) -> None:
    place = Place(tmp_path)
    experiment = place.experiment("ledger-killed-at-peak")
    run = place.start_run(experiment)
    wait_until(lambda: any(place.runs.glob("*/*/load/go.json")))
    send(run, signal.SIGTERM)
    run.communicate()
    schedule = (place.folder() / "load" / "schedule.bin").read_bytes()
    assert schedule == (sound.folder() / "load" / "schedule.bin").read_bytes()


def examples(verdict: dict[str, Any], kind: str) -> list[str]:
    """The names of one class of violation of the payments."""
    violations = verdict["checks"]["payments"]["violations"]
    return next(found["examples"] for found in violations if found["class"] == kind)


def test_keys_in_memory_charge_payers_twice(tmp_path: Path) -> None:
    place = Place(tmp_path)
    experiment = place.experiment("answer-lost")
    done = place.call(*place.run_arguments(experiment), SQUALL_DEFECT="idempotency-in-memory")
    verdict = place.verdict()
    assert done.returncode == 1, done.stdout + done.stderr
    assert verdict["verdict"] == "FAIL"
    assert "FAIL" in done.stdout
    assert examples(verdict, "doubled")[0] in done.stdout


def test_an_answer_before_the_commit_loses_payments(tmp_path: Path) -> None:
    place = Place(tmp_path)
    experiment = place.experiment("ledger-killed-at-peak")
    done = place.call(*place.run_arguments(experiment), SQUALL_DEFECT="ack-before-commit")
    verdict = place.verdict()
    assert done.returncode == 1, done.stdout + done.stderr
    assert examples(verdict, "lost")[0] in done.stdout


def test_a_fault_on_an_edge_without_traffic_proves_nothing(tmp_path: Path) -> None:
    place = Place(tmp_path)
    edge = '{name: "bank>ledger"'
    for file, more in ((place.system, ""), (place.deployment, ", via: mesh")):
        text = file.read_text()
        file.write_text(text.replace("edges:\n", f"edges:\n  - {edge}{more}}}\n", 1))
    experiment = place.experiment(
        "bank-slow", blast_radius={"edges": ["bank>ledger"]}, arguments={"edge": "bank>ledger"}
    )
    done = place.call(*place.run_arguments(experiment))
    assert done.returncode == 3, done.stdout + done.stderr
    assert place.verdict()["verdict"] == "INVALID"
    assert "not proven" in reasons(place.verdict())


def test_a_frozen_generator_makes_the_run_invalid(tmp_path: Path) -> None:
    place = Place(tmp_path)
    run = place.start_run(place.experiment("ledger-killed-at-peak"))
    wait_until(lambda: place.has_event("fault", "verified_undone"))
    (load,) = [r for r in place.processes() if r.resource == "load"]
    signal_process(load.pid, load.started_ticks, signal.SIGSTOP)
    pass_s(3)
    signal_process(load.pid, load.started_ticks, signal.SIGCONT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 3, said.decode()
    assert "late" in reasons(place.verdict())
