"""One fault's life: recorded before it is done, proven or undone at once, proven undone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import FaultError, TargetError, UnknownResourceError
from harness.faults.bandwidth import Bandwidth
from harness.faults.base import Evidence, Fault, Proof, Seen
from harness.faults.driver import Driver, Limits
from harness.faults.kill import Kill
from harness.faults.latency import Latency
from harness.faults.lost_answers import LostAnswers
from harness.faults.noop import Noop
from harness.faults.pause import Pause
from harness.safety.undo import pending
from harness.targets.base import Target
from tests.support.faults_scene import Scene
from tests.support.safety_timeline import FullTimeline

LIFE = ["asked", "injected", "verified", "held", "undone", "verified_undone"]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path / "undo.ndjson")
    yield made
    for held in made.driver.held:
        held.lease.stop()


def every_fault() -> list[Fault]:
    return [
        Kill(instance="ledger-1"),
        Pause(instance="ledger-1"),
        Latency(edge="payments>bank", latency_ms=500),
        LostAnswers(edge="payments>bank", percent=20),
        Noop(resource="payments>bank"),
    ]


@pytest.mark.parametrize("fault", every_fault(), ids=lambda fault: fault.name)
def test_a_whole_life_is_told_in_order_and_leaves_nothing(scene: Scene, fault: Fault) -> None:
    held = scene.driver.inject(fault)
    assert [r.id for r in pending(scene.path)] == [held.id]
    assert scene.driver.undo_all() == ()
    assert list(dict.fromkeys(scene.timeline.kinds)) == LIFE
    assert {e.data["fault_id"] for e in scene.timeline.told} == {held.id}
    assert {(e.name, e.target) for e in scene.timeline.told} == {(fault.name, fault.resource)}
    assert pending(scene.path) == ()
    assert scene.driver.held == ()
    assert scene.target.leases == {}


@pytest.mark.parametrize("fault", every_fault()[:-1], ids=lambda fault: fault.name)
def test_the_undo_record_is_on_disk_before_the_target_is_touched(
    scene: Scene, fault: Fault
) -> None:
    on_disk: list[int] = []

    def look(method: str) -> None:
        if method in {"kill", "pause", "fault_edge"}:
            on_disk.append(len(pending(scene.path)))

    scene.target.on_call = look
    scene.driver.inject(fault)
    assert on_disk == [1]
    scene.driver.undo_all()


def test_nothing_is_injected_when_the_undo_record_cannot_be_written(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "missing" / "undo.ndjson")
    with pytest.raises(FaultError, match="cannot be written"):
        scene.driver.inject(Kill(instance="ledger-1"))
    assert "kill ledger-1" not in scene.target.calls
    assert scene.driver.held == ()


def test_an_edge_without_traffic_is_unproven_and_undone_at_once(scene: Scene) -> None:
    with pytest.raises(FaultError, match="not proven"):
        scene.driver.inject(Latency(edge="idle>edge", latency_ms=500))
    assert scene.timeline.kinds == ["asked", "injected", "unproven", "undone", "verified_undone"]
    waited_ms = scene.timeline.one("unproven").data["waited_ms"]
    assert isinstance(waited_ms, float)
    assert 3000 <= waited_ms < 3200
    assert pending(scene.path) == ()


def test_a_fault_that_touches_nothing_is_unproven(scene: Scene) -> None:
    scene.target.deaf.add("payments>bank")
    with pytest.raises(FaultError, match="not proven"):
        scene.driver.inject(LostAnswers(edge="payments>bank"))
    evidence = scene.timeline.one("unproven").data
    assert evidence["hits_before"] == evidence["hits_after"] == 0
    assert evidence["requests_after"] == 300


@pytest.mark.parametrize("method", ["kill", "pause", "fault_edge"])
def test_a_target_that_fails_leaves_no_fault_behind(scene: Scene, method: str) -> None:
    faults = {"kill": 0, "pause": 1, "fault_edge": 2}
    scene.target.failing.add(method)
    with pytest.raises(FaultError, match=f"{method} .* failed"):
        scene.driver.inject(every_fault()[faults[method]])
    assert scene.timeline.kinds == ["asked", "unproven", "undone", "verified_undone"]
    assert pending(scene.path) == ()


def test_the_proof_of_a_kill_names_the_process_that_ended(scene: Scene) -> None:
    before = scene.target.instances()[0]
    scene.driver.inject(Kill(instance="ledger-1"))
    proof = scene.timeline.one("verified").data
    assert proof["identity"] == before.identity
    assert (proof["ended"], proof["state"]) == (True, "down")
    scene.driver.undo_all()
    undone = scene.timeline.one("verified_undone").data
    assert undone["state"] == "ready"
    assert undone["identity"] != before.identity
    assert isinstance(undone["waited_ms"], float)
    assert 1000 <= undone["waited_ms"] < 1200


def test_the_proof_of_an_edge_fault_is_its_counter(scene: Scene) -> None:
    scene.driver.inject(Latency(edge="payments>bank", latency_ms=500, percent=50))
    asked, proof = scene.timeline.one("asked").data, scene.timeline.one("verified").data
    assert (asked["latency_ms"], asked["percent"]) == (500, 50)
    assert isinstance(proof["hits_after"], int)
    assert proof["hits_after"] > 0
    scene.driver.undo_all()
    undone = scene.timeline.one("verified_undone").data
    assert undone["hits_last"] == undone["hits_after"]
    assert undone["requests_after"] != undone["requests_last"]


def test_a_kill_that_did_not_kill_is_unproven(scene: Scene) -> None:
    scene.target.unharmed.add(scene.target.instances()[0].identity)
    with pytest.raises(FaultError, match="not proven"):
        scene.driver.inject(Kill(instance="ledger-1"))
    assert scene.timeline.one("unproven").data["ended"] is False


def test_a_pause_that_the_kernel_does_not_see_is_unproven(scene: Scene) -> None:
    scene.target.unharmed.add(scene.target.instances()[0].identity)
    with pytest.raises(FaultError, match="not proven"):
        scene.driver.inject(Pause(instance="ledger-1"))
    assert scene.timeline.one("unproven").data["seen"] == "running"


def test_what_cannot_be_undone_is_said_and_stays_in_the_undo_log(scene: Scene) -> None:
    scene.driver.inject(Pause(instance="ledger-1"))
    scene.target.stuck.add("ledger-1")
    (failure,) = scene.driver.undo_all()
    assert "pause of ledger-1" in failure
    assert scene.timeline.kinds[-2:] == ["undone", "undo_failed"]
    assert [r.resource for r in pending(scene.path)] == ["ledger-1"]
    scene.target.stuck.clear()
    assert scene.driver.undo_all() == ()
    assert pending(scene.path) == ()


def test_a_lost_undo_call_is_made_good_by_the_lease(scene: Scene) -> None:
    scene.driver.inject(Latency(edge="payments>bank", latency_ms=500))
    scene.target.failing.add("clear_edge")
    assert scene.driver.undo_all() == ()
    assert scene.timeline.kinds[-1] == "verified_undone"
    assert "clear_edge" in str(scene.timeline.told[-1].data["error"])


def test_several_faults_are_undone_newest_first_though_one_fails(scene: Scene) -> None:
    scene.driver.inject(Kill(instance="ledger-1"))
    scene.driver.inject(Pause(instance="ledger-2"))
    scene.driver.inject(Latency(edge="payments>bank", latency_ms=500))
    scene.target.stuck.add("ledger-2")
    scene.target.calls.clear()
    assert len(scene.driver.undo_all()) == 1
    undos = [c for c in scene.target.calls if c.split()[0] in {"revive", "resume", "clear_edge"}]
    assert undos == ["clear_edge payments>bank", "resume ledger-2", "revive ledger-1"]
    assert [r.resource for r in pending(scene.path)] == ["ledger-2"]


def test_undoing_twice_is_harmless(scene: Scene) -> None:
    scene.driver.inject(Kill(instance="ledger-1"))
    scene.driver.undo_all()
    told = len(scene.timeline.told)
    assert scene.driver.undo_all() == ()
    assert len(scene.timeline.told) == told


def test_one_resource_bears_one_fault(scene: Scene) -> None:
    scene.driver.inject(Kill(instance="ledger-1"))
    with pytest.raises(FaultError, match="has a fault already"):
        scene.driver.inject(Pause(instance="ledger-1"))
    scene.driver.undo_all()


def test_an_edge_bears_several_faults_and_each_is_undone_alone_in_any_order(scene: Scene) -> None:
    edge = "payments>bank"
    first = scene.driver.inject(Latency(edge=edge, latency_ms=500))
    second = scene.driver.inject(Latency(edge=edge, slot="latency-2", latency_ms=100, percent=5))
    third = scene.driver.inject(Bandwidth(edge=edge, kbytes_per_s=9))
    with pytest.raises(FaultError, match="payments>bank#latency has a fault already"):
        scene.driver.inject(Latency(edge=edge, latency_ms=1))
    assert [r.resource for r in pending(scene.path)] == [
        "payments>bank#bandwidth",
        "payments>bank#latency-2",
        "payments>bank#latency",
    ]
    for held, left in ((second, {"latency", "bandwidth"}), (first, {"bandwidth"}), (third, set())):
        assert scene.driver.undo((held,)) == ()
        (status,) = [e for e in scene.target.edges() if e.name == edge]
        assert {fault.name for fault in status.faults} == left
    assert pending(scene.path) == ()
    assert scene.target.leases == {}


def test_no_more_faults_than_allowed(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "undo.ndjson")
    driver = Driver(scene.target, scene.undo, scene.timeline, scene.clock, Limits(max_faults=1))
    driver.inject(Kill(instance="ledger-1"))
    with pytest.raises(FaultError, match="most allowed"):
        driver.inject(Kill(instance="ledger-2"))
    driver.undo_all()


def test_refuses_what_does_not_exist_and_does_nothing(scene: Scene) -> None:
    for fault in (Kill(instance="ledgr-1"), Latency(edge="a>b", latency_ms=1)):
        with pytest.raises(UnknownResourceError):
            scene.driver.inject(fault)
    assert scene.timeline.told == []
    assert pending(scene.path) == ()


def test_a_full_disk_does_not_keep_a_fault_on(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "undo.ndjson", FullTimeline())
    held = scene.driver.inject(Kill(instance="ledger-1"))
    assert scene.driver.undo_all() == ()
    assert scene.target.leases == {}
    assert "No space" in str(held.evidence["untold"])


def test_every_lease_ends_with_its_fault(scene: Scene) -> None:
    scene.driver.inject(Kill(instance="ledger-1"))
    scene.driver.inject(Latency(edge="payments>bank", latency_ms=500))
    assert len([t for t in threading.enumerate() if t.name.startswith("lease of")]) == 2
    scene.driver.undo_all()
    assert not [t for t in threading.enumerate() if t.name.startswith("lease of")]


class Interrupted(Noop):
    """Is interrupted in the middle of its injection, as a signal does."""

    def inject(self, target: Target, lease_s: float) -> None:
        del target, lease_s
        raise SystemExit(20)


def test_a_fault_that_was_interrupted_half_way_is_still_held(scene: Scene) -> None:
    with pytest.raises(SystemExit):
        scene.driver.inject(Interrupted(resource="payments>bank"))
    assert [held.fault.resource for held in scene.driver.held] == ["payments>bank"]
    assert scene.driver.undo_all() == ()
    assert pending(scene.path) == ()


class Blind(Noop):
    """Can be done and never looked at."""

    def verify(self, target: Target, before: Seen) -> Proof:
        del target, before
        raise TargetError("the target does not answer")

    def settings(self) -> Evidence:
        return {"why": "to see an error while looking"}


def test_a_target_that_does_not_answer_proves_nothing(scene: Scene) -> None:
    with pytest.raises(FaultError, match="does not answer"):
        scene.driver.inject(Blind(resource="payments>bank"))
    assert scene.timeline.kinds[-2:] == ["undone", "verified_undone"]
