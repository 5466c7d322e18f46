"""What is stored is what was fetched, row by row; what does not fit stays as it came."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import pytest

from harness.evidence.tables import store_evidence, table_of
from harness.store import RunFolder
from reports.checks.payments.reference_tables import ACCOUNTS, CHARGES
from tests.support.reference_rows import TABLES

HEAD = "account,currency,balance_minor,sequence,hash\n"
HASH = "0f" * 24
ROWS = [
    ("a", "EUR", -5, 1, HASH),
    ("", "EUR", 2**63 - 1, 2, HASH),
    ('of "x", ltd', "EUR", 0, 3, "00" * 24),
    ("Zürich|1", "", -(2**63), 0, HASH),
]
GOOD = f'"a","EUR",-5,1,{HASH}\n'


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "it's a run")
    made.create()
    return made


def fetched(folder: RunFolder, text: str, form: str = "csv") -> bool:
    """Whether it could be stored; in that case nothing else is left, else it is as it came."""
    came = folder.evidence_folder / f"{ACCOUNTS}.{form}"
    came.write_text(text, encoding="utf-8", newline="")
    left = store_evidence(folder, tuple(TABLES.values()))
    if left:
        assert left == (ACCOUNTS,)
        assert came.read_text(encoding="utf-8") == text.replace("\r\n", "\n")
    rest = [came] if left else [folder.evidence(ACCOUNTS)]
    assert list(folder.evidence_folder.iterdir()) == rest
    return not left


def stored(folder: RunFolder) -> list[tuple[object, ...]]:
    with duckdb.connect(":memory:") as tables:
        return tables.execute(f"from {table_of(folder.evidence(ACCOUNTS))}").fetchall()


@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_csv_is_stored_row_by_row_whatever_the_order_of_its_columns(
    folder: RunFolder, line: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator=line)
    text.write(f"hash,account,extra,sequence,balance_minor,currency{line}")
    writer.writerows((h, account, "x", n, balance, eur) for account, eur, balance, n, h in ROWS)
    assert fetched(folder, text.getvalue())
    assert stored(folder) == [(*row[:4], bytes.fromhex(row[4])) for row in ROWS]


def test_ndjson_is_stored_row_by_row(folder: RunFolder) -> None:
    lines = (
        f'{{"hash": "{HASH}", "account": "{name}", "more": [1, {{"x": 2}}], "sequence": {n},'
        f'"balance_minor": {-n}, "currency": "EUR"}}'
        for n, name in enumerate(("a", "", "\\u00fc\\n", "|"))
    )
    assert fetched(folder, "\n".join(lines), "ndjson")
    want = [
        (name, "EUR", -n, n, bytes.fromhex(HASH)) for n, name in enumerate(("a", "", "ü\n", "|"))
    ]
    assert stored(folder) == want


def test_no_rows_are_a_table_too(folder: RunFolder) -> None:
    assert fetched(folder, HEAD)
    assert stored(folder) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEAD.rstrip("\n"),
        HEAD + GOOD + GOOD.rstrip("\n"),
        HEAD.replace("hash", "hush") + GOOD,
        HEAD.replace("currency", "hash") + GOOD,
        HEAD + GOOD.replace("-5", "-5.0"),
        HEAD + GOOD.replace("-5", "+5"),
        HEAD + GOOD.replace("-5", "05"),
        HEAD + GOOD.replace("-5", " 5"),
        HEAD + GOOD.replace("-5", "true"),
        HEAD + GOOD.replace("-5", ""),
        HEAD + GOOD.replace("-5", str(2**63)),
        HEAD + GOOD.replace('"EUR"', ""),
        HEAD + GOOD.replace("0f", "0F"),
        HEAD + GOOD.replace("0f", "0g"),
        HEAD + GOOD.replace(HASH, HASH[:-2]),
        HEAD + GOOD.replace('"a"', '"a\nb"'),
        HEAD + GOOD.replace('"a"', '"a"b'),
        HEAD + GOOD.replace('"a"', '"a'),
        HEAD + GOOD.replace("1,", ""),
        HEAD + GOOD.replace("1,", "1,1,"),
        HEAD + GOOD + "\n" + GOOD,
    ],
)
def test_csv_that_does_not_fit_stays_as_it_came(folder: RunFolder, text: str) -> None:
    assert not fetched(folder, text)


def test_a_source_that_the_judge_does_not_know_stays_as_it_came(folder: RunFolder) -> None:
    came = folder.evidence_folder / "shop.ndjson"
    came.write_text('{"a":1}\n')
    assert store_evidence(folder, tuple(TABLES.values())) == ()
    assert came.read_text() == '{"a":1}\n'
    assert folder.fetched("shop") == came
    assert folder.fetched(CHARGES) is None
