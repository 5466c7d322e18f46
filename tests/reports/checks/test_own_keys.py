"""Intents that set their own key, and scenarios that do not declare what their intents ask."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from harness.evidence.tables import store_keys
from harness.store import LoadReady, RunFolder, read_json, write_json
from reports.verdict.judge import judge
from tests.support.runs_builder import RunsBuilder, sound_run


@pytest.fixture
def own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every intent of a built run is sent under a key of its own."""
    monkeypatch.setattr(RunsBuilder, "key", lambda _run, intent: f"order {intent:05d}")


def undeclared(run: RunsBuilder, root: Path) -> RunFolder:
    """Stored as of a scenario without `asks`."""
    folder = run.write(root)
    ready = read_json(folder.ready(0), LoadReady)
    write_json(folder.ready(0), msgspec.structs.replace(ready, asked={}))
    folder.asked.unlink()
    folder.seal()
    return folder


def with_keys(run: RunsBuilder, root: Path, text: str = "") -> RunFolder:
    """The same with load/keys.ndjson as the generator writes it; `text` at its end."""
    folder = undeclared(run, root)
    rows = [{"intent": n, "key": run.key(n)} for n in range(len(run.due_us))]
    folder.keys_rows.write_bytes(msgspec.json.Encoder().encode_lines(rows) + text.encode())
    store_keys(folder)
    folder.seal()
    return folder


def test_without_what_was_asked_the_records_are_compared_with_each_other(tmp_path: Path) -> None:
    card = judge(undeclared(sound_run(), tmp_path / "sound"))
    assert (card.verdict, card.document.records) == ("PASS", "checked")
    assert [remark.code for remark in card.document.remarks] == ["asked_not_declared"]
    run = sound_run()
    run.book(17)
    charge = run.books.charges[30]
    run.books.charges[30] = msgspec.structs.replace(charge, amount_minor=charge.amount_minor + 1)
    card = judge(undeclared(run, tmp_path / "wrong"))
    assert {"doubled", "amounts_differ"} <= {reason.code for reason in card.reasons}


@pytest.mark.usefixtures("own_keys")
def test_records_are_found_by_the_keys_that_intents_set(tmp_path: Path) -> None:
    assert judge(with_keys(sound_run(), tmp_path / "sound")).verdict == "PASS"
    run = sound_run()
    run.book(17)
    card = judge(with_keys(run, tmp_path / "wrong"))
    found = card.document.checks["payments"].violations[0]
    assert (card.verdict, found.kind, found.examples) == ("FAIL", "doubled", ("order 00017",))


@pytest.mark.usefixtures("own_keys")
def test_keys_that_were_set_but_not_stored_never_call_a_payment_lost(tmp_path: Path) -> None:
    card = judge(undeclared(sound_run(), tmp_path / "none"))
    assert (card.verdict, card.reasons[0].code) == ("INVALID", "keys_not_joined")
    card = judge(with_keys(sound_run(), tmp_path / "torn", text='{"intent": 7, "k'))
    assert card.verdict == "INVALID"
    assert "keys.ndjson" in card.reasons[0].text
