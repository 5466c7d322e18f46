"""Guards: a required one that absorbed nothing makes the run inconclusive, and is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from harness.timeline import Event, Scalar
from reports.measures.guards import absorbed
from reports.render.page import render
from reports.verdict.judge import judge
from reports.verdict.scorecard import Scorecard
from tests.support.runs_builder import F0_S, RunsBuilder, sound_run


def guarded(tmp_path: Path, *counts: int, wrong: bool = False) -> Scorecard:
    """A run that requires the guard `idempotency`, which absorbed these counts."""
    run: RunsBuilder = sound_run()
    run.experiment = run.experiment.replace("    hold_s:", "    guards: [idempotency]\n    hold_s:")
    for count in counts:
        run.tell(F0_S + 1, "service", "guard", ("idempotency", "payments-1"), absorbed=count)
    if wrong:
        run.books.charge(run.key(3), "p3", 100 + 3)
    return judge(run.write(tmp_path / "run"))


def test_a_guard_that_absorbed_something_lets_the_run_pass(tmp_path: Path) -> None:
    card = guarded(tmp_path, 2, 3)
    assert card.verdict == "PASS"
    assert card.document.guards == {"idempotency": 5}


@pytest.mark.parametrize("count", [0, -4, True, "many", None])
def test_what_is_no_count_counts_nothing(count: Scalar) -> None:
    event = Event(mono_ns=1, wall_ns=1, source="service", kind="guard", name="x")
    assert sum(absorbed([structs.replace(event, data={"absorbed": count})]).values()) == 0


def test_a_guard_that_absorbed_nothing_is_named(tmp_path: Path) -> None:
    card = guarded(tmp_path, 0)
    assert card.verdict == "INCONCLUSIVE"
    (reason,) = card.reasons
    assert reason.code == "guard_idle"
    assert reason.text.startswith("The guard idempotency absorbed nothing although ")
    assert "INCONCLUSIVE" in render(card)


def test_what_is_wrong_is_wrong_whatever_the_guards_say(tmp_path: Path) -> None:
    assert guarded(tmp_path, wrong=True).verdict == "FAIL"
