"""The tables of the system at the end of a run, queried in SQL.

Only this module of the judge knows DuckDB. Its database lives in memory and ends with the
`Evidence`; rows stay in their files until a query wants their columns.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import numpy.typing as npt

from harness.errors import StoredRunError
from harness.evidence.declared import Table
from harness.evidence.schema import columns_of, quoted, quoted_name, record_type
from harness.evidence.tables import CONFIG, by_descriptor, table_of, types_of
from harness.files.whole_file import open_plain
from harness.load.asked import ASKED
from harness.store import RunFolder
from reports.inputs.evidence_errors import why_not

Column = npt.NDArray[Any]
# `intent` is null for a key that is not the prefix and a number, written as numbers are. The number
# is computed once a row: DuckDB would compute an expression of two conditions twice.
_NUMBERED: Final = """
(select *, file_row_number,
        try_cast(substr({key}, length({prefix}) + 1) as bigint) as number from {table})"""
_INTENT: Final = "case when {prefix} || number = {key} then number end as intent"
# A scenario's own keys (load/keys.parquet) come before those of the prefix.
_OWN: Final = """
(select t.* exclude (intent), coalesce(k.intent, t.intent) as intent
 from ({rows}) t left join keys k on k.key = t.{key})"""
OWN_KEYS: Final = "keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question and its values."""

    query: str
    values: Mapping[str, object]


class Evidence:
    """Tables by the name of their source. `missing` says what was not there, a sentence each.

    `columns` has the columns of each table, `key_columns` the key column of those that have one.
    """

    def __init__(self, tables: duckdb.DuckDBPyConnection) -> None:
        self._tables = tables
        cores = self.ask("select current_setting('threads')::int as cores")["cores"]
        self._cores = int(cores[0])
        self.columns: dict[str, frozenset[str]] = {}
        self.key_columns: dict[str, str] = {}
        self.missing: tuple[str, ...] = ()

    @property
    def found(self) -> frozenset[str]:
        """The names of the tables."""
        return frozenset(self.columns)

    def hold(self, path: Path) -> str:
        """Keep a file open as long as this lives; returns what DuckDB reads its table from.

        By descriptor: DuckDB takes a path as a pattern, which other files may match too, and a file
        that takes the path's place later is not read. Raises OSError.
        """
        stream = open_plain(path)
        weakref.finalize(self, stream.close)
        return table_of(by_descriptor(stream.fileno()))

    def ask(self, query: str, **values: object) -> dict[str, Column]:
        """The columns of an answer; `$name` in the query stands for a value.

        Raises StoredRunError when a table's file turns out to be damaged.
        """
        return _answer(self._tables, query, values)

    def types(self, name: str) -> dict[str, str]:
        """The SQL type of each column of a table."""
        query = f"select column_name, column_type from (describe {name})"  # noqa: S608  # own name
        found = self.ask(query)
        return dict(zip(found["column_name"].tolist(), found["column_type"].tolist(), strict=True))

    def has_intent(self, name: str, size: int) -> bool:
        """Whether a row of a table has the key of one of the first `size` intents."""
        query = f"select exists(from {name} where intent >= 0 and intent < $size) as found"
        return bool(self.ask(query, size=size)["found"][0])

    def open_keys(self, path: Path) -> None:
        """Make the table `keys` of a file: the own key of each intent that has one."""
        try:
            table = self.hold(path)
            self.ask(f"create view {OWN_KEYS} as select intent, key from {table}")  # noqa: S608  # a descriptor
        except (StoredRunError, OSError) as error:
            raise StoredRunError(f"{path.name}: the keys cannot be read: {error}") from error
        self.columns[OWN_KEYS] = frozenset(("intent", "key"))

    def open_asked(self, path: Path) -> None:
        """Make the table `asked` of a file: what each intent asks, `intent` its number."""
        try:
            table = self.hold(path)
            query = f"select *, file_row_number as intent from {table}"  # noqa: S608  # a descriptor
            self.ask(f"create view {ASKED} as {query}")
            names = self.types(ASKED)
        except (StoredRunError, OSError):
            return  # the checks that need it are then not made, and say so
        self.columns[ASKED] = frozenset(names)

    def ask_aside(self, questions: Iterable[Asked]) -> Callable[[], None]:
        """Begin to ask, beside other questions; call what is returned to wait for all of them.

        Answers are not handed out: what is asked writes into a table. Waiting raises what asking
        would have raised.
        """
        pool = ThreadPoolExecutor(self._cores)
        asked = [
            pool.submit(_answer, self._tables.cursor(), each.query, each.values)
            for each in questions
        ]
        pool.shutdown(wait=False)

        def wait() -> None:
            for each in asked:
                each.result()

        return wait


