"""Judges a stored run, stores the verdict and prints it: for `run` and `report`."""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Final

from commands.options import EXIT, program, streams
from commands.outlets import Wanted, write_outlets

if TYPE_CHECKING:
    from reports.verdict.scorecard import Scorecard

_DESKTOP: Final = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


def judge_run(path: Path, *, as_json: bool, opens: bool = False, outlets: Wanted = ()) -> int:
    """Judge, print, and store if the folder can be written. Returns the exit code."""
    from reports.verdict.judge import document

    scorecard = judged(path, shown=not as_json, outlets=outlets)
    if as_json:
        streams().json(document(scorecard))
    if opens:
        _open(path)
    return EXIT[scorecard.verdict]


def judged(path: Path, *, shown: bool, outlets: Wanted = ()) -> Scorecard:
    """Judge, store if the folder can be written, and print if `shown`."""
    from harness.store import RunFolder
    from harness.view.output import show_lines, wide
    from reports.outlets.summary import summary_of_run
    from reports.render.closing import closing_lines
    from reports.render.stored_verdict import write
    from reports.verdict.judge import judge

    folder = RunFolder(path)
    scorecard = judge(folder)
    stored = _shown(folder.report)
    try:
        write(folder, scorecard)
    except OSError as error:
        stored = f"not stored: {error.strerror}"
        streams().talk(f"squall: {folder.verdict}: {stored}")
    if outlets:
        write_outlets(summary_of_run(scorecard.document), outlets)
    if shown:
        show_lines(closing_lines(scorecard, stored, wide(), program()))
    return scorecard


def _open(path: Path) -> None:
    """Open the page in the browser of the desktop, if there is a desktop."""
    from harness.store import RunFolder

    page = RunFolder(path).report.absolute()
    has_desktop = any(os.environ.get(name) for name in _DESKTOP)
    if not (page.is_file() and has_desktop and webbrowser.open(page.as_uri())):
        streams().talk(f"squall: no browser could be started; open {page} in one")


def _shown(path: Path) -> str:
    """As short as it can be typed here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
