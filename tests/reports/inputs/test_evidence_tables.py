"""Evidence is read strictly by its declared types; an error names its row."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from harness.evidence.tables import store_evidence
from harness.store import RunFolder
from reports.checks.payments.reference_tables import CHARGES, ENTRIES, PAYMENTS
from reports.inputs.evidence_tables import Evidence, read_evidence
from tests.support.reference_rows import TABLES

# The charges, with a column that lists its words.
LISTED = structs.replace(
    TABLES[CHARGES], columns={**TABLES[CHARGES].columns, "status": ("charged", "declined")}
)
GOOD = (
    '{"charge_id":"c1","key":"p1","reference":"7f3a-1","amount_minor":12,"currency":"EUR",'
    '"status":"charged"}\n'
)


TABULAR = (
    "charge_id,key,reference,amount_minor,currency,status\n"
    'c1,p1,7f3a-1,12,EUR,charged\n"c,2",p1,7f3a-1,12,EUR,charged\n'
)


def charges(text: str, tmp_path: Path, form: str = "ndjson") -> Evidence:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    (folder.evidence_folder / f"{CHARGES}.{form}").write_text(text, encoding="utf-8")
    store_evidence(folder, (LISTED,))
    return read_evidence(folder, (LISTED,), "7f3a")


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


@pytest.mark.parametrize(
    ("was", "becomes", "why"),
    [
        ("amount_minor,", "", "(line 2)"),
        ('"c,2",p1,7f3a-1,12', '"c,2",p1,7f3a-1,12.7', "Expected `int`, got `str`"),
        ('"c,2",p1,7f3a-1,12', '"c,2",p1,7f3a-1,x', "`$.amount_minor` (line 3)"),
        ('"c,2",p1,7f3a-1,12', '"c,2",p1,7f3a-1,', "(line 3)"),
        ("charged\n", "burnt\n", "Invalid enum value 'burnt' - at `$.status` (line 2)"),
        ('"c,2"', '"c"2', "expected"),
        ("7f3a-1,12,EUR,charged\n", "7f3a-1,12,EUR,charged", "could not be stored as a table"),
    ],
)
def test_a_csv_row_that_is_not_as_agreed_is_named(
    was: str, becomes: str, why: str, tmp_path: Path
) -> None:
    assert charges(TABULAR, tmp_path / "sound", "csv").found == {CHARGES}
    parts = TABULAR.rpartition(was) if becomes.endswith("charged") else TABULAR.partition(was)
    found = charges(parts[0] + becomes + parts[2], tmp_path / "spoilt", "csv")
    assert found.found == set()
    (told,) = [text for text in found.missing if CHARGES in text]
    assert told.startswith("evidence bank_charges cannot be read: ")
    assert why in told


def test_evidence_that_was_never_stored_as_a_table_is_no_evidence(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    (folder.evidence_folder / f"{CHARGES}.ndjson").write_text(GOOD)
    assert read_evidence(folder, (TABLES[CHARGES],), "7f3a").missing[0] == (
        "evidence bank_charges cannot be read: it could not be stored as a table"
    )


def test_a_table_of_other_columns_is_no_evidence(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    (folder.evidence_folder / f"{CHARGES}.ndjson").write_text(GOOD)
    store_evidence(folder, tuple(TABLES.values()))
    folder.evidence(CHARGES).rename(folder.evidence(PAYMENTS))
    assert read_evidence(folder, (TABLES[PAYMENTS],), "7f3a").missing[0] == (
        "evidence payments cannot be read: it has other columns than declared"
    )


def test_a_number_that_no_account_can_hold_is_refused(tmp_path: Path) -> None:
    found = charges(GOOD.replace(":12,", f":{10**30},"), tmp_path)
    assert found.found == set()
    assert "evidence bank_charges cannot be read" in found.missing[0]


def test_what_was_not_fetched_is_told_in_the_order_of_the_sources(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    found = read_evidence(folder, (TABLES[PAYMENTS], TABLES[ENTRIES]), "7f3a")
    assert found.missing == (
        "evidence payments was not fetched",
        "evidence ledger_entries was not fetched",
    )
