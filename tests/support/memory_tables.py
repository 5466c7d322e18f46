"""Declared tables in memory, for checks without a stored run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from harness.evidence.declared import Table
from harness.evidence.schema import columns_of, quoted, quoted_name
from harness.evidence.tables import CONFIG
from reports.inputs.evidence_tables import Evidence, rows_of

Row = Mapping[str, object]


def evidence_of(tables: Mapping[str, tuple[Table, Sequence[Row]]], prefix: str) -> Evidence:
    """The tables with their rows, as the judge opens them."""
    memory = duckdb.connect(":memory:", config={**CONFIG, "threads": 1})
    evidence = Evidence(memory)
    for name, (table, rows) in tables.items():
        columns = columns_of(table)
        fields = ", ".join(f"{quoted_name(c.name)} {c.sql_type}" for c in columns)
        memory.execute(f"create table raw_{name} ({fields}, file_row_number bigint)")
        marks = ", ".join("?" for _ in range(len(columns) + 1))
        for number, row in enumerate(rows):
            values = [row[column.name] for column in columns]
            memory.execute(f"insert into raw_{name} values ({marks})", [*values, number])  # noqa: S608  # the test's own names
        query = rows_of(table, f"raw_{name}", quoted(f"{prefix}-"))
        memory.execute(f"create view {name} as {query}")
        evidence.columns[name] = frozenset(table.columns)
        evidence.key_columns |= {name: table.key} if table.key else {}
    return evidence
