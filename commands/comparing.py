"""Judges the runs of a comparison, stores it and prints it: for `compare` and `report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from commands.campaign_judging import judged_scorecard
from commands.options import EXIT, streams

if TYPE_CHECKING:  # a command imports only what it needs
    from collections.abc import Callable, Sequence

    from harness.campaigns.folder import CampaignFolder
    from harness.campaigns.plan import Plan
    from harness.campaigns.records import Attempt, Outcome


def judge_of(plan: Plan) -> Callable[[Path], Outcome]:
    """Judges a run by its column: a ramp has a knee."""
    matrix = plan.matrix
    ramps = {c.name.replace(" ", "-") for c in matrix.columns if c.ramp} if matrix else set[str]()

    def judge(path: Path) -> Outcome:
        from harness.store import RunFolder
        from reports.verdict.compare_outcome import compare_outcome

        knee = matrix.knee if matrix is not None and path.parent.name in ramps else None
        return compare_outcome(RunFolder(path), judged_scorecard(path), knee)

    return judge


def judge_comparison(
    folder: CampaignFolder, seen: Sequence[Attempt] | None, *, as_json: bool
) -> int:
    """Compare what is stored, print and store it. Returns the exit code."""
    from harness.campaigns.compare.compare_json import compare_document
    from harness.campaigns.conduct import judged_attempts
    from harness.files.whole_file import write_whole
    from harness.store import as_json as stored_form
    from harness.store import write_json
    from harness.view.output import show_lines
    from reports.render.compare.page import render
    from reports.render.compare.words import closing_lines

    plan = folder.read_plan()
    attempts = judged_attempts(folder, judge_of(plan)) if seen is None else seen
    document = compare_document(plan, attempts, folder.damage())
    stored = str(folder.report)
    try:
        write_json(folder.compare, document)
        write_whole(folder.report, render(document).encode("utf-8"))
    except OSError as error:
        stored = f"not stored: {error.strerror}"
        streams().talk(f"squall: {folder.compare}: {stored}")
    if as_json:
        streams().json(stored_form(document))
    else:
        show_lines(closing_lines(document, stored))
    return EXIT[document.decision]
