"""A fault before, after or without the measured time of the load is INVALID by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.verdict.judge import judge
from tests.support.runs_builder import F0_S, F1_S, KILLED, LOAD_S, sound_run

STAGES = ("asked", "injected", "verified", "undone", "verified_undone")


@pytest.mark.parametrize(
    ("begin_s", "end_s", "code"),
    [
        (-5.0, -2.0, "baseline_small"),
        (0.1, 0.9, "baseline_small"),
        (0.5, 3.5, "baseline_small"),
        (LOAD_S + 1, LOAD_S + 3, "fault_unobserved"),
        (F0_S, F0_S, "fault_unobserved"),
        (F1_S, F0_S, "fault_unobserved"),
    ],
)
def test_a_fault_at_a_wrong_time_is_invalid_by_name(
    begin_s: float, end_s: float, code: str, tmp_path: Path
) -> None:
    run = sound_run(outage_s=0)
    run.events = [event for event in run.events if event.source != "fault"]
    for stage, at_s in zip(STAGES, (begin_s, begin_s, begin_s, end_s, end_s), strict=True):
        run.tell(at_s, "fault", stage, KILLED, fault_id="1")
    run.looks(begin_s, end_s)
    card = judge(run.write(tmp_path / "run"))
    assert card.verdict == "INVALID"
    assert code in {reason.code for reason in card.reasons}
    assert not any("only -" in reason.text.lower() for reason in card.reasons)


@pytest.mark.parametrize(("steps", "unobserved"), [(1, True), (4, False)])
def test_the_steps_of_one_fault_are_observed_together(
    steps: int, unobserved: bool, tmp_path: Path
) -> None:
    """A canary sets one share after the other; each is on for a short time only."""
    run = sound_run(outage_s=0)
    run.events = [event for event in run.events if event.source != "fault"]
    for step in range(steps):
        begin_s, end_s = F0_S + step / 2, F0_S + step / 2 + 0.45
        for stage, at_s in zip(STAGES, (begin_s, begin_s, begin_s, end_s, end_s), strict=True):
            run.tell(at_s, "fault", stage, KILLED, fault_id=str(step))
        run.tell(begin_s + 0.2, "fault", "held", KILLED, fault_id=str(step), on=True, state="down")
    card = judge(run.write(tmp_path / "run"))
    assert ("fault_unobserved" in {reason.code for reason in card.reasons}) is unobserved
