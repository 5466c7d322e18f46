"""The rows of the system's tables that have the key of one intent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from harness.evidence.schema import quoted_name
from harness.load.asked import ASKED
from reports.inputs.evidence_tables import OWN_KEYS, Evidence

Cell = str | int | float
_ADDED: Final = ("intent", "row")
_NULL: Final = "null"
_MOST_ROWS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row of one table."""

    table: str
    cells: Mapping[str, Cell]


def asked_by(evidence: Evidence, intent: int) -> Mapping[str, Cell]:
    """What an intent asked; empty where the scenario does not declare it."""
    rows = _rows(evidence, ASKED, intent) if ASKED in evidence.columns else ()
    return next((row.cells for row in rows), {})


def rows_of_intent(evidence: Evidence, intent: int) -> tuple[TableRow, ...]:
    """All rows under its key, table by table, each in the order of its rows."""
    tables = [name for name in evidence.columns if name in evidence.key_columns]
    return tuple(row for name in tables for row in _rows(evidence, name, intent))


def _rows(evidence: Evidence, table: str, intent: int) -> tuple[TableRow, ...]:
    if table == OWN_KEYS:
        return ()
    kinds = _kinds(evidence, table)
    texts = ", ".join(
        f"coalesce({_text(name, kind)}, '{_NULL}') as {quoted_name(name)}"
        for name, kind in kinds.items()
    )
    order = "" if table == ASKED else " order by row"
    query = f"select {texts} from {table} where intent = $intent{order} limit {_MOST_ROWS}"  # noqa: S608  # declared names
    columns = evidence.ask(query, intent=intent)
    rows = zip(*(columns[name].tolist() for name in kinds), strict=True)
    return tuple(
        TableRow(
            table=table,
            cells={
                name: _cell(text, kind)
                for (name, kind), text in zip(kinds.items(), row, strict=True)
            },
        )
        for row in rows
    )


def _kinds(evidence: Evidence, table: str) -> dict[str, str]:
    """The table's own columns with their types."""
    found = evidence.ask(f"select column_name, column_type from (describe {table})")  # noqa: S608  # declared name
    pairs = zip(found["column_name"].tolist(), found["column_type"].tolist(), strict=True)
    return {name: kind for name, kind in pairs if name not in _ADDED}


def _text(name: str, kind: str) -> str:
    """Bytes as hexadecimal digits, all else as DuckDB writes it."""
    column = quoted_name(name)
    return f"lower(hex({column}))" if kind == "BLOB" else f"{column}::varchar"


def _cell(text: str, kind: str) -> Cell:
    if text == _NULL:
        return text
    if kind.endswith("INT") or kind in ("BIGINT", "INTEGER"):
        return int(text)
    if kind in ("DOUBLE", "FLOAT") and math.isfinite(float(text)):
        return float(text)
    return text
