"""Judges a stored run, stores the verdict and prints it: for `run` and `report`."""

from __future__ import annotations

from pathlib import Path

from commands.options import EXIT, streams
from commands.outlets import Wanted, write_outlets


def judge_run(path: Path, *, as_json: bool, outlets: Wanted = ()) -> int:
    """Judge, print, and store if the folder can be written. Returns the exit code."""
    from harness.store import RunFolder
    from harness.view.output import show_lines
    from reports.outlets.outcome import outcome_of_run
    from reports.render.stored_verdict import write
    from reports.render.words import closing_lines
    from reports.verdict.judge import document, judge

    folder = RunFolder(path)
    scorecard = judge(folder)
    stored = _shown(folder.report)
    try:
        write(folder, scorecard)
    except OSError as error:
        stored = f"not stored: {error.strerror}"
        streams().talk(f"squall: {folder.verdict}: {stored}")
    if outlets:
        write_outlets(outcome_of_run(scorecard.document), outlets)
    if as_json:
        streams().json(document(scorecard))
    else:
        show_lines(closing_lines(scorecard, stored))
    return EXIT[scorecard.verdict]


def _shown(path: Path) -> str:
    """As short as it can be typed here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
