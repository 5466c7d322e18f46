"""What the payers of a built run ask, as a scenario declares it."""

from __future__ import annotations

from typing import NamedTuple

from harness.load.asked import ColumnType
from harness.store import LoadReady, RunFolder, write_json


class Asks(NamedTuple):
    """A row of the table of what the intents ask."""

    key: str
    payer: str
    payee: str
    amount_minor: int
    currency: str = "EUR"


COLUMNS: dict[str, ColumnType] = {
    "key": "text",
    "payer": "text",
    "payee": "text",
    "amount_minor": "integer",
    "currency": "text",
}


def write_ready(folder: RunFolder, arrivals: int) -> None:
    """As load worker 0 tells it."""
    names = ("pay", "ask")
    ready = LoadReady(worker=0, pid=1, arrivals=arrivals, names=names, asked=COLUMNS)
    write_json(folder.ready(0), ready)
