"""A file is read or written whole; a FIFO, a link and a half-written file never take its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.files.whole_file import read_whole, write_whole


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a*b"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert read_whole(path) == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="is not a regular file"):
        read_whole(tmp_path / "pipe")


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(OSError, match="more than"):
        read_whole(tmp_path / "large")


def test_a_link_in_the_way_is_replaced_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    for name in ("verdict.json", "verdict.json.part"):
        (tmp_path / name).symlink_to(victim)
    write_whole(tmp_path / "verdict.json", b"{}")
    assert victim.read_text() == "untouched"
    assert not (tmp_path / "verdict.json").is_symlink()


def test_nothing_is_left_when_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "verdict.json").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "verdict.json", b"{}")
    assert [path.name for path in tmp_path.iterdir()] == ["verdict.json"]
