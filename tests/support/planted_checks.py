"""Runs the production checks on rows in memory: DuckDB tables instead of stored files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import msgspec
import numpy as np

from harness.evidence.declared import CheckSpec, PaymentsSettings
from harness.evidence.schema import columns_of, quoted
from harness.evidence.tables import CONFIG, types_of
from harness.load.asked import ASKED
from reports.checks.payments.reference_tables import ACCOUNTS, CHARGES, ENTRIES, PAYMENTS
from reports.checks.registry import CheckKind, kinds
from reports.checks.run_checks import RunChecks
from reports.checks.run_records import RunRecords
from reports.inputs.evidence_tables import Evidence, rows_of
from reports.measures.cohorts import block_of
from tests.support.plain_integrity import found_in, plain_check
from tests.support.plain_payments import Found, Rows
from tests.support.planted_script import PREFIX, Script
from tests.support.reference_rows import TABLES
from tests.support.runs_asked import COLUMNS

NAMED = (ENTRIES, ACCOUNTS, CHARGES, PAYMENTS)
_TYPES = {"text": "VARCHAR", "integer": "BIGINT"}


def production(script: Script) -> Found:
    """What the checks find."""
    due = np.arange(len(script.asked), dtype=np.int64)
    evidence = _evidence(script.rows())
    checks = RunChecks(RunRecords(evidence, PREFIX, len(due)), payment_kinds(), NAMED)
    checks.add(block_of(due, script.attempts(), 300))
    outcomes = checks.result()
    broken = [outcome.why for outcome in outcomes if outcome.verdict == "not_checked"]
    assert not broken
    return found_in(outcomes)


def payment_kinds() -> tuple[CheckKind, ...]:
    """The checks of the reference payment system."""
    return kinds((CheckSpec(payments=PaymentsSettings()),), Path())


def oracle(script: Script) -> Found:
    """What the definitions find."""
    due = np.arange(len(script.asked), dtype=np.int64)
    return plain_check(due, script.attempts(), script.rows())


def _evidence(rows: Rows) -> Evidence:
    tables = duckdb.connect(":memory:", config={**CONFIG, "threads": 1})
    sources: Mapping[str, Sequence[msgspec.Struct]] = {
        ENTRIES: rows.entries,
        ACCOUNTS: rows.accounts,
        CHARGES: rows.charges,
        PAYMENTS: rows.payments,
    }
    evidence = Evidence(tables)
    for name, records in sources.items():
        types = types_of(columns_of(TABLES[name]))
        columns = {column: [getattr(record, column) for record in records] for column in types}
        _create(tables, f"raw_{name}", types, columns)
        query = rows_of(TABLES[name], f"raw_{name}", quoted(f"{PREFIX}-"))
        tables.execute(f"create view {name} as {query}")
        evidence.columns[name] = frozenset(types)
    asked = {column: [getattr(row, column) for row in rows.asked] for column in COLUMNS}
    types = {column: _TYPES[of] for column, of in COLUMNS.items()}
    _create(tables, "raw_asked", types, asked)
    tables.execute("create view asked as select *, file_row_number as intent from raw_asked")
    evidence.columns[ASKED] = frozenset(types)
    return evidence


def _create(
    tables: duckdb.DuckDBPyConnection,
    name: str,
    types: Mapping[str, str],
    columns: Mapping[str, list[object]],
) -> None:
    fields = ", ".join(f"{column} {kind}" for column, kind in types.items())
    tables.execute(f"create table {name} ({fields}, file_row_number bigint)")
    size = len(next(iter(columns.values())))
    values = [_values(columns[column], kind) for column, kind in types.items()]
    if size:
        marks = ", ".join("unnest(?)" for _ in values)
        tables.execute(f"insert into {name} select {marks}, unnest(range({size}))", values)


def _values(column: list[object], kind: str) -> list[object]:
    return [bytes.fromhex(str(value)) for value in column] if kind == "BLOB" else column
