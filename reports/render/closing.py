"""What stays on the screen at the end of a run: plain text, wrapped at words, no colour."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from typing import Final

from reports.measures.page_model import Picture
from reports.render.format import say_resolution
from reports.render.next_steps import next_steps
from reports.render.words import (
    counts_line,
    counts_title,
    headline,
    limit_of,
    records_line,
    step_line,
    value_of,
    verdict_of,
)
from reports.verdict.scorecard import Document, Scorecard

_LEAST_TEXT: Final = 30  # a screen too narrow for two columns gets long lines
_SQUALL: Final = re.compile(r"(?<!\S)squall ")
Row = tuple[str, str]


def closing_lines(
    scorecard: Scorecard, report: str, width: int | None = None, program: str = "squall"
) -> list[str]:
    """The verdict, its figures and what to type next.

    `report` is where the page was written; `width`: of the screen; None: lines are not wrapped.
    `program` is what is typed for squall.
    """
    document = scorecard.document
    rows: list[Row] = []
    if document.verdict != "PASS":
        rows += _list("why", [reason.text for reason in document.reasons])
    rows += _list("likely", [f"{it.part}: {it.because}; {it.remedy}" for it in document.likely])
    if document.verdict == "INVALID":
        rows += _list("what to do", next_steps(document.reasons))
    rows += _list("remark", [reason.text for reason in document.remarks])
    if scorecard.picture is not None:
        rows += [*_figures(document, scorecard.picture), ("", "")]
    rows += _look(scorecard, report, program)
    rows.append(("report", report))
    rows.append(("again", _SQUALL.sub(lambda _: f"{program} ", document.run.again, count=1)))
    first = _wrapped(f"{document.verdict}  {headline(scorecard)}", width, "  ")
    return [*first, "", *_table(rows, width)]


def _list(label: str, texts: list[str] | tuple[str, ...]) -> list[Row]:
    rows = [("" if i else label, text) for i, text in enumerate(texts)]
    return [*rows, ("", "")] if rows else []


def _look(scorecard: Scorecard, report: str, program: str) -> list[Row]:
    """The command that shows the first wrong record, where it is the record of an intent."""
    wrong = () if scorecard.picture is None else scorecard.picture.wrong
    case = next((each.case for each in wrong if each.case), None)
    if case is None or scorecard.document.verdict == "INVALID":
        return []
    folder = report.removesuffix("/report.html")
    folder = folder if folder != report else scorecard.document.run.path
    return [("one case", f"{program} report {shlex.quote(folder)} --intent {case.key}")]


def _figures(document: Document, picture: Picture) -> Iterator[Row]:
    for result, metric in zip(document.objectives, picture.metrics, strict=True):
        value = value_of(result, metric, picture)
        exact = say_resolution(picture, metric)
        mark = f"   {exact}" if exact else ""
        said = verdict_of(result, document)
        mark += "" if said == "pass" else f"   {said if said == 'not judged' else said.upper()}"
        yield result.name, f"{value:>8}   {limit_of(result)}{mark}"
    if len(document.steps) > 1:
        yield from ((f"request {step.name}", step_line(step)) for step in document.steps)
    yield "records", records_line(document)
    yield counts_title(document), counts_line(document)


def _table(rows: list[Row], width: int | None) -> list[str]:
    """Labels in one column, as wide as the longest of them; an empty row stays empty."""
    wide = max(len(label) for label, _ in rows) + 3
    lines = []
    for label, text in rows:
        begun = f"  {label:<{wide}}"
        room = None if width is None else max(width, len(begun) + _LEAST_TEXT)
        is_command = label in ("again", "report", "one case")  # to be copied in one piece
        shown = [f"{begun}{text}"] if is_command else _wrapped(f"{begun}{text}", room, len(begun))
        lines += [line.rstrip() for line in shown]
    return lines


def _wrapped(text: str, width: int | None, indent: int | str) -> list[str]:
    if width is None or len(text) <= width:
        return [text]
    inner = " " * indent if isinstance(indent, int) else indent
    return textwrap.wrap(
        text,
        width,
        subsequent_indent=inner,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
        drop_whitespace=True,
    )
