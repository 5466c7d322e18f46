"""Records as a table: a column for each field, so that every listing looks alike."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.table import Table
from rich.text import Text

from harness.inert_text import inert


def table(records: Sequence[msgspec.Struct]) -> Table | Text:
    """A table of records of one kind; says so when there are none."""
    if not records:
        return Text("nothing to show")
    shown = Table(box=None, pad_edge=False, header_style="dim")
    for name in records[0].__struct_fields__:
        shown.add_column(name.replace("_", " "), overflow="fold")
    for record in records:
        shown.add_row(*(_cell(getattr(record, name)) for name in record.__struct_fields__))
    return shown


def _cell(value: object) -> Text:
    """Text, never markup: `[/v1/payments]` is shown literally."""
    return Text(inert(_said(value)))


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
