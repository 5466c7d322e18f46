"""At a run's end fetched evidence becomes Parquet: each row whole and typed, or all as it came.

Numbers become 64-bit integers, links 24 bytes. What does not fit is not mended: the file stays
as it was fetched, and the judge says what is wrong with it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import duckdb
import msgspec
from msgspec.structs import fields

from harness.evidence.schema import KINDS, Hash
from harness.files.whole_file import open_plain
from harness.store import LoadReady, RunFolder, read_json

Kind = type[msgspec.Struct]
CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "temp_directory": "",
}
# LZ4 is read in two thirds of the time that Zstandard takes.
_INTO: Final = (
    "(format parquet, parquet_version v2, compression lz4_raw, dictionary_size_limit 20000)"
)
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


def store_evidence(folder: RunFolder) -> tuple[str, ...]:
    """Convert each known source that was fetched; returns the names of those that stay as they are.

    A file is deleted only when as many rows are stored as it had lines. Raises OSError.
    """
    left = []
    for name, kind in KINDS.items():
        came = folder.fetched(name)
        if came is not None and not _stored(came, kind, folder.evidence(name)):
            left.append(name)
    return tuple(left)


def store_asked(folder: RunFolder) -> bool:
    """Convert what the intents ask by the columns that the generator declared.

    False where there is no such table, or where it does not hold what was declared. Raises OSError.
    """
    ready, came = folder.ready(0), folder.asked_rows
    if not ready.is_file() or not came.is_file():
        return False
    columns = read_json(ready, LoadReady).asked
    declared = [(name, int if of == "integer" else str) for name, of in columns.items()]
    return _stored(came, msgspec.defstruct("Asked", declared), folder.asked)


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


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def types_of(kind: Kind) -> dict[str, str]:
    """The columns of a stored table and DuckDB's names of their types."""
    return {field.name: _type(field.type) for field in fields(kind)}


def _stored(came: Path, kind: Kind, path: Path) -> bool:
    """DuckDB takes a path as a pattern, so it reads and writes by descriptor only."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    part = path.parent / _PART
    try:
        with open_plain(came) as source:
            _convert(_Came(came, source.fileno()), kind, by_descriptor(folder) / _PART)
        if _count(part) != _lines(came):
            raise _RefusedError("a row is lost")
        part.rename(path)
    except _REFUSED:
        part.unlink(missing_ok=True)
        return False
    finally:
        os.close(folder)
    came.unlink()
    return True


def _convert(came: _Came, kind: Kind, part: Path) -> None:
    with duckdb.connect(":memory:", config=CONFIG) as tables:
        tables.execute(f"copy ({_rows(came, kind)}) to {quoted(str(part))} {_INTO}")


def _count(part: Path) -> int:
    with open_plain(part) as stream, duckdb.connect(":memory:", config=CONFIG) as tables:
        table = table_of(by_descriptor(stream.fileno()))
        (rows,) = tables.execute(f"select count(*) from {table}").fetchall()  # noqa: S608  # a descriptor
    return int(rows[0])


def _rows(came: _Came, kind: Kind) -> str:
    """The query of all rows; it fails at the first one that is not as strict as its record."""
    columns = ", ".join(_column(field.name, field.type) for field in fields(kind))
    whole = " and ".join(_holds(field.name, field.type) for field in fields(kind))
    checked = f"case when coalesce({whole}, false) then true else error('not as agreed') end"
    source = _csv(came, kind) if came.path.suffix == ".csv" else _ndjson(came, kind)
    return f"select {columns} from {source} where {checked}"  # noqa: S608  # own names only


def _ndjson(came: _Came, kind: Kind) -> str:
    """Every value as text: DuckDB would take 12.7 for 13 and true for 1."""
    columns = ", ".join(f"{field.name}: 'VARCHAR'" for field in fields(kind))
    given = f"format='newline_delimited', columns={{{columns}}}"
    return f"read_json({came.quoted}, {given})"


def _csv(came: _Came, kind: Kind) -> str:
    """Columns are found by their names in the first line, in any order."""
    with came.path.open("rb") as stream:
        first = stream.readline(_CHUNK)
        stream.seek(-1, 2) if first else None
        if not first.endswith(b"\n") or stream.read() != b"\n":
            raise _RefusedError("the first or the last line has no end")
    names = first.decode("ascii", "replace").rstrip("\r\n").split(",")
    if len(set(names)) != len(names) or not {field.name for field in fields(kind)} <= set(names):
        raise _RefusedError("the header does not name every column once")
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
    line = r"\r\n" if first.endswith(b"\r\n") else r"\n"
    given = f"delim=',', quote='\"', escape='\"', new_line='{line}', columns={{{columns}}}"
    plain = "auto_detect=false, header=true, allow_quoted_nulls=false"
    return f"read_csv({came.quoted}, {plain}, {given})"


def _column(name: str, kind: Any) -> str:  # noqa: ANN401  # whatever a record is made of
    if kind == Hash:
        return f"unhex({name}) as {name}"
    return f"{name}::{_type(kind)} as {name}"


def _type(kind: Any) -> str:  # noqa: ANN401  # likewise
    if kind == Hash:
        return "BLOB"
    return "BIGINT" if kind is int else "VARCHAR"


def _holds(name: str, kind: Any) -> str:  # noqa: ANN401  # likewise
    """Nothing absent, whole numbers as such, hashes in small letters, words of the list."""
    if kind == Hash:
        return f"length({name}) = 48 and lower({name}) = {name}"
    if kind is int:
        return f"{name}::bigint::varchar = {name}"
    words = get_args(kind)
    return f"{name} in ({', '.join(map(quoted, words))})" if words else f"{name} is not null"


def _lines(came: Path) -> int:
    """Rows that the file must have: each line is one, but for a header."""
    count, last = 0, b"\n"
    with came.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            count, last = count + chunk.count(b"\n"), chunk
    return count + (not last.endswith(b"\n")) - (came.suffix == ".csv")
