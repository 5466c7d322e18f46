"""Who reads along while a run is on takes records that are whole, each of them once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.load.records import RECORD_BYTES, Attempt, ErrorClass, Outcome, pack, whole_bytes
from harness.store import RunFolder
from harness.view.tail import Follower, RunFollower


def attempt(intent: int) -> Attempt:
    return Attempt(intent, 10, 20, 30, 40, 201, Outcome.OK, 0, ErrorClass.NONE, 1)


def put(path: Path, at: int, raw: bytes) -> None:
    with path.open("r+b") as stream:
        stream.seek(at)
        stream.write(raw)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "run")
    made.create()
    made.attempts(0).write_bytes(bytes(4 * RECORD_BYTES))
    return made


@pytest.mark.parametrize("packed_bytes", range(RECORD_BYTES))
def test_a_half_packed_record_is_left_until_it_is_whole(
    folder: RunFolder, packed_bytes: int
) -> None:
    first, second, follower = pack(attempt(1)), pack(attempt(2)), RunFollower(folder)
    put(folder.attempts(0), 0, first + second[:packed_bytes])
    assert list(follower.attempts()) == [attempt(1)]
    put(folder.attempts(0), RECORD_BYTES, second)
    assert list(follower.attempts()) == [attempt(2)]
    assert list(follower.attempts()) == []


@pytest.mark.parametrize("unseen_bytes", range(4, RECORD_BYTES, 4))
def test_a_record_that_is_packed_during_the_look_is_taken_as_it_is_in_the_end(
    folder: RunFolder, unseen_bytes: int
) -> None:
    """Its first words were copied before they were written, its last one after."""
    path, raw = folder.attempts(0), pack(attempt(7))
    put(path, 0, bytes(unseen_bytes) + raw[unseen_bytes:])

    def seen_and_then_written(seen: bytes) -> int:
        whole = whole_bytes(seen)
        put(path, 0, raw)
        return whole

    assert Follower(path).take(seen_and_then_written) == raw


def test_what_ends_during_the_look_is_left_for_the_next_one(folder: RunFolder) -> None:
    path, raw = folder.attempts(0), pack(attempt(7))

    def written_after_it_was_seen(seen: bytes) -> int:
        whole = whole_bytes(seen)
        put(path, 0, raw)
        return whole

    follower = Follower(path)
    assert follower.take(written_after_it_was_seen) == b""
    assert follower.take(whole_bytes) == raw


def test_all_that_is_whole_is_taken_however_many_looks_it_needs(folder: RunFolder) -> None:
    path, many = folder.attempts(0), 100_000
    raw = b"".join(pack(attempt(intent)) for intent in range(many))
    put(path, 0, raw + bytes(3 * len(raw)))
    follower = Follower(path)
    assert follower.take(whole_bytes) == raw
    put(path, len(raw), pack(attempt(many)))
    assert follower.take(whole_bytes) == pack(attempt(many))


def test_zeros_behind_the_records_are_not_all_read(folder: RunFolder) -> None:
    path, room_bytes = folder.attempts(0), 64 << 20
    put(path, 0, pack(attempt(1)))
    os.truncate(path, room_bytes)
    read_bytes: list[int] = []

    def seen_of(seen: bytes) -> int:
        read_bytes.append(len(seen))
        return whole_bytes(seen)

    assert Follower(path).take(seen_of) == pack(attempt(1))
    assert sum(read_bytes) < room_bytes // 10


def test_a_line_that_a_look_cuts_is_taken_whole(folder: RunFolder) -> None:
    lines = b"".join(b"%d\n" % number for number in range(300_000))
    folder.timeline.write_bytes(lines + b"half a l")
    assert Follower(folder.timeline).take(lambda raw: raw.rfind(b"\n") + 1) == lines


def test_a_file_that_is_not_there_yet_has_nothing_new(tmp_path: Path) -> None:
    assert Follower(tmp_path / "none").take(len) == b""
