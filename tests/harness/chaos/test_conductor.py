"""The conductor: a child that waits for go, can be stopped at any time, and always rolls back."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from harness.chaos.conductor import Conductor
from harness.chaos.journal import read_journal
from harness.chaos.script import read_script
from harness.errors import TargetError
from harness.experiment import Experiment, read_experiment
from harness.run.inputs import read_inputs, store_inputs
from harness.safety.identity import process_identity
from harness.safety.state import State
from harness.safety.undo import pending
from harness.store import RunFolder
from harness.system import read_system
from reports.measures.conducted import about_experiment, about_steady_state
from tests.support.safety_victims import within

ROOT = Path(__file__).parents[3]
SYSTEM = ROOT / "reference_services" / "system.yaml"
DEPLOYMENT = ROOT / "deploy" / "local.yaml"
KILL = ROOT / "experiments" / "ledger-killed-at-peak" / "experiment.yaml"
Activity = dict[str, object]


def action(func: str, pause_s: float = 0, **arguments: object) -> Activity:
    provider = {
        "type": "python",
        "module": "tests.support.safety_actions",
        "func": func,
        "arguments": arguments,
    }
    return {
        "type": "action",
        "name": f"{func}-{arguments.get('word', '')}",
        "provider": provider,
        "pauses": {"after": pause_s},
    }


class Stage:
    """A run folder and conductors over experiments of our own."""

    def __init__(self, root: Path) -> None:
        self.folder = RunFolder(root / "run")
        self.folder.create()
        (root / "state").mkdir(mode=0o700)
        self.state = State(root=root / "state")
        self.notes = root / "notes"
        self.started: list[Conductor] = []
        system = read_system(SYSTEM, DEPLOYMENT)
        self.experiment: Experiment = read_experiment(KILL, system)

    def conductor(
        self, *method: Activity, rollback: Activity | None = None, **more: object
    ) -> Conductor:
        rollbacks = [rollback or action("note", word="rolled back")]
        text = {"title": "t", "description": "d", "method": method, "rollbacks": rollbacks, **more}
        self.folder.experiment.write_text(json.dumps(text))  # JSON is YAML
        made = Conductor.start(self.experiment, self.folder, self.state, 7)
        self.started.append(made)
        return made

    def said(self) -> list[str]:
        return self.notes.read_text().split("\n")[:-1] if self.notes.exists() else []

    def await_note(self, word: str) -> None:
        assert within(10, lambda: word in self.said()) is not None


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    made = Stage(tmp_path)
    monkeypatch.setenv("SAFETY_NOTES", str(made.notes))
    yield made
    for conductor in made.started:
        conductor.stop(0.1)


def begun(conductor: Conductor) -> Conductor:
    conductor.wait_ready(20)
    conductor.go()
    return conductor


def ended(conductor: Conductor) -> Conductor:
    assert within(20, conductor.finished) is not None
    return conductor


def status(conductor: Conductor) -> str | None:
    journal = conductor.journal()
    assert journal is not None
    return journal.status


def test_waits_for_go_and_then_runs_to_its_end(stage: Stage) -> None:
    conductor = stage.conductor(action("note", word="fault"))
    conductor.wait_ready(20)
    assert stage.said() == []
    assert not conductor.finished()
    conductor.go()
    ended(conductor)
    assert stage.said() == ["fault", "rolled back"]
    assert status(conductor) == "completed"


def test_stopped_before_go_it_does_nothing(stage: Stage) -> None:
    conductor = stage.conductor(action("note", word="fault"))
    conductor.wait_ready(20)
    conductor.stop()
    assert conductor.finished()
    assert stage.said() == []
    assert conductor.journal() is None


@pytest.mark.parametrize("sig", [signal.SIGUSR1, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_in_an_action_ends_it_and_rolls_back(stage: Stage, sig: signal.Signals) -> None:
    long = action("note_after", word="held", seconds=30)
    conductor = begun(stage.conductor(long, action("note", word="next")))
    stage.await_note("held begins")
    os.kill(conductor.pid, sig)
    ended(conductor)
    assert stage.said() == ["held begins", "rolled back"]
    assert status(conductor) == "interrupted"


@pytest.mark.parametrize("func", ["note", "leave_signals_to_another_thread"])
def test_a_stop_in_a_pause_rolls_back(stage: Stage, func: str) -> None:
    conductor = begun(stage.conductor(action(func, pause_s=60, word="fault")))
    stage.await_note("fault")
    conductor.stop()
    assert stage.said() == ["fault", "rolled back"]
    assert status(conductor) == "interrupted"


def test_more_signals_do_not_drop_the_rollback(stage: Stage) -> None:
    slow = action("note_after", word="rolled back", seconds=0.4)
    conductor = begun(stage.conductor(action("note", pause_s=60, word="fault"), rollback=slow))
    stage.await_note("fault")
    os.kill(conductor.pid, signal.SIGUSR1)
    stage.await_note("rolled back begins")
    for again in (signal.SIGINT, signal.SIGUSR1, signal.SIGTERM):
        os.kill(conductor.pid, again)
    ended(conductor)
    assert stage.said()[-1] == "rolled back"
    assert status(conductor) == "interrupted"


def test_a_failed_action_ends_the_experiment_at_once(stage: Stage) -> None:
    conductor = begun(stage.conductor(action("fail", pause_s=60), action("note", word="next")))
    ended(conductor)
    assert stage.said() == ["rolled back"]
    journal = conductor.journal()
    assert journal is not None
    assert journal.status == "interrupted"
    assert "action fail- failed" in stage.folder.log("chaos").read_text()


def test_what_does_not_end_when_asked_is_killed(stage: Stage) -> None:
    conductor = begun(stage.conductor(action("hang")))
    stage.await_note("hangs")
    conductor.stop(0.2)
    assert conductor.finished()
    assert process_identity(conductor.pid) is None
    assert conductor.journal() is None


def test_stands_in_the_undo_log_as_long_as_it_lives(stage: Stage) -> None:
    conductor = stage.conductor(action("note", word="fault"))
    (record,) = pending(stage.state.undo)
    assert (record.kind, record.resource, record.pid) == ("process", "chaos", conductor.pid)
    conductor.wait_ready(20)
    conductor.stop()
    conductor.stop()
    assert pending(stage.state.undo) == ()


def test_an_experiment_that_cannot_be_loaded_is_said(stage: Stage) -> None:
    stage.folder.experiment.write_text("title: nothing else\n")
    conductor = Conductor.start(stage.experiment, stage.folder, stage.state, 7)
    stage.started.append(conductor)
    with pytest.raises(TargetError, match=r"the conductor died: .*description"):
        conductor.wait_ready(20)


def test_go_to_a_dead_conductor_is_an_error(stage: Stage) -> None:
    conductor = stage.conductor(action("note", word="fault"))
    conductor.wait_ready(20)
    os.kill(conductor.pid, signal.SIGKILL)
    ended(conductor)
    with pytest.raises(TargetError, match="the conductor died"):
        conductor.go()


def judged(stage: Stage) -> list[str]:
    """The codes of all that the judge finds in the journal that Chaos Toolkit wrote."""
    journal, script = read_journal(stage.folder.journal), read_script(stage.folder.experiment)
    found = about_experiment(journal, "", script) + about_steady_state(journal)
    return [reason.code for reason in found]


def probe(tolerance: object, word: str = "probe") -> Activity:
    return {**action("note", word=word), "type": "probe", "tolerance": tolerance}


def hypothesis(tolerance: object) -> dict[str, object]:
    return {"title": "steady", "probes": [probe(tolerance, "steady")]}


@pytest.mark.parametrize(
    ("tolerance", "expected"),
    [
        (True, []),
        (False, ["tolerance_not_met"]),
        ({"type": "range", "range": [1, 2], "target": "p99"}, ["tolerance_unchecked"]),
    ],
)
def test_a_probe_of_the_method_is_compared_with_its_tolerance(
    stage: Stage, tolerance: object, expected: list[str]
) -> None:
    ended(begun(stage.conductor(action("note", word="fault"), probe(tolerance))))
    assert judged(stage) == expected


def test_a_whole_experiment_with_background_and_reference_is_found_sound(stage: Stage) -> None:
    background = {**action("note_after", word="late", seconds=0.3), "background": True}
    by_name: Activity = {"ref": "note-steady"}
    method = (background, action("note", word="fault"), by_name)
    steady = {"steady-state-hypothesis": hypothesis(tolerance=True)}
    ended(begun(stage.conductor(*method, **steady)))
    assert judged(stage) == []


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ((action("fail"), action("note", word="n")), ["experiment_interrupted", "activity_failed"]),
        (({**action("fail"), "background": True}, action("note", word="n")), ["activity_failed"]),
    ],
    ids=["foreground", "background"],
)
def test_an_action_that_failed_is_found(
    stage: Stage, method: tuple[Activity, ...], expected: list[str]
) -> None:
    ended(begun(stage.conductor(*method)))
    assert judged(stage)[: len(expected)] == expected


def test_a_rollback_that_failed_is_found(stage: Stage) -> None:
    ended(begun(stage.conductor(action("note", word="fault"), rollback=action("fail"))))
    assert judged(stage) == ["rollback_failed"]


def test_a_steady_state_that_was_not_met_is_found(stage: Stage) -> None:
    steady = {"steady-state-hypothesis": hypothesis(tolerance=False)}
    ended(begun(stage.conductor(action("note", word="fault"), **steady)))
    assert judged(stage) == ["steady_state_not_met"]
    assert "fault" not in stage.said()


@pytest.mark.parametrize("module", ["no_such_module_here", "tests.support.safety_actions"])
def test_a_control_that_does_not_work_is_found(stage: Stage, module: str) -> None:
    control = {"name": "guard", "provider": {"type": "python", "module": module}}
    ended(begun(stage.conductor(action("note", word="fault"), controls=[control])))
    assert set(judged(stage)) == {"control_failed"}


def test_an_experiment_whose_probe_breaks_chaos_toolkit_leaves_no_journal(stage: Stage) -> None:
    broken = hypothesis({"type": "range", "range": [1, 2], "target": "p99"})
    ended(
        begun(stage.conductor(action("note", word="fault"), **{"steady-state-hypothesis": broken}))
    )
    assert judged(stage) == ["journal_missing"]


def test_an_action_gets_a_secret_that_the_run_does_not_store(stage: Stage, tmp_path: Path) -> None:
    secret = "hunter2-Zx9"
    own = tmp_path / "own.yaml"
    method = [action("note", word="${shop_token}")]
    text = {"title": "t", "description": "d", "method": method, "rollbacks": []}
    own.write_text(json.dumps({**text, "configuration": {"shop_token": secret}}))
    store_inputs(read_inputs(own, SYSTEM, DEPLOYMENT), stage.folder)
    experiment = msgspec.structs.replace(stage.experiment, path=own)
    conductor = Conductor.start(experiment, stage.folder, stage.state, 7)
    stage.started.append(conductor)
    ended(begun(conductor))
    assert stage.said() == [secret]
    assert status(conductor) == "completed"
    for stored in (stage.folder.experiment, stage.folder.journal, stage.folder.timeline):
        assert not stored.exists() or secret not in stored.read_text()
