"""What a death leaves on disk is removed, and nothing that is not the run's."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from harness.errors import RefusedError
from harness.safety.remains import (
    MARK_FILE,
    data_of,
    make_data_folder,
    remove_remains,
    remove_sockets,
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that broke off: data, logs, a half-written file."""
    data = make_data_folder(tmp_path, "mark")
    (data / "postgres").mkdir()
    (data / "postgres" / "base").write_bytes(bytes(100_000))
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "bank.log").write_text("kept")
    (tmp_path / "load").mkdir()
    (tmp_path / "load" / "go.json.part").write_text("{")
    (tmp_path / "load" / "attempts-0.bin").write_text("kept")
    return tmp_path


def test_data_and_half_written_files_go_and_the_story_stays(run: Path) -> None:
    assert remove_remains(run, "mark") >= 100_000
    left = sorted(str(p.relative_to(run)) for p in run.rglob("*") if p.is_file())
    assert left == ["load/attempts-0.bin", "logs/bank.log"]
    assert remove_remains(run, "mark") == 0


def test_a_folder_without_the_mark_is_left_alone(run: Path) -> None:
    remove_remains(run, "another")
    assert (run / "data" / "postgres" / "base").exists()
    assert data_of(run, "") is None


def test_a_folder_of_a_user_that_is_called_data_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis").write_text("precious")
    remove_remains(tmp_path, "mark")
    assert (tmp_path / "data" / "thesis").exists()


def test_a_link_to_data_is_not_followed(run: Path, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "data").symlink_to(run / "data")
    remove_remains(tmp_path / "broken", "mark")
    assert (run / "data" / "postgres" / "base").exists()


def test_a_link_among_the_data_is_not_followed(run: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (run / "data" / "out").symlink_to(tmp_path / "precious")
    remove_remains(run, "mark")
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_mark_that_is_a_fifo_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    os.mkfifo(tmp_path / "data" / MARK_FILE)
    with pytest.raises(RefusedError, match="not a regular file"):
        data_of(tmp_path, "mark")


def test_a_death_while_the_folder_was_made_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "data.part").mkdir()
    (tmp_path / "data.part" / MARK_FILE).write_text("ma")
    remove_remains(tmp_path, "mark")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("removed", [0, 1, 2])
def test_a_death_while_the_data_was_removed_changes_nothing(run: Path, removed: int) -> None:
    (run / "data" / "bank").mkdir()
    paths = [*(p for p in (run / "data").iterdir() if p.is_dir()), run / "data" / MARK_FILE]
    for path in paths[: removed + 1]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    remove_remains(run, "mark")
    assert not (run / "data").exists()


def test_sockets_of_a_system_that_has_ended_are_removed(tmp_path: Path) -> None:
    for name in (
        "target.sock",
        "mesh.sock",
        ".s.PGSQL.20000",
        ".s.PGSQL.20000.lock",
        "undo.ndjson",
    ):
        (tmp_path / name).touch()
    remove_sockets(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["undo.ndjson"]
