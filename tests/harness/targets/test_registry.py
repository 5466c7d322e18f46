"""Targets are found by name, or as module:Class where they come from outside the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError, FaultError
from harness.run.heal import Patience, heal
from harness.safety.state import State
from harness.safety.undo import Undo, UndoLog
from harness.targets.base import EdgeFaults, Kills, Lifecycle, Pauses, able
from harness.targets.registry import TARGETS, note_target, target_type, target_up, word_of
from harness.timeline import NoTimeline

# A target of one ability, as a stranger writes it: no import of Squall is needed.
FOREIGN = """
undone_here = []

class Cluster:
    def __init__(self, state):
        self.state = state

    @classmethod
    def attach(cls, state, limit_s=15.0):
        return cls(state)

    @classmethod
    def orphaned(cls):
        return cls(None)

    def undo(self, action, data):
        undone_here.append((action, dict(data)))

    def undone(self, action, data):
        return bool(undone_here), "by the cluster's own word"

    def edges(self): return ()
    def fault_edge(self, edge, fault, lease_s): ...
    def clear_edge(self, edge): ...
    def renew(self, resource, lease_s): ...
"""
AT_ONCE = Patience(verify_s=0.0)
WORD = "foreign_cluster:Cluster"


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "foreign_cluster.py").write_text(FOREIGN)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize("word", TARGETS)
def test_every_registered_target_can_be_opened(word: str) -> None:
    assert target_type(word)


def test_the_local_target_kills_pauses_faults_edges_and_starts_systems() -> None:
    local = target_type("local")
    assert all(issubclass(local, one) for one in (Kills, Pauses, EdgeFaults, Lifecycle))


@pytest.mark.usefixtures("outside")
def test_a_target_from_outside_has_the_abilities_that_its_methods_give_it(tmp_path: Path) -> None:
    kind = target_type(WORD)
    target = kind.attach(State(root=tmp_path))
    assert word_of(target) == WORD
    assert able(target, EdgeFaults).edges() == ()
    with pytest.raises(FaultError, match="Cluster has not the ability Kills"):
        able(target, Kills)


def test_a_target_from_outside_replays_its_own_undo_records(outside: Path) -> None:
    state = State(root=outside)
    data = {"namespace": "shop", "uid": "0a-1b"}
    undo = Undo(target=WORD, action="uncordon", resource="node-1", data=data)
    UndoLog(state.undo).intent(undo, 2.0, fault="drain")
    report = heal(state, None, NoTimeline())
    (healed,) = report.records
    assert report.cleared
    assert (healed.kind, healed.how) == ("uncordon", "by the cluster's own word")
    import foreign_cluster  # type: ignore[import-not-found]  # noqa: PLC0415  # written by the fixture

    assert foreign_cluster.undone_here == [("uncordon", data)]


def test_a_record_of_a_target_that_is_not_installed_stays_in_the_log(tmp_path: Path) -> None:
    state = State(root=tmp_path)
    undo = Undo(target="not_here:Cluster", action="uncordon", resource="node-1")
    UndoLog(state.undo).intent(undo, 2.0)
    report = heal(state, None, NoTimeline(), patience=AT_ONCE)
    assert not report.cleared
    assert "not_here:Cluster" in report.failures


@pytest.mark.parametrize("word", ["locla", "no_such_module:Thing", "json:JSONDecoder", "json:no"])
def test_a_word_that_names_no_target_is_refused(word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        target_type(word)


def test_the_state_folder_says_which_target_is_up(tmp_path: Path) -> None:
    state = State(root=tmp_path)
    assert target_up(state) == "local"
    note_target(state, WORD)
    assert target_up(state) == WORD
