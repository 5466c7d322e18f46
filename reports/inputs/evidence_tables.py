"""What the system says of itself at the end of a run: stored tables, asked in SQL.

Here alone the judge knows DuckDB. Its database lives in memory and ends with the `Evidence`; rows
stay in their files until a query wants their columns.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import numpy.typing as npt

from harness.errors import StoredRunError
from harness.evidence.schema import ACCOUNTS, CHARGES, ENTRIES, KINDS, PAYMENTS
from harness.evidence.tables import CONFIG, by_descriptor, quoted, table_of, types_of
from harness.files.whole_file import open_plain
from harness.load.asked import ASKED
from harness.store import RunFolder
from reports.inputs.evidence_errors import why_not

Column = npt.NDArray[Any]
# `intent` is null for a key that is not the prefix and a number, written as numbers are. The number
# is found once a row: what stands in two conditions is worked out twice.
_INTENTS: Final = """
(select *, file_row_number,
        try_cast(substr({key}, length({prefix}) + 1) as bigint) as number from {table})"""
_INTENT: Final = "case when {prefix} || number = {key} then number end as intent"
_KEYS: Final[Mapping[str, str]] = {ENTRIES: "reference", CHARGES: "reference", PAYMENTS: "key"}
# `mark` stands for a hash where it only has to be compared; `row` counts the rows of the file.
_COLUMNS: Final[Mapping[str, str]] = {
    ENTRIES: """
        * exclude (number), {intent}, file_row_number as row,
        hash(hash) as mark, hash(prev_hash) as prev_mark""",
    ACCOUNTS: "*, hash(hash) as mark",
    CHARGES: "* exclude (number), {intent}",
    PAYMENTS: "* exclude (number), {intent}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question and its values."""

    query: str
    values: Mapping[str, object]


class Evidence:
    """Tables by the name of their source. `missing` says what was not there, a sentence each.

    `columns` has the columns of each table.
    """

    def __init__(self, tables: duckdb.DuckDBPyConnection) -> None:
        self._tables = tables
        cores = self.ask("select current_setting('threads')::int as cores")["cores"]
        self._cores = int(cores[0])
        self.columns: dict[str, frozenset[str]] = {}
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

    def has_intent(self, name: str, size: int) -> bool:
        """Whether a row of a table has the key of one of the first `size` intents."""
        query = f"select exists(from {name} where intent >= 0 and intent < $size) as found"
        return bool(self.ask(query, size=size)["found"][0])

    def open_asked(self, path: Path) -> None:
        """Make the table `asked` of a file: what each intent asks, `intent` its number."""
        try:
            table = self.hold(path)
            query = f"select *, file_row_number as intent from {table}"  # noqa: S608  # a descriptor
            self.ask(f"create view {ASKED} as {query}")
            names = self.ask(f"select column_name from (describe {ASKED})")["column_name"].tolist()  # noqa: S608  # own name
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


def read_evidence(folder: RunFolder, named: tuple[str, ...], prefix: str) -> Evidence:
    """Open the sources that the experiment names; what cannot be read is told, not raised.

    `intent` in a table is the number behind `prefix` in the row's key.
    """
    evidence = Evidence(duckdb.connect(":memory:", config=CONFIG))
    missing: list[str] = []
    known = [name for name in KINDS if name in named]
    for name in [*(name for name in named if name not in KINDS), *known]:
        why = _open(evidence, folder, name, f"{prefix}-")
        if why:
            missing.append(f"evidence {name} {why}")
        elif name in KINDS:
            evidence.columns[name] = frozenset(types_of(KINDS[name]))
    if folder.asked.is_file():
        evidence.open_asked(folder.asked)
    evidence.missing = tuple(missing)
    return evidence


def _open(evidence: Evidence, folder: RunFolder, name: str, prefix: str) -> str:
    """Why it cannot be had, or nothing."""
    kind, path = KINDS.get(name), folder.evidence(name)
    if kind is None or not path.is_file():
        return why_not(folder.fetched(name), kind)
    try:
        table = evidence.hold(path)
        found = evidence.ask(
            f"select column_name, column_type from (describe from {table})"  # noqa: S608  # a descriptor
        )
        types = dict(zip(found["column_name"].tolist(), found["column_type"].tolist(), strict=True))
        if types != types_of(kind):
            return "cannot be read: it has other columns than agreed"
        evidence.ask(f"create view {name} as {_rows(name, table, quoted(prefix))}")
    except (StoredRunError, OSError):
        return "cannot be read: it is no whole table"
    return ""


def _rows(name: str, table: str, prefix: str) -> str:
    """The query behind the view of a source."""
    key = _KEYS.get(name)
    if key is None:
        return f"select {_COLUMNS[name]} from {table}"  # noqa: S608  # own names, a quoted path
    intent = _INTENT.format(prefix=prefix, key=key)
    numbered = _INTENTS.format(prefix=prefix, key=key, table=table)
    return f"select {_COLUMNS[name].format(intent=intent)} from {numbered}"  # noqa: S608  # likewise
