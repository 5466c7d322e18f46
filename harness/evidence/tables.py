"""Converts the fetched tables into Parquet at the end of a run, typed as declared.

A file with an invalid value is not converted, and the judge names the row.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from harness.evidence.declared import Table
from harness.evidence.schema import Column, columns_of, quoted, quoted_name
from harness.files.whole_file import open_plain
from harness.store import LoadReady, RunFolder, read_json

Columns = Sequence[Column]
CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "temp_directory": "",
}
# LZ4 is read in two thirds of the time that Zstandard takes.
_INTO: Final = (
    "(format parquet, parquet_version v2, compression lz4_raw, dictionary_size_limit 20000)"
)
# The name of a descriptor stands for another file as soon as the first one is closed.
_NO_CACHE: Final = {"enable_external_file_cache": "false"}
_CHUNK: Final = 1 << 20
_PART: Final = "table.part"
_PATTERN: Final = re.compile(r"[*?\[\]{}\\]")


@dataclass(frozen=True, slots=True)
class _Came:
    """A fetched file and its open descriptor."""

    path: Path
    descriptor: int

    @property
    def quoted(self) -> str:
        """What DuckDB reads it from."""
        return quoted(str(by_descriptor(self.descriptor)))


class _RefusedError(Exception):
    """It is not as agreed."""


_REFUSED: Final = (
    duckdb.InvalidInputException,  # a line or a row is not as agreed
    duckdb.DataError,  # a number is none
    duckdb.OperationalError,  # no space
    _RefusedError,
)


def store_evidence(folder: RunFolder, tables: Sequence[Table]) -> tuple[str, ...]:
    """Convert each declared table that was fetched; returns the names of those that do not fit.

    A file is deleted only when as many rows are stored as it had lines. Raises OSError.
    """
    left = []
    with _opened() as database:
        for table in tables:
            came = folder.fetched(table.name)
            path = folder.evidence(table.name)
            if came is not None and not _stored(database, came, columns_of(table), path):
                left.append(table.name)
    return tuple(left)


def store_asked(folder: RunFolder) -> bool:
    """Convert what the intents ask by the columns that the generator declared.

    False if the table is missing or does not fit the declaration. Raises OSError.
    """
    ready, came = folder.ready(0), folder.asked_rows
    if not ready.is_file() or not came.is_file():
        return False
    declared = read_json(ready, LoadReady).asked
    columns = [Column(name=name, kind=kind) for name, kind in declared.items()]
    with _opened() as database:
        return _stored(database, came, columns, folder.asked)


def store_keys(folder: RunFolder) -> bool:
    """Convert the own keys of intents, where the scenario set any. Raises OSError."""
    if not folder.keys_rows.is_file():
        return False
    columns = (Column(name="intent", kind="integer"), Column(name="key", kind="text"))
    with _opened() as database:
        return _stored(database, folder.keys_rows, columns, folder.keys)


def table_of(path: Path) -> str:
    """What DuckDB reads a table from. Raises ValueError for a path that DuckDB takes as a pattern.

    Paths that others choose go by `by_descriptor` first.
    """
    if _PATTERN.search(str(path)):
        raise ValueError(f"{path}: DuckDB reads this path as a pattern; open it by descriptor")
    return f"read_parquet({quoted(str(path))})"


def by_descriptor(descriptor: int) -> Path:
    """A name of an open file that DuckDB does not take as a pattern."""
    return Path(f"/proc/self/fd/{descriptor}")


def types_of(columns: Columns) -> dict[str, str]:
    """The columns of a stored table and DuckDB's names of their types."""
    return {column.name: column.sql_type for column in columns}


def _opened() -> duckdb.DuckDBPyConnection:
    """An empty database in memory; opening one costs more than converting a small table."""
    return duckdb.connect(":memory:", config={**CONFIG, **_NO_CACHE})


def _stored(database: duckdb.DuckDBPyConnection, came: Path, columns: Columns, path: Path) -> bool:
    """DuckDB takes a path as a pattern, so it reads and writes by descriptor only."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    part = path.parent / _PART
    try:
        with open_plain(came) as source:
            rows = _rows(_Came(came, source.fileno()), columns)
            into = quoted(str(by_descriptor(folder) / _PART))
            database.execute(f"copy ({rows}) to {into} {_INTO}")
        if _count(database, part) != _lines(came):
            raise _RefusedError("a row is lost")
        part.rename(path)
    except _REFUSED:
        part.unlink(missing_ok=True)
        return False
    finally:
        os.close(folder)
    came.unlink()
    return True


def _count(database: duckdb.DuckDBPyConnection, part: Path) -> int:
    with open_plain(part) as stream:
        table = table_of(by_descriptor(stream.fileno()))
        (rows,) = database.execute(f"select count(*) from {table}").fetchall()  # noqa: S608  # a descriptor
    return int(rows[0])


def _rows(came: _Came, columns: Columns) -> str:
    """The query of all rows; it fails at the first one that is not as strict as its record."""
    stored = ", ".join(f"{each.stored} as {quoted_name(each.name)}" for each in columns)
    whole = " and ".join(each.holds for each in columns)
    checked = f"case when coalesce({whole}, false) then true else error('not as agreed') end"
    source = _csv(came, columns) if came.path.suffix == ".csv" else _ndjson(came, columns)
    return f"select {stored} from {source} where {checked}"  # noqa: S608  # own names only


def _ndjson(came: _Came, columns: Columns) -> str:
    """Every value as text: DuckDB would take 12.7 for 13 and true for 1."""
    texts = ", ".join(f"{quoted(each.name)}: 'VARCHAR'" for each in columns)
    given = f"format='newline_delimited', columns={{{texts}}}"
    return f"read_json({came.quoted}, {given})"


def _csv(came: _Came, columns: Columns) -> str:
    """Columns are found by their names in the first line, in any order."""
    with came.path.open("rb") as stream:
        first = stream.readline(_CHUNK)
        stream.seek(-1, 2) if first else None
        if not first.endswith(b"\n") or stream.read() != b"\n":
            raise _RefusedError("the first or the last line has no end")
    names = first.decode("ascii", "replace").rstrip("\r\n").split(",")
    if len(set(names)) != len(names) or not {each.name for each in columns} <= set(names):
        raise _RefusedError("the header does not name every column once")
    texts = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
    line = r"\r\n" if first.endswith(b"\r\n") else r"\n"
    given = f"delim=',', quote='\"', escape='\"', new_line='{line}', columns={{{texts}}}"
    plain = "auto_detect=false, header=true, allow_quoted_nulls=false"
    return f"read_csv({came.quoted}, {plain}, {given})"


def _lines(came: Path) -> int:
    """Rows that the file must have: each line is one, but for a header."""
    count, last = 0, b"\n"
    with came.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            count, last = count + chunk.count(b"\n"), chunk
    return count + (not last.endswith(b"\n")) - (came.suffix == ".csv")
