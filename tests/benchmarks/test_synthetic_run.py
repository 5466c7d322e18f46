"""A synthetic run is a sound one, so that what is measured with it is the judge's usual work."""

from __future__ import annotations

from pathlib import Path

from benchmarks.judge_process import judged
from benchmarks.synthetic_run import write_run
from reports.judge import judge
from tests.support.plain_integrity import plain_integrity

ATTEMPTS = 70_000  # the shortest whose recovery phase is longer than the hold


def test_a_run_with_evidence_passes_and_its_books_are_whole(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", ATTEMPTS, evidence=True)
    card = judge(folder)
    assert (card.verdict, [reason.code for reason in card.reasons]) == ("PASS", ["passed"])
    assert card.document.integrity.attempts == ATTEMPTS
    assert card.document.recovery.stable_recovery_s is not None
    assert card.document.recovery.stable_recovery_s > 1
    assert card.picture is not None
    assert card.picture.integrity == plain_integrity(folder)
    found = judged("integrity", folder)
    assert (found.verdict, found.wrong) == ("whole", 0)


def test_a_run_without_evidence_is_measured_all_the_same(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", ATTEMPTS, evidence=False)
    card = judge(folder)
    assert [reason.code for reason in card.reasons] == ["evidence_missing"]
    assert card.document.recovery.stable_recovery_s is not None
    found = judged("report", folder)
    assert found.page_kb > 10
    assert found.peak_mb > 10
    assert folder.report.is_file()
