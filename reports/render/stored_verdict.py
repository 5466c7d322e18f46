"""Stores the verdict of a run beside its files: verdict.json, report.html and violations.csv."""

from __future__ import annotations

import csv
import io

from harness.files.whole_file import write_whole
from harness.store import RunFolder
from reports.render.page import render
from reports.verdict.judge import document
from reports.verdict.scorecard import Scorecard

_COLUMNS = ("check", "class", "name", "due_s")


def write(folder: RunFolder, scorecard: Scorecard) -> None:
    """Store them. Raises OSError if the disk is full or the folder cannot be written."""
    if any(checked.violations for checked in scorecard.checks):
        write_whole(folder.violations, _violations(scorecard))
    else:
        folder.violations.unlink(missing_ok=True)
    write_whole(folder.verdict, document(scorecard))
    write_whole(folder.report, render(scorecard).encode("utf-8"))


def _violations(scorecard: Scorecard) -> bytes:
    """Every name of every violation; when its intent was due, where the name is a key."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    due = {} if scorecard.picture is None else scorecard.picture.due_of_wrong()
    for checked in scorecard.checks:
        for found in checked.violations:
            for name in found.names:
                at_s = due.get(name)
                shown = "" if at_s is None else f"{at_s:.6f}"
                writer.writerow((checked.name, found.kind.name, name, shown))
    return text.getvalue().encode("utf-8", "backslashreplace")
