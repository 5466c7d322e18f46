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


def write_ready(folder: RunFolder, arrivals: int, workers: int = 1) -> None:
    """As the load workers tell it; worker 0 also tells the columns."""
    names = ("pay", "ask")
    for worker in range(workers):
        share = len(range(worker, arrivals, workers))
        asked = {} if worker else COLUMNS
        ready = LoadReady(worker=worker, pid=1, arrivals=share, names=names, asked=asked)
        write_json(folder.ready(worker), ready)
