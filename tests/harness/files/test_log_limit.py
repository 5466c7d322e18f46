"""Logs are bounded: the middle goes, the beginning, the end and every new line stay."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.files import log_limit
from harness.files.log_limit import close_gaps, cut_middle
from harness.targets.local.logs import LogFollower


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of 100,000 numbered lines, under limits of some blocks."""
    monkeypatch.setattr(log_limit, "HEAD_BYTES", 8192)
    monkeypatch.setattr(log_limit, "TAIL_BYTES", 65_536)
    monkeypatch.setattr(log_limit, "STEP_BYTES", 16_384)
    path = tmp_path / "bank.log"
    path.write_text("".join(f"line {n}\n" for n in range(100_000)))
    return path


def room_bytes(path: Path) -> int:
    return path.stat().st_blocks * 512


def test_a_long_log_takes_bounded_room_while_it_grows(log: Path) -> None:
    with log.open("ab", buffering=0) as writer:
        for n in range(20):
            writer.write(f"more {n}\n".encode() * 10_000)
            cut_middle(log)
            assert room_bytes(log) <= 8192 + 65_536 + 16_384 + 3 * 4096
        writer.write(b"the last line\n")
    close_gaps(log.parent)
    lines = log.read_bytes().splitlines()
    assert lines[0] == b"line 0"
    assert lines[-1] == b"the last line"
    (note,) = [line for line in lines if line.startswith(b"[squall]")]
    assert b"bytes are missing here" in note
    assert b"\0" not in log.read_bytes()
    assert log.stat().st_size < 120_000


def test_what_was_cut_is_counted_to_the_byte(log: Path) -> None:
    before = log.read_bytes()
    assert cut_middle(log)
    close_gaps(log.parent)
    head, _, rest = log.read_bytes().partition(b"\n[squall] this log was cut: ")
    cut, _, tail = rest.partition(b" bytes")
    tail = tail.partition(b"\n")[2]
    assert before == head + before[len(head) : len(head) + int(cut)] + tail


def test_a_short_log_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mesh.log"
    path.write_text("short\n")
    assert not cut_middle(path)
    close_gaps(tmp_path)
    assert path.read_text() == "short\n"


def test_a_reader_misses_no_line_when_the_log_is_cut(log: Path) -> None:
    follower = LogFollower(log)
    try:
        while follower.take():
            pass
        cut_middle(log)
        with log.open("ab") as writer:
            writer.write(b"after the cut\n")
        assert follower.take() == b"after the cut\n"
    finally:
        follower.close()


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["a FIFO", "a folder"])
def test_what_is_no_log_is_passed_over(tmp_path: Path, make: object) -> None:
    make(tmp_path / "x.log")  # type: ignore[operator]  # both take a path
    (tmp_path / "y.log").symlink_to("/etc/passwd")
    assert not any(cut_middle(path) for path in tmp_path.iterdir())
    close_gaps(tmp_path)
