"""A stopped run says which fault was undone, or that none was on, and no more than was proven."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.run.guard import Ending
from harness.run.partial import said_of
from harness.store import RunFolder
from harness.timeline import FileTimeline

PROVEN = "every fault is undone, every process has ended"


def ended(tmp_path: Path, *stages: str, clean: bool = True) -> Ending:
    ending = Ending()
    ending.folder = RunFolder(tmp_path / "run")
    ending.folder.create()
    ending.outcome, ending.clean = PROVEN if clean else "not everything is proven undone", clean
    timeline = FileTimeline(ending.folder.timeline, SystemClock())
    timeline.tell("run", "phase", "baseline")
    for stage in stages:
        timeline.tell("fault", stage, "kill", "ledger-1", fault_id="1")
    timeline.close()
    return ending


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ((), "(no fault was on)"),
        (("asked", "injected"), "(the fault kill of ledger-1 was undone)"),
        (
            ("asked", "injected", "verified", "undone", "verified_undone"),
            "(the fault kill of ledger-1 was undone and proven gone)",
        ),
    ],
)
def test_the_fault_is_named_with_what_was_proven(
    stages: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    text = said_of(ended(tmp_path, *stages))
    assert text.startswith(f"{PROVEN} {said}")
    assert f"the partial run is in {tmp_path / 'run'} and is not judged" in text


def test_nothing_is_said_of_a_fault_that_is_not_proven_undone(tmp_path: Path) -> None:
    text = said_of(ended(tmp_path, "asked", "verified", clean=False))
    assert text.startswith("not everything is proven undone; ")
    assert "was undone" not in text


def test_before_the_first_process_there_is_no_partial_run() -> None:
    assert said_of(Ending()) == "nothing was started"
