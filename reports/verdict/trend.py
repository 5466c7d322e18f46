"""Score and recovery over the stored runs: a trend, never a decision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from harness.campaigns.score import score_of_run
from harness.errors import StoredRunError
from harness.store import read_json
from reports.verdict.outcome import outcome_of_document
from reports.verdict.scorecard import Document

_BEFORE: Final = 5
_MOST_RUNS: Final = 10_000
# Below runs/: a run of its own, and the run of an attempt of a campaign.
_PLACES: Final = ("*/*/verdict.json", "*/*/attempts/*/*/*/verdict.json")


class TrendRow(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `change`: points against the median of the five runs before; null without them.

    `recovery_s` null: not measured; `censored`: at least so long.
    """

    started_at: str
    experiment: str
    verdict: str
    score: float | None
    change: float | None
    weakest: str
    recovery_s: float | None
    censored: bool
    path: str


def trend_of(runs_dir: Path, experiment: str | None = None) -> tuple[TrendRow, ...]:
    """The rows, oldest first. A run without a readable verdict is left out."""
    paths = sorted(path for place in _PLACES for path in runs_dir.glob(place))
    found = [row for path in paths[-_MOST_RUNS:] if (row := _row(path)) is not None]
    chosen = [row for row in found if experiment in (None, row.experiment)]
    chosen.sort(key=lambda row: (row.started_at, row.path))
    return tuple(_changed(chosen, place) for place in range(len(chosen)))


def _row(path: Path) -> TrendRow | None:
    try:
        document = read_json(path, Document, whole=False)
    except StoredRunError:
        return None
    score = score_of_run(outcome_of_document(document))
    return TrendRow(
        started_at=document.run.started_at,
        experiment=document.experiment,
        verdict=document.verdict,
        score=score.points,
        change=None,
        weakest=score.weakest,
        recovery_s=document.recovery.stable_recovery_s,
        censored=document.recovery.censored,
        path=str(path.parent),
    )


def _changed(rows: Sequence[TrendRow], place: int) -> TrendRow:
    row = rows[place]
    before = [
        each.score
        for each in rows[:place]
        if each.experiment == row.experiment and each.score is not None
    ][-_BEFORE:]
    if row.score is None or not before:
        return row
    return msgspec.structs.replace(row, change=round(row.score - median(before), 2))
