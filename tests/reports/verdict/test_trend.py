"""The trend reads the stored verdicts: score, recovery, and the change against the runs before."""

from __future__ import annotations

from pathlib import Path

from reports.render.stored_verdict import write
from reports.verdict.judge import judge
from reports.verdict.trend import trend_of
from tests.support.runs_builder import sound_run


def stored(root: Path, outage_s: float) -> None:
    folder = sound_run(outage_s=outage_s).write(root)
    write(folder, judge(folder))


def test_a_slower_recovery_lowers_the_score_and_shows_as_a_change(tmp_path: Path) -> None:
    for number, outage_s in enumerate((1.0, 1.0, 4.0)):
        stored(tmp_path / "ledger-killed" / f"2026010{number}T000000Z", outage_s)
    rows = trend_of(tmp_path)
    assert [row.change for row in rows[:1]] == [None]
    assert rows[2].score is not None
    assert rows[0].score is not None
    assert rows[2].score <= rows[0].score
    assert rows[2].recovery_s is not None
    assert rows[0].recovery_s is not None
    assert rows[2].recovery_s > rows[0].recovery_s


def test_runs_of_campaigns_are_in_it_and_unreadable_ones_are_not(tmp_path: Path) -> None:
    place = tmp_path / "ci" / "20260101T000000Z" / "attempts" / "001"
    stored(place / "ledger-killed" / "20260101T000000Z", 1.0)
    broken = tmp_path / "x" / "y"
    broken.mkdir(parents=True)
    (broken / "verdict.json").write_text("{")
    assert len(trend_of(tmp_path)) == 1
    assert trend_of(tmp_path, "another") == ()
