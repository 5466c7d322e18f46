"""A foreign action is a fault if its declared proof holds while it is on, and only then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.chaos.declared_faults import DeclaredFaults
from harness.clock import SystemClock
from harness.declared_fault import DeclaredFault
from harness.errors import ConfigError, FaultError
from harness.experiment import read_experiment
from harness.run.heal import Patience, heal
from harness.safety.state import State
from harness.safety.undo import UndoLog, pending
from harness.system import read_system
from harness.timeline import NoTimeline
from tests.support.documents_files import EXPERIMENT, system_file
from tests.support.safety_timeline import ListTimeline


def process(name: str, kind: str, path: str, *arguments: str, **more: object) -> dict[str, Any]:
    provider = {"type": "process", "path": path, "arguments": list(arguments)}
    return {"type": kind, "name": name, "provider": provider, **more}


class Stage:
    """A fault that is a file: the action makes it, the proof finds it, the undo removes it."""

    def __init__(self, root: Path, *, bites: bool = True, heals: bool = True) -> None:
        self.flag, self.state = root / "flag", State(root=root)
        self.timeline = ListTimeline()
        touch = process("break", "action", "touch", str(self.flag if bites else root / "other"))
        remove = process("mend", "action", "rm", "-f", str(self.flag if heals else root / "other"))
        proof = process("is-broken", "probe", "test", "-e", str(self.flag), tolerance=0)
        fault = DeclaredFault(action="break", proof=proof, undo="mend", services=("shop",))
        experiment = {"method": [touch], "rollbacks": [remove]}
        log = UndoLog(self.state.undo)
        clock = SystemClock()
        self.faults = DeclaredFaults(experiment, (fault,), log, self.timeline, clock)

    def do(self, name: str, *command: str) -> str:
        """As the conductor does: before, the activity itself, after."""
        if why := self.faults.before(name):
            return why
        if name == "break":
            Path(command[0]).touch()
        else:
            Path(command[0]).unlink(missing_ok=True)
        return self.faults.after(name, succeeded=True)


def test_a_proof_that_holds_and_ends_gives_the_life_of_a_fault(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    assert stage.do("break", str(stage.flag)) == ""
    assert [r.action for r in pending(stage.state.undo)] == ["run"]
    assert stage.do("mend", str(stage.flag)) == ""
    kinds = [kind for kind in stage.timeline.kinds if kind != "held"]
    assert kinds == ["asked", "injected", "verified", "undone", "verified_undone"]
    held = [e.data["on"] for e in stage.timeline.told if e.kind == "held"]
    assert set(held) == {True}
    assert pending(stage.state.undo) == ()
    assert {(e.name, e.target) for e in stage.timeline.told} == {("break", "shop")}


def test_a_proof_that_holds_before_the_action_proves_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.flag.touch()
    assert "holds before the fault" in stage.do("break", str(stage.flag))
    assert "verified" not in stage.timeline.kinds


def test_an_action_without_an_effect_is_unproven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.chaos.declared_faults.VERIFY_S", 0.2)
    stage = Stage(tmp_path)
    assert "does not hold" in stage.do("break", str(tmp_path / "elsewhere"))
    assert stage.timeline.kinds == ["asked", "injected", "unproven"]


def test_what_the_method_left_on_is_undone_by_its_declared_action(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.do("break", str(stage.flag))
    stage.faults.undo_all()
    assert not stage.flag.exists()
    assert stage.timeline.kinds[-1] == "verified_undone"


def test_an_undo_without_an_effect_is_said_and_stays_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.chaos.declared_faults.VERIFY_UNDONE_S", 0.2)
    stage = Stage(tmp_path, heals=False)
    stage.do("break", str(stage.flag))
    with pytest.raises(FaultError, match="break is not proven undone"):
        stage.faults.undo_all()
    assert len(pending(stage.state.undo)) == 1


def test_heal_undoes_it_when_no_process_of_the_run_is_left(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.do("break", str(stage.flag))
    report = heal(stage.state, None, NoTimeline(), patience=Patience(verify_s=2.0))
    assert report.cleared
    assert "does not hold any more" in report.records[0].how
    assert not stage.flag.exists()
    stage.faults.undo_all()


FOREIGN = json.dumps(process("break", "action", "touch", "flag", pauses={"after": 5}))
UNDO = json.dumps(process("mend", "action", "rm", "flag"))
DECLARED = """    faults:
      - action: break
        undo: mend
        services: [ledger]
        proof: {type: probe, name: is-broken, tolerance: 0, provider: {type: process, path: "true"}}
"""


def experiment(tmp_path: Path, old: str = "", new: str = "") -> Path:
    before, _, _ = EXPERIMENT.partition("\nmethod:")
    text = f"{before}\nmethod: [{FOREIGN}]\nrollbacks: [{UNDO}]\n"
    text = text.replace("    objectives:\n", f"{DECLARED}    objectives:\n", 1)
    assert old in text
    path = tmp_path / "experiment.yaml"
    path.write_text(text.replace(old, new, 1))
    return path


def test_a_declared_fault_is_enough_for_an_experiment(tmp_path: Path) -> None:
    read = read_experiment(experiment(tmp_path), read_system(system_file(tmp_path)))
    (fault,) = read.faults
    assert (fault.action, fault.targets) == ("break", ("ledger",))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("action: break", "action: brake", "no foreign action 'brake' in the method"),
        ("undo: mend", "undo: mned", "no action 'mned' after 'break'"),
        (
            "services: [ledger]\n        proof",
            "services: [bank]\n        proof",
            "outside the blast",
        ),
        ("services: [ledger]\n        proof", "most_s: 5\n        proof", "what it strikes"),
        ('path: "true"}', 'path: "true", pth: 1}', "unknown key `pth`"),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=r"experiment\.yaml:\d+: ") as error:
        read_experiment(experiment(tmp_path, old, new), read_system(system_file(tmp_path)))
    assert said in str(error.value)
