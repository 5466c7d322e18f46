"""Stored files with holes or figures out of range make a run INVALID, and in no time."""

from __future__ import annotations

import json
from pathlib import Path

from reports.verdict.judge import judge
from tests.support.runs_builder import sound_run


def test_seven_seconds_in_which_the_machine_was_not_measured_are_named(tmp_path: Path) -> None:
    run = sound_run()
    run.machine = [*run.machine[:5], *run.machine[12:]]
    card = judge(run.write(tmp_path / "run"))
    assert [reason.code for reason in card.reasons] == ["machine_unknown"]
    assert card.verdict == "INVALID"


def test_a_plan_with_five_million_workers_is_unreadable(tmp_path: Path) -> None:
    folder = sound_run().write(tmp_path / "run")
    plan = json.loads(folder.plan.read_text("utf-8"))
    folder.plan.write_text(json.dumps({**plan, "workers": 5_000_000}), "utf-8")
    folder.seal()
    card = judge(folder)
    assert (card.verdict, [reason.code for reason in card.reasons]) == (
        "INVALID",
        ["data_unreadable"],
    )
