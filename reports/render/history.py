"""The history of one intent in lines, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from reports.inputs.intent_rows import Cell
from reports.measures.details import IntentHistory, Tried

_MOST_CHARS: Final = 44
_KEPT_CHARS: Final = 12


def history_lines(found: IntentHistory) -> list[str]:
    """What was asked, each attempt, and every row that the system has under the key."""
    lines = [f"{found.intent}   due at {found.due_s:.3f} s; {found.ends}"]
    if found.asked:
        lines.append(f"  asked      {say_cells(found.asked)}")
    lines.append("")
    lines += [f"  {_told(each, found.due_s)}" for each in found.attempts] or ["  no attempt"]
    lines.append("")
    if not found.records:
        lines.append("  no table of this run has a key column")
    for table, rows in found.records.items():
        lines += _table(table, rows)
    return lines


def say_cells(cells: Mapping[str, Cell]) -> str:
    """A row in one line; a long value (a hash) is cut, `--json` has it whole."""
    return ", ".join(f"{name} {_short(value)}" for name, value in cells.items())


def _short(value: Cell) -> str:
    text = str(value)
    return text if len(text) <= _MOST_CHARS else f"{text[:_KEPT_CHARS]}…"


def _table(table: str, rows: tuple[dict[str, Cell], ...]) -> Iterator[str]:
    yield f"  {table}: {_count(len(rows))}"
    yield from (f"    {say_cells(row)}" for row in rows)


def _count(number: int) -> str:
    return "no row" if not number else f"{number} row{'s' if number > 1 else ''}"


def _told(each: Tried, due_s: float) -> str:
    begin_s = each.due_s + each.late_ms / 1000 - due_s
    answer = each.error.replace("_", " ") if each.error else f"status {each.status}"
    end_s = begin_s + each.took_ms / 1000
    span = f"{begin_s:8.3f} to {end_s:.3f} s"
    return f"attempt {each.attempt}  {each.request}  {span}  {answer}: {each.outcome}"
