"""A sealed run shows every later change; a cut one says that it is cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import StoredRunError
from harness.store import LoadGo, RunFolder, read_json, write_json


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    run = RunFolder(tmp_path / "run")
    run.create()
    run.timeline.write_text("{}\n")
    run.attempts(0).write_bytes(b"x" * 48)
    write_json(run.go, LoadGo(t0_mono_ns=7))
    run.seal()
    return run


def test_an_untouched_run_is_whole(folder: RunFolder) -> None:
    assert folder.check_seal().damage == ()


def test_judging_does_not_break_the_seal(folder: RunFolder) -> None:
    folder.verdict.write_text("{}")
    folder.report.write_text("<html>")
    assert folder.check_seal().damage == ()


def test_a_missing_a_cut_and_a_changed_file_are_named(folder: RunFolder) -> None:
    folder.timeline.unlink()
    folder.attempts(0).write_bytes(b"x" * 24)
    folder.go.write_text(folder.go.read_text().replace("7", "8"))
    said = " / ".join(folder.check_seal().damage)
    assert "timeline.ndjson is missing" in said
    assert "load/attempts-0.bin has 24 bytes, not 48" in said
    assert "load/go.json was changed" in said


def test_a_run_without_a_seal_is_unreadable(folder: RunFolder) -> None:
    folder.seal_file.unlink()
    with pytest.raises(StoredRunError, match=r"seal\.json: missing"):
        folder.check_seal()


def test_a_wrong_json_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "go.json").write_text('{"t0_mono_ns": "soon"}')
    with pytest.raises(StoredRunError, match=r"go\.json: unreadable"):
        read_json(tmp_path / "go.json", LoadGo)


def test_a_run_folder_is_made_once(folder: RunFolder) -> None:
    with pytest.raises(FileExistsError):
        folder.create()
