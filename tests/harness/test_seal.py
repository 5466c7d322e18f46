"""The seal names every file of a run; a file that it does not name is damage."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import StoredRunError
from harness.store import RunFolder

DIGEST = "0" * 64


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    run = RunFolder(tmp_path / "run")
    run.create()
    run.timeline.write_text("{}\n")
    run.log("ledger-1").write_text("started\n")
    run.seal()
    return run


def add_to_seal(folder: RunFolder, name: str) -> None:
    sealed = json.loads(folder.seal_file.read_bytes())
    folder.seal_file.write_text(json.dumps({**sealed, name: {"bytes": 0, "sha256": DIGEST}}))


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def make_folder_link(path: Path) -> None:
    path.symlink_to("/etc")


def make_file(path: Path) -> None:
    path.write_text("")


@pytest.mark.parametrize("place", ["notes.txt", "logs/ledger-1.log.1", "load/verdict.json", ".x"])
@pytest.mark.parametrize("make", [make_file, make_fifo, make_link, make_folder_link])
def test_what_the_seal_does_not_name_is_damage(
    folder: RunFolder, place: str, make: Callable[[Path], None]
) -> None:
    make(folder.root / place)
    (said,) = folder.check_seal().damage
    assert said.startswith(f"{place} is a ")
    assert said.endswith("that the seal does not name")


@pytest.mark.parametrize("make", [make_fifo, make_link])
def test_a_sealed_file_that_is_no_longer_a_file_is_damage(
    folder: RunFolder, make: Callable[[Path], None]
) -> None:
    folder.timeline.unlink()
    make(folder.timeline)
    assert "timeline.ndjson is missing" in folder.check_seal().damage


def test_a_link_to_the_same_bytes_is_not_the_file(folder: RunFolder, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    folder.timeline.rename(moved)
    folder.timeline.symlink_to(moved)
    assert "timeline.ndjson is missing" in folder.check_seal().damage


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "/etc/hostname",
        "logs/../timeline.ndjson",
        "./timeline.ndjson",
        "a\0b",
        "",
        ".",
    ],
)
def test_a_seal_that_names_a_file_outside_the_run_is_damage(folder: RunFolder, name: str) -> None:
    (folder.root.parent / "outside").write_text("")
    add_to_seal(folder, name)
    (said,) = folder.check_seal().damage
    assert said == f"the seal names {name!r}, which cannot be a file of this run"


def test_a_seal_with_very_many_and_very_long_names_is_told_in_few_words(folder: RunFolder) -> None:
    sealed = {f"{number}{'n' * 5000}": {"bytes": 0, "sha256": DIGEST} for number in range(300)}
    folder.seal_file.write_text(json.dumps(sealed))
    said = folder.check_seal().damage
    assert len(said) == 21
    assert max(map(len, said)) < 300
    assert said[-1].startswith("28")


@pytest.mark.parametrize("make", [make_fifo, make_file, Path.mkdir])
def test_a_seal_that_is_no_seal_is_refused(folder: RunFolder, make: Callable[[Path], None]) -> None:
    folder.seal_file.unlink()
    make(folder.seal_file)
    with pytest.raises(StoredRunError, match=r"seal\.json: unreadable"):
        folder.check_seal()


def test_sealing_does_not_wait_for_a_fifo(folder: RunFolder) -> None:
    os.mkfifo(folder.root / "pipe")
    folder.seal()
    assert folder.check_seal().damage == ("pipe is a special file that the seal does not name",)


def test_a_name_that_is_not_unicode_is_damage(folder: RunFolder) -> None:
    Path(os.fsdecode(os.fsencode(folder.root) + b"/\xff")).write_text("")
    folder.seal()
    assert folder.check_seal().damage == ("\udcff is a file that the seal does not name",)


def rewrite(path: Path) -> None:
    path.write_bytes(path.read_bytes())


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def swap_its_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("aside"))
    path.parent.mkdir()
    (path.parent / path.name).write_text("started\n")


@pytest.mark.parametrize("change", [rewrite, replace, Path.unlink, swap_its_folder])
def test_what_is_changed_after_the_check_shows(
    folder: RunFolder, change: Callable[[Path], None]
) -> None:
    check = folder.check_seal()
    assert check.changed() == ()
    change(folder.log("ledger-1"))
    assert any("was changed while the run was judged" in text for text in check.changed())


def test_a_verdict_that_is_written_meanwhile_is_not_a_change(folder: RunFolder) -> None:
    check = folder.check_seal()
    folder.verdict.write_text("{}")
    folder.report.write_text("<html>")
    assert check.changed() == ()
    assert folder.check_seal().damage == ()


def test_a_run_that_is_reached_by_a_link_is_whole(folder: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(folder.root)
    assert RunFolder(tmp_path / "latest").check_seal().damage == ()
