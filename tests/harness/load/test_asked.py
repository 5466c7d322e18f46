"""What the intents ask is stored with the run by the columns that the scenario declares."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import duckdb
import pytest

from harness.evidence.tables import store_asked, table_of
from harness.load.asked import Asks, ColumnType, write_asked
from harness.store import LoadReady, RunFolder, write_json
from scenarios.payment_payers import PaymentsAsked, payment_of


class Visits:
    """Another scenario's intents: nothing of payments in them."""

    columns: ClassVar[dict[str, ColumnType]] = {"key": "text", "page": "text", "items": "integer"}

    def row(self, seed: int, intent: int, key: str) -> tuple[str | int, ...]:
        return key, f'page "{intent}", or \N{SNOWMAN}' if intent else "", seed + intent


def folder_with(asks: Asks, tmp_path: Path, declared: dict[str, ColumnType]) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    write_asked(folder.asked_rows, asks, 7, [f"k-{intent}" for intent in range(3)])
    ready = LoadReady(worker=0, pid=1, arrivals=3, names=(), asked=declared)
    write_json(folder.ready(0), ready)
    return folder


def test_each_intent_has_a_row_in_the_order_of_intents(tmp_path: Path) -> None:
    folder = folder_with(Visits(), tmp_path, Visits.columns)
    assert store_asked(folder)
    assert not folder.asked_rows.exists()
    rows = duckdb.execute(f"select key, page, items from {table_of(folder.asked)}").fetchall()  # noqa: S608
    page = 'page "{}", or \N{SNOWMAN}'.format
    assert rows == [("k-0", "", 7), ("k-1", page(1), 8), ("k-2", page(2), 9)]


@pytest.mark.parametrize(
    "declared",
    [
        {"key": "text", "page": "integer", "items": "integer"},
        {"key": "text", "page": "text", "items": "integer", "more": "text"},
    ],
)
def test_a_table_that_is_not_as_declared_is_not_stored(
    declared: dict[str, ColumnType], tmp_path: Path
) -> None:
    folder = folder_with(Visits(), tmp_path, declared)
    assert not store_asked(folder)
    assert not folder.asked.exists()


def test_a_scenario_that_declares_nothing_stores_nothing(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    assert not store_asked(folder)


def test_a_payment_is_asked_as_the_payer_sends_it() -> None:
    row = dict(zip(PaymentsAsked.columns, PaymentsAsked().row(11, 5, "7f-5"), strict=True))
    it = payment_of(11, 5)
    assert row == {
        "key": "7f-5",
        "payer": it.payer,
        "payee": it.payee,
        "amount_minor": it.amount_minor,
        "currency": it.currency,
    }
