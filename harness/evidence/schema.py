"""The columns of a declared table: their SQL types, and how strictly a value must be written.

A source hands rows out as NDJSON (one object per line; further members are ignored) or as CSV (a
header line with the names; quotes and commas as in RFC 4180, but never a line break in a value).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from harness.evidence.declared import Table

TYPES: Final = ("text", "integer", "decimal", "boolean", "hex<bytes>")
_TYPE: Final = re.compile(r"(text|integer|decimal|boolean|hex([1-9][0-9]{0,3}))(\?)?")
_SQL: Final = {"text": "VARCHAR", "integer": "BIGINT", "decimal": "DECIMAL(38,9)"}
_SQL_OTHER: Final = {"boolean": "BOOLEAN", "hex": "BLOB", "words": "VARCHAR"}
DECIMAL: Final = r"-?(0|[1-9][0-9]{0,28})(\.[0-9]{1,9})?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `words` are the only values of kind `words`; `size` is the bytes of `hex`."""

    name: str
    kind: Literal["text", "integer", "decimal", "boolean", "hex", "words"]
    nullable: bool = False
    words: tuple[str, ...] = ()
    size: int = 0

    @property
    def sql_type(self) -> str:
        """The type of the stored column."""
        return {**_SQL, **_SQL_OTHER}[self.kind]

    @property
    def stored(self) -> str:
        """SQL that makes the stored value of the fetched text."""
        if self.kind == "hex":
            return f"unhex({quoted_name(self.name)})"
        return f"{quoted_name(self.name)}::{self.sql_type}"

    @property
    def holds(self) -> str:
        """SQL that is true if the fetched text is a value of this column, written as it must be."""
        name = quoted_name(self.name)
        rules = {
            "text": f"{name} is not null",
            "integer": f"{name}::bigint::varchar = {name}",
            "decimal": f"regexp_full_match({name}, '{DECIMAL}')",
            "boolean": f"{name} in ('true', 'false')",
            "hex": f"length({name}) = {2 * self.size} and lower({name}) = {name}",
            "words": f"{name} in ({', '.join(map(quoted, self.words)) or 'null'})",
        }
        return f"({name} is null or {rules[self.kind]})" if self.nullable else rules[self.kind]


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def quoted_name(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def column_of(name: str, declared: str | Sequence[str]) -> Column | None:
    """The declared column; None if its type does not exist."""
    if not isinstance(declared, str):
        return Column(name=name, kind="words", words=tuple(declared))
    found = _TYPE.fullmatch(declared)
    if found is None:
        return None
    nullable = found[3] is not None
    if found[2]:
        return Column(name=name, kind="hex", size=int(found[2]), nullable=nullable)
    kind: Any = found[1]
    return Column(name=name, kind=kind, nullable=nullable)


def columns_of(table: Table) -> tuple[Column, ...]:
    """The columns of a table without problems, in the order of the file."""
    found = (column_of(name, declared) for name, declared in table.columns.items())
    return tuple(column for column in found if column is not None)


def record_type(columns: Sequence[Column]) -> type[msgspec.Struct]:
    """A record of one row, to name the first value that is not as declared."""
    fields = [_field(f"c{number}", column) for number, column in enumerate(columns)]
    names = {f"c{number}": column.name for number, column in enumerate(columns)}
    return msgspec.defstruct("Row", fields, rename=names, kw_only=True)


def _field(name: str, column: Column) -> tuple[str, Any] | tuple[str, Any, Any]:
    kinds: dict[str, Any] = {
        "text": str,
        "integer": int,
        "decimal": Decimal,
        "boolean": bool,
        "hex": Annotated[str, Meta(pattern=f"^[0-9a-f]{{{2 * column.size}}}$")],
        "words": Literal[column.words] if column.words else str,
    }
    kind = kinds[column.kind]
    return (name, kind | None, None) if column.nullable else (name, kind)
