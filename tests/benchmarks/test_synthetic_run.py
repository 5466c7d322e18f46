"""A synthetic run passes, so that benchmarks measure the usual work of the judge."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from benchmarks.judge_process import judged
from benchmarks.synthetic_books import SyntheticAsked, write_evidence
from benchmarks.synthetic_run import PREFIX, write_run
from harness.store import RunFolder
from reports.checks.payments.reference_tables import ACCOUNTS, CHARGES, ENTRIES, PAYMENTS
from reports.inputs.attempts import RECORD
from reports.verdict.judge import judge
from tests.support.plain_integrity import found_by, plain_check
from tests.support.plain_payments import Found, Rows
from tests.support.reference_rows import Account, Charge, Entry, Payment
from tests.support.runs_asked import Asks

T = TypeVar("T")

ATTEMPTS = 70_000  # the shortest whose recovery phase is longer than the hold


def test_a_run_with_evidence_passes_and_its_books_are_whole(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", ATTEMPTS, evidence=True)
    card = judge(folder)
    assert (card.verdict, [reason.code for reason in card.reasons]) == ("PASS", ["passed"])
    assert card.document.intents.attempts == ATTEMPTS
    assert card.document.recovery.stable_recovery_s is not None
    assert card.document.recovery.stable_recovery_s > 1
    assert found_by(card) == _by_definition(folder, tmp_path) == {}
    found = judged("integrity", folder)
    assert (found.verdict, found.wrong) == ("whole", 0)


def _by_definition(folder: RunFolder, tmp_path: Path) -> Found:
    """From the rows as they were written, before they became tables."""
    due = np.fromfile(folder.schedule, "<u4").astype(np.int64)
    raw = b"".join(path.read_bytes() for path in folder.all_attempts())
    write_evidence(tmp_path, PREFIX, len(due))
    asks = SyntheticAsked()
    keys = [f"{PREFIX}-{intent}" for intent in range(len(due))]
    rows = Rows(
        asked=tuple(Asks(*asks.row(0, i, key)) for i, key in enumerate(keys)),  # type: ignore[arg-type]  # as declared
        entries=_lines(tmp_path / f"{ENTRIES}.ndjson", Entry),
        accounts=_lines(tmp_path / f"{ACCOUNTS}.ndjson", Account),
        charges=_lines(tmp_path / f"{CHARGES}.ndjson", Charge),
        payments=_lines(tmp_path / f"{PAYMENTS}.ndjson", Payment),
    )
    return plain_check(due, np.frombuffer(raw, RECORD), rows)


def _lines(path: Path, kind: type[T]) -> tuple[T, ...]:
    return tuple(msgspec.json.Decoder(kind).decode_lines(path.read_bytes()))


def test_a_run_without_evidence_is_measured_all_the_same(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", ATTEMPTS, evidence=False)
    card = judge(folder)
    assert (card.verdict, card.document.records) == ("PASS", "not checked")
    assert card.document.recovery.stable_recovery_s is not None
    found = judged("report", folder)
    assert found.page_kb > 10
    assert found.peak_mb > 10
    assert folder.report.is_file()
