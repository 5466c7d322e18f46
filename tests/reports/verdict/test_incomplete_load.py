"""Intents whose records died with their load worker are no findings."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from harness.store import LoadDone, read_json, write_json
from reports.verdict.judge import judge
from tests.support.runs_builder import sound_run


def test_a_payment_whose_record_died_with_its_worker_is_not_a_finding(tmp_path: Path) -> None:
    """It is booked, so it was sent, though no attempt of it is recorded."""
    run = sound_run()
    run.workers = 2
    run.attempts.pop(-1 - len(run.attempts) % 2)  # of worker 1
    folder = run.write(tmp_path / "run")
    done = read_json(folder.done(1), LoadDone)
    died = "it died: 1 arrival is not recorded"
    write_json(folder.done(1), structs.replace(done, died=died))
    folder.seal()
    card = judge(folder)
    assert (card.verdict, card.reasons[0].code) == ("INVALID", "data_missing")
    assert card.reasons[0].text == f"Load worker 1 did not come to its end: {died}."
    assert card.document.intents.unstarted == 1
    assert card.document.checks["payments"].violations == ()
