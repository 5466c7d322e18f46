"""Stores the verdict of a run beside its files: verdict.json and report.html."""

from __future__ import annotations

from harness.files.whole_file import write_whole
from harness.store import RunFolder
from reports.render.page import render
from reports.verdict.judge import document
from reports.verdict.scorecard import Scorecard


def write(folder: RunFolder, scorecard: Scorecard) -> None:
    """Store both. Raises OSError if the disk is full or the folder cannot be written."""
    write_whole(folder.verdict, document(scorecard))
    write_whole(folder.report, render(scorecard).encode("utf-8"))