def _answer(
    tables: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, object]
) -> dict[str, Column]:
    try:
        answer = tables.execute(query, dict(values) or None).fetchnumpy()
    except duckdb.Error as error:
        raise StoredRunError(f"evidence cannot be read: {error}") from error
    if any(map(np.ma.is_masked, answer.values())):
        raise StoredRunError("evidence cannot be read: a value is missing in a table")
    return {name: np.ma.getdata(column) for name, column in answer.items()}


def read_evidence(folder: RunFolder, tables: Sequence[Table], prefix: str) -> Evidence:
    """Open the tables of a run; `missing` says which cannot be read, and why.

    `intent` in a table is the intent whose key is in the row's key column, `row` the row's number.
    """
    evidence = Evidence(duckdb.connect(":memory:", config=CONFIG))
    missing: list[str] = []
    if folder.keys.is_file():
        evidence.open_keys(folder.keys)
    for table in tables:
        why = _open(evidence, folder, table, f"{prefix}-")
        if why:
            missing.append(f"evidence {table.name} {why}")
        else:
            evidence.columns[table.name] = frozenset(table.columns)
            evidence.key_columns |= {table.name: table.key} if table.key else {}
    if folder.asked.is_file():
        evidence.open_asked(folder.asked)
    evidence.missing = tuple(missing)
    return evidence


def _open(evidence: Evidence, folder: RunFolder, declared: Table, prefix: str) -> str:
    """Why it cannot be had, or nothing."""
    columns, path = columns_of(declared), folder.evidence(declared.name)
    if not path.is_file():
        return why_not(folder.fetched(declared.name), record_type(columns))
    try:
        table = evidence.hold(path)
        found = evidence.ask(
            f"select column_name, column_type from (describe from {table})"  # noqa: S608  # a descriptor
        )
        types = dict(zip(found["column_name"].tolist(), found["column_type"].tolist(), strict=True))
        if types != types_of(columns):
            return "cannot be read: it has other columns than declared"
        rows = rows_of(declared, table, quoted(prefix), own=OWN_KEYS in evidence.columns)
        evidence.ask(f"create view {declared.name} as from ({rows})")
    except (StoredRunError, OSError):
        return "cannot be read: it is not a whole table"
    return ""


def rows_of(declared: Table, table: str, prefix: str, *, own: bool = False) -> str:
    """The query behind the view of a table."""
    if declared.key is None:
        return f"select *, file_row_number as row, null::bigint as intent from {table}"  # noqa: S608  # a descriptor
    key = quoted_name(declared.key)
    kind = next(each.kind for each in columns_of(declared) if each.name == declared.key)
    text = key if kind in ("text", "words") else f"{key}::varchar"
    numbered = _NUMBERED.format(prefix=prefix, key=text, table=table)
    intent = _INTENT.format(prefix=prefix, key=text)
    columns = f"* exclude (number, file_row_number), file_row_number as row, {intent}"
    rows = f"select {columns} from {numbered}"  # noqa: S608  # declared names, a quoted path
    return f"from {_OWN.format(rows=rows, key=text)}" if own else rows
