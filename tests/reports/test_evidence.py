"""Evidence is read as strictly as its records are typed; what is wrong with it is told by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.store import RunFolder
from reports.evidence import CHARGES, ENTRIES, PAYMENTS, Evidence, read_evidence

GOOD = (
    '{"charge_id":"c1","key":"p1","reference":"7f3a-1","amount_minor":12,"currency":"EUR",'
    '"status":"charged"}\n'
)


def charges(text: str, tmp_path: Path) -> Evidence:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    folder.evidence(CHARGES).write_text(text, encoding="utf-8")
    return read_evidence(folder, (CHARGES,), "7f3a")


def test_rows_become_a_table(tmp_path: Path) -> None:
    found = charges(GOOD + GOOD.replace("12", "-13").replace("7f3a-1", "7f3a-01"), tmp_path)
    assert found.found == {CHARGES}
    rows = found.ask("select intent, amount_minor from bank_charges where intent is not null")
    assert (rows["intent"].tolist(), rows["amount_minor"].tolist()) == ([1], [12])


def test_no_rows_are_evidence_too(tmp_path: Path) -> None:
    found = charges("", tmp_path)
    assert found.found == {CHARGES}
    assert found.ask("select count(*) as rows from bank_charges")["rows"].tolist() == [0]


@pytest.mark.parametrize(
    ("was", "becomes", "why"),
    [
        ('"amount_minor":12,', "", "missing required field `amount_minor`"),
        (":12,", ":12.7,", "Expected `int`, got `float`"),
        (":12,", ":true,", "Expected `int`, got `bool`"),
        (":12,", ":null,", "Expected `int`, got `null`"),
        ('"charged"', '"burnt"', "Invalid enum value 'burnt'"),
        ('"EUR"', "null", "Expected `str`, got `null`"),
        ('"charged"}\n', "", "truncated"),
        ("{", "[{", "Expected `object`, got `array`"),
    ],
)
def test_a_row_that_is_not_as_agreed_is_named(
    was: str, becomes: str, why: str, tmp_path: Path
) -> None:
    found = charges(GOOD + GOOD.replace(was, becomes), tmp_path)
    assert found.found == set()
    (told,) = [text for text in found.missing if CHARGES in text]
    assert told.startswith("evidence bank_charges cannot be read: ")
    assert why in told


def test_a_number_that_no_account_can_hold_is_refused(tmp_path: Path) -> None:
    found = charges(GOOD.replace(":12,", f":{10**30},"), tmp_path)
    assert found.found == set()
    assert "evidence bank_charges cannot be read" in found.missing[1]


def test_what_was_not_fetched_is_told_in_the_order_of_the_sources(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    found = read_evidence(folder, (PAYMENTS, "shop", ENTRIES), "7f3a")
    assert found.missing == (
        "evidence shop was not fetched",
        "evidence ledger_entries was not fetched",
        "evidence payments was not fetched",
    )
