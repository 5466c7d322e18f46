"""A new fault is one file, which may lie outside the repository: the driver needs nothing else."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from harness.errors import FaultError
from harness.safety.undo import pending
from tests.support.faults_scene import Scene

FAULT = '''
from dataclasses import dataclass

from harness.faults.base import Proof, Seen
from harness.targets.base import Pauses, able
from harness.targets.replay import undone_by_abilities


@dataclass(frozen=True, kw_only=True)
class Nap:
    """The instance sleeps."""

    instance: str
    name = "nap"
    undo_action = "resume"
    look_again_s = 0.05

    @property
    def resource(self):
        return self.instance

    held_as = resource

    def settings(self):
        return {"how": "deep"}

    def look(self, target):
        found = {i.name: i.identity for i in target.instances()}
        return Seen(identity=found[self.instance])

    def inject(self, target, lease_s):
        able(target, Pauses).pause(self.instance, lease_s)

    def verify(self, target, before):
        return Proof(proven=target.seen(before.identity) == "paused")

    held = verify

    def undo(self, target):
        target.resume(self.instance)

    def verify_undone(self, target, before, last):
        proof = undone_by_abilities(target, "resume", {"resource": self.instance})
        return Proof(proven=proof[0], evidence={"how": proof[1]})
'''


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "undo.ndjson")


def test_a_fault_from_outside_is_proven_held_and_undone_like_ours(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "naps.py").write_text(FAULT)
    monkeypatch.syspath_prepend(tmp_path)
    nap = importlib.import_module("naps").Nap
    scene.driver.inject(nap(instance="ledger-1"))
    (record,) = pending(scene.path)
    assert (record.action, record.resource, record.fault) == ("resume", "ledger-1", "nap")
    assert scene.driver.undo_all() == ()
    kinds = [kind for kind in scene.timeline.kinds if kind != "held"]
    assert kinds == ["asked", "injected", "verified", "undone", "verified_undone"]
    scene.target.unharmed.add(scene.target.instances()[1].identity)
    with pytest.raises(FaultError, match="nap of ledger-2 is not proven"):
        scene.driver.inject(nap(instance="ledger-2"))
