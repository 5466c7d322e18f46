"""What is wrong in the records: how many, how much money, when, during what, and one case."""

from __future__ import annotations

from typing import Final

from reports.inputs.names import say_some
from reports.measures.page_model import Case, Picture, WrongRecords
from reports.render.history import say_cells
from reports.render.markup import commands, escape, scrolled
from reports.render.money import say_sums
from reports.render.payment import story_chart
from reports.verdict.scorecard import NAMES_FILE, Document

_MOST_NAMES: Final = 20
_MOST_DURING: Final = 6
_MOST_ROWS: Final = 20
_NO_ROW: Final = "<p>No table has a row under this key.</p>"


def wrong_records(document: Document, picture: Picture) -> str:
    """One story for each class of violation, the gravest first; empty if there is none."""
    if not picture.wrong:
        return ""
    title = "What is wrong in the records"
    note = ""
    if document.verdict == "INVALID":
        title = "What the checks found"
        note = '<p class="note">Not judged: the run is not valid, so this proves nothing.</p>'
    stories = "".join(_story(each, document, number) for number, each in enumerate(picture.wrong))
    return f"<h2>{title}</h2>{note}{stories}"


def say_wrong(wrong: WrongRecords) -> list[str]:
    """The sentences of one class: count, money, times, what was on."""
    told = [f"{wrong.sentence}."]
    if any(wrong.asked.values()):
        told.append(f"Asked for in all: {say_sums(wrong.asked)}.")
    if wrong.held:
        held = "; ".join(f"{table} {say_sums(sums)}" for table, sums in wrong.held.items())
        told.append(f"Under these keys the tables hold: {held}.")
    due_s = wrong.due_s
    if len(due_s) == 1:
        told.append(f"It was due at {due_s[0]:.2f} s.")
    elif due_s:
        told.append(f"They were due from {due_s[0]:.2f} to {due_s[-1]:.2f} s.")
    of = len(due_s)
    during = sorted(wrong.during, key=lambda each: -each[1])[:_MOST_DURING]
    told += [f"{count:,} of {of:,} were due while {what}." for what, count in during]
    if of and not during:
        told.append("At these times no fault was on and nothing was out of its usual state.")
    return told


def _story(wrong: WrongRecords, document: Document, number: int) -> str:
    sentences = say_wrong(wrong)
    shown = escape(say_some(wrong.names, _MOST_NAMES))
    where = f", in {NAMES_FILE}" if len(wrong.names) > _MOST_NAMES else ""
    told = f"<h3>{escape(sentences[0])}</h3><p>{escape(' '.join(sentences[1:]))}</p>"
    told += f'<p class="names">{escape(wrong.check)}: {shown}{where}</p>'
    if wrong.case is None:
        return told + (f"<p>{escape(wrong.proof)}</p>" if wrong.proof else "")
    return told + _case(wrong.case, document, number)


def _case(case: Case, document: Document, number: int) -> str:
    """The first of them: what was asked, each attempt, each row of the system's tables."""
    head = f"<h4>One of them step by step: {escape(case.key)}</h4>"
    asked = f"<p>Asked: {escape(say_cells(case.asked))}</p>" if case.asked else ""
    due = f"<p>Due at {case.story.due_s:.3f} s; {escape(case.story.ends)}.</p>"
    steps = scrolled(story_chart(case.story, f"case {number}"), f"Attempts of {case.key}")
    steps = steps if case.story.steps else "<p>No attempt of it was made.</p>"
    booked = scrolled(_rows(case), f"Rows under {case.key}") if case.rows else _NO_ROW
    command = f"squall report {document.run.path} --intent {case.key}"
    return f"{head}{asked}{due}{steps}{booked}{commands(command)}"


def _rows(case: Case) -> str:
    """Every booking under the key, table by table."""
    rows = "".join(_row(each.table, say_cells(each.cells)) for each in case.rows[:_MOST_ROWS])
    left = len(case.rows) - _MOST_ROWS
    rows += _row(f"{left} more", "") if left > 0 else ""
    head = "<th>table</th><th>row under this key, in the order of booking</th>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(table: str, cells: str) -> str:
    return f'<tr><th scope="row">{escape(table)}</th><td>{escape(cells)}</td></tr>'
