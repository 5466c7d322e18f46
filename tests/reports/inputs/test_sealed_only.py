"""The judge reads only the files of the run's own seal, for any name of the folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.errors import StoredRunError
from harness.store import SCHEMA, RunFolder
from reports.inputs.stored import StoredRun, read_stored
from reports.verdict import judge as judging
from reports.verdict.judge import judge
from tests.support.runs_builder import sound_run

# The name of a run's folder, and a neighbour that a pattern reader would read as well.
PATTERNS = [
    ("a*b", "aXb", "ndjson"),
    ("a?b", "aXb", "csv"),
    ("a[xX]b", "aXb", "ndjson"),
    ("a[!y]b", "aXb", "csv"),
    ("a{x,X}b", "aXb", "ndjson"),
    ("**", "deeper", "csv"),
    ("a\\*b", "a*b", "ndjson"),
    ("a%b", "aXb", "csv"),
    ("it's", "its", "ndjson"),
    ('"a"', "a", "csv"),
    ("a\nb", "a", "ndjson"),
    ("-a", "a", "csv"),
    ("Zürich-\U0001f4b8", "Zurich", "ndjson"),
    ("$HOME", "a", "csv"),
    ("~", "a", "ndjson"),
    ("s3:__a", "a", "csv"),
]


@pytest.mark.parametrize(("name", "neighbour", "form"), PATTERNS)
def test_a_run_is_judged_alone_whatever_its_folder_is_called(
    name: str, neighbour: str, form: str, tmp_path: Path
) -> None:
    """The neighbour is there when the run's evidence is stored and when it is judged."""
    run = sound_run()
    run.form = form
    run.write(tmp_path / neighbour / "run")
    for source in ("ledger_entries", "bank_charges"):  # what a pattern would find at store time
        folder = RunFolder(tmp_path / neighbour / "run")
        shutil.copyfile(
            folder.evidence(source), folder.evidence(source).with_suffix(".parquet.part")
        )
    folder = run.write(tmp_path / name / "run")
    assert judge(folder).verdict == "PASS"
    latest = tmp_path / "latest"
    latest.symlink_to(folder.root)
    assert judge(RunFolder(latest)).verdict == "PASS"


def test_a_file_that_is_replaced_after_it_was_checked_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = sound_run(rate=20), sound_run(rate=20)
    bad.books.charges.append(bad.books.charges[5])
    folder, other = good.write(tmp_path / "good"), bad.write(tmp_path / "bad")

    def replace_then_read(of: RunFolder) -> StoredRun:
        shutil.copyfile(other.evidence("bank_charges"), of.evidence("bank_charges"))
        return read_stored(of)

    monkeypatch.setattr(judging, "read_stored", replace_then_read)
    card = judge(folder)
    assert card.verdict == "INVALID"
    (reason,) = card.document.reasons
    assert reason.code == "data_damaged"
    assert reason.text == "Evidence/bank_charges.parquet was changed while the run was judged."


def test_a_file_that_the_seal_does_not_name_makes_a_run_invalid(tmp_path: Path) -> None:
    folder = sound_run(rate=20).write(tmp_path / "run")
    shutil.copyfile(folder.attempts(0), folder.attempts(7))
    card = judge(folder)
    assert card.verdict == "INVALID"
    assert [reason.code for reason in card.document.reasons] == ["data_damaged"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"schema": 2, "squall_version": "0.0.9"}', "has schema 2.*judge it with squall 0.0.9"),
        ('{"schema": 99}', "has schema 99"),
        ('{"name": "shop", "version": "1"}', "names no schema.*not a run of Squall"),
        ('{"schema": "four"}', "names no schema"),
    ],
)
def test_an_old_or_foreign_folder_is_refused_with_its_schema(
    text: str, says: str, tmp_path: Path
) -> None:
    folder = sound_run(rate=20).write(tmp_path / "run")
    folder.manifest.write_text(text)
    with pytest.raises(StoredRunError, match=says) as told:
        judge(folder)
    assert f"this version reads schema {SCHEMA}" in str(told.value)
