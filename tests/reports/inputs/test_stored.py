"""Files that were deleted, cut, changed or never written never make a pass."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import jsonschema
import pytest
from msgspec import structs

from harness.errors import StoredRunError
from harness.evidence.tables import table_of
from harness.store import Manifest, RunFolder, read_json, write_json
from reports.inputs.stored import read_stored
from reports.render.stored_verdict import write
from reports.verdict.judge import judge
from reports.verdict.scorecard import Scorecard
from tests.support.runs_builder import sound_run

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/verdict.schema.json").read_text())


def codes(card: Scorecard) -> list[str]:
    return [reason.code for reason in card.reasons]


FILES = (
    "experiment.yaml",
    "system.yaml",
    "timeline.ndjson",
    "run.json",
    "load/plan.json",
    "load/schedule.bin",
    "load/attempts-0.bin",
    "load/done-0.json",
    "evidence/ledger_entries.parquet",
    "evidence/ledger_accounts.parquet",
    "evidence/bank_charges.parquet",
    "evidence/payments.parquet",
)


def verdict_or_refusal(folder: RunFolder) -> str:
    try:
        card = judge(folder)
    except StoredRunError:
        return "refused"
    write(folder, card)
    jsonschema.validate(json.loads(folder.verdict.read_bytes()), SCHEMA)
    return card.verdict


@pytest.mark.parametrize("sealed_after", [False, True], ids=["after the seal", "before the seal"])
@pytest.mark.parametrize("name", FILES)
def test_a_deleted_file_never_passes(name: str, sealed_after: bool, tmp_path: Path) -> None:
    folder = sound_run().write(tmp_path / "run")
    (folder.root / name).unlink()
    if sealed_after:
        folder.seal()
    assert verdict_or_refusal(folder) in ("INVALID", "refused")


@pytest.mark.parametrize("sealed_after", [False, True], ids=["after the seal", "before the seal"])
@pytest.mark.parametrize("name", FILES)
def test_a_cut_file_never_passes(name: str, sealed_after: bool, tmp_path: Path) -> None:
    folder = sound_run().write(tmp_path / "run")
    path = folder.root / name
    path.write_bytes(path.read_bytes()[:-7])
    if sealed_after:
        folder.seal()
    assert verdict_or_refusal(folder) in ("INVALID", "refused")


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".parquet")])
def test_a_table_with_holes_never_passes_whatever_the_seal_says(name: str, tmp_path: Path) -> None:
    """Wherever the zeros are: in a page, in the list of pages or in both."""
    for place in range(4):
        folder = sound_run(rate=20).write(tmp_path / f"run{place}")
        path = folder.root / name
        raw = bytearray(path.read_bytes())
        at = len(raw) * place // 4 + 4
        raw[at : at + 40] = bytes(40)
        path.write_bytes(raw)
        folder.seal()
        assert verdict_or_refusal(folder) != "PASS"


@pytest.mark.parametrize("column", ["hash", "amount_minor", "account", "kind"])
def test_a_table_with_a_value_missing_never_passes_whatever_the_seal_says(
    column: str, tmp_path: Path
) -> None:
    folder = sound_run(rate=20).write(tmp_path / "run")
    path = folder.evidence("ledger_entries")
    with duckdb.connect(":memory:") as tables:
        tables.execute(f"create table t as from {table_of(path)}")
        tables.execute(f"update t set {column} = null where entry = 9")  # noqa: S608  # ours
        tables.execute(f"copy t to '{path}' (format parquet)")
    folder.seal()
    assert verdict_or_refusal(folder) != "PASS"


def test_a_run_of_another_squall_is_refused_in_words(tmp_path: Path) -> None:
    folder = sound_run().write(tmp_path / "run")
    manifest = read_json(folder.manifest, Manifest)
    write_json(folder.manifest, structs.replace(manifest, schema=1))
    folder.seal()
    said = r"run\.json: the run has schema 1, and this version reads schema 6"
    with pytest.raises(StoredRunError, match=said):
        judge(folder)


def test_a_changed_byte_is_seen(tmp_path: Path) -> None:
    folder = sound_run().write(tmp_path / "run")
    raw = bytearray(folder.attempts(0).read_bytes())
    raw[12] ^= 1
    folder.attempts(0).write_bytes(bytes(raw))
    card = judge(folder)
    assert (card.verdict, codes(card)) == ("INVALID", ["data_damaged"])
    assert "attempts-0.bin was changed" in card.reasons[0].text


def test_without_a_seal_it_is_no_run(tmp_path: Path) -> None:
    folder = sound_run().write(tmp_path / "run")
    folder.seal_file.unlink()
    with pytest.raises(StoredRunError, match=r"seal\.json"):
        judge(folder)


def test_a_torn_last_record_is_recognised(tmp_path: Path) -> None:
    folder = sound_run().write(tmp_path / "run")
    with folder.attempts(0).open("ab") as stream:
        stream.write(b"12345")
    folder.seal()
    card = judge(folder)
    assert (card.verdict, codes(card)) == ("INVALID", ["data_missing"])
    assert "in the middle of a record (5 bytes" in card.reasons[0].text


@pytest.mark.parametrize("begun", [b"", b"12345"], ids=["whole", "torn"])
def test_of_a_killed_generator_s_file_only_what_was_written_counts(
    begun: bytes, tmp_path: Path
) -> None:
    run = sound_run()
    folder = run.write(tmp_path / "run")
    with folder.attempts(0).open("ab") as stream:
        stream.write(begun + bytes(240 - len(begun)))
    folder.done(0).unlink()
    folder.seal()
    stored = read_stored(folder)
    assert len(stored.attempts) == len(run.attempts)
    torn = ["attempts-0.bin ends in the middle of a record (5 bytes of it)"] if begun else []
    assert list(stored.faulty) == [*torn, "load worker 0 did not come to its end"]
    assert (judge(folder).verdict, set(codes(judge(folder)))) == ("INVALID", {"data_missing"})


def test_a_missing_record_is_seen_by_the_generators_own_count(tmp_path: Path) -> None:
    folder = sound_run().write(tmp_path / "run")
    path = folder.attempts(0)
    path.write_bytes(path.read_bytes()[:-24])
    folder.seal()
    assert "data_missing" in codes(judge(folder))


def test_unreadable_evidence_is_named(tmp_path: Path) -> None:
    folder = sound_run().write(tmp_path / "run")
    folder.evidence("bank_charges").unlink()
    (folder.evidence_folder / "bank_charges.ndjson").write_text('{"charge_id": 1}\n')
    folder.seal()
    card = judge(folder)
    assert (card.verdict, codes(card)) == ("INVALID", ["evidence_missing"])
    assert "bank_charges cannot be read" in card.reasons[0].text


def test_an_experiment_that_asks_for_no_ledger_cannot_pass(tmp_path: Path) -> None:
    run = sound_run()
    wanted = "evidence: [ledger_entries, ledger_accounts, bank_charges, payments]"
    run.experiment = run.experiment.replace(wanted, "evidence: [bank_charges]")
    assert codes(judge(run.write(tmp_path / "run"))) == ["evidence_missing"]
