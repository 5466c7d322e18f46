"""A control run has no fault, and is judged by what load alone did."""

from __future__ import annotations

from pathlib import Path

from reports.verdict.judge import judge
from tests.support.runs_builder import RunsBuilder, sound_run


def control(run: RunsBuilder) -> None:
    run.events = [event for event in run.events if event.source != "fault"]
    begin = run.experiment.index("method:")
    run.experiment = run.experiment[:begin].replace("    hold_s:", "    control: true\n    hold_s:")
    run.experiment += "method: []\n"
    objectives = (
        run.experiment.index("      - {name: stable"),
        run.experiment.index("steady-state-"),
    )
    only = '      - {name: good, metric: good_ratio_run, must: ">=", limit: 0.8}\n'
    run.experiment = run.experiment[: objectives[0]] + only + run.experiment[objectives[1] :]
    run.rewrite_journal = lambda journal: journal["run"].clear()


def test_a_control_run_needs_no_fault(tmp_path: Path) -> None:
    run = sound_run()
    control(run)
    card = judge(run.write(tmp_path / "run"))
    assert (card.verdict, [r.code for r in card.reasons]) == ("PASS", ["passed"])
