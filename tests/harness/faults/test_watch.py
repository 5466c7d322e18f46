"""A fault is sampled from its proof to its undo: whether it is on, and its dose."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.faults.base import Evidence, Fault
from harness.faults.kill import Kill
from harness.faults.latency import Latency
from harness.faults.pause import Pause
from tests.support.faults_scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path / "undo.ndjson")
    yield made
    for held in made.driver.held:
        held.watch.stop()
        held.lease.stop()


def samples(scene: Scene) -> list[Evidence]:
    return [told.data for told in scene.timeline.told if told.kind == "held"]


def test_a_fault_is_sampled_with_its_dose_until_it_is_undone(scene: Scene) -> None:
    scene.driver.inject(Latency(edge="payments>bank", latency_ms=500, percent=50))
    scene.clock.advance(1)
    scene.driver.undo_all()
    last = samples(scene)[-1]
    assert last["on"] is True
    assert last["set_ms"] == 500
    assert last["units"] == last["touched"] == scene.target.rates["payments>bank"] * 1.05


@pytest.mark.parametrize(
    ("fault", "undo"),
    [
        (Kill(instance="ledger-1"), "revive"),
        (Pause(instance="ledger-1"), "resume"),
        (Latency(edge="payments>bank", latency_ms=500), "clear_edge"),
    ],
    ids=lambda case: getattr(case, "name", case),
)
def test_a_fault_that_someone_else_undoes_is_sampled_as_off(
    scene: Scene, fault: Fault, undo: str
) -> None:
    scene.driver.inject(fault)
    getattr(scene.target, undo)(fault.resource)
    scene.driver.undo_all()
    assert samples(scene)[-1]["on"] is False


def test_another_effect_than_the_one_asked_for_is_sampled_as_off(scene: Scene) -> None:
    scene.driver.inject(Latency(edge="payments>bank", latency_ms=500))
    weaker = Latency(edge="payments>bank", latency_ms=50).effect()
    scene.target.fault_edge("payments>bank", weaker, 2.0)
    scene.driver.undo_all()
    assert samples(scene)[-1]["on"] is False


def test_a_target_that_does_not_answer_is_no_sample(scene: Scene) -> None:
    scene.driver.inject(Kill(instance="ledger-1"))
    scene.target.failing.add("instances")
    scene.driver.undo_all()
    assert samples(scene)[-1]["on"] is None
    scene.target.failing.clear()
    scene.driver.undo_all()
