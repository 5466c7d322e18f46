"""What every intent of a run asks of the system: a table that the scenario declares.

The generator writes it as CSV before the load begins (load/asked.csv), one row an intent in the
order of intents; at the end of the run it becomes load/asked.parquet and is sealed. Without it the
answers and records of a run could only be compared with each other, not with what was asked.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Literal, Protocol

ASKED: Final = "asked"
ColumnType = Literal["text", "integer"]
Row = tuple[str | int, ...]


class Asks(Protocol):
    """A scenario's declaration. The first column is the intent's key."""

    @property
    def columns(self) -> Mapping[str, ColumnType]:
        """The names and types of the columns, in the order of a row's values."""

    def row(self, seed: int, intent: int, key: str) -> Row:
        """What that intent asks: the same for the same arguments on every machine."""


def write_asked(path: Path, asks: Asks, seed: int, keys: Iterable[str]) -> None:
    """Write the row of every intent; `keys` has their keys in order. Raises OSError."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        out.write(",".join(asks.columns) + "\n")
        writer.writerows(asks.row(seed, intent, key) for intent, key in enumerate(keys))
