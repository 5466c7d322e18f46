"""A record is in the kernel's hands at once; a disk without room is an error, never a hole."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.load.attempt_file import BLOCK_BYTES, AttemptFile, NoRecorder
from harness.load.records import (
    RECORD_BYTES,
    Attempt,
    ErrorClass,
    Outcome,
    pack,
    pack_into,
    unpack,
    whole_bytes,
    words_of,
)
from harness.python_child import CHECKOUT

FIRST = Attempt(3, 10, 20, 30, 40, 201, Outcome.OK, 0, ErrorClass.NONE, 1)
KILLED = """
import os, signal, sys
from pathlib import Path
from harness.load.records import Attempt, pack_into, words_of
from harness.load.attempt_file import AttemptFile
file = AttemptFile(Path(sys.argv[1]))
for intent in range(20_000):
    attempt = Attempt(intent, 10, 20, 30, 40, 201, 1, 0, 0, 1)
    pack_into(file.room, next(file.places), *words_of(attempt))
os.kill(os.getpid(), signal.SIGKILL)
"""


def keep(file: AttemptFile, attempt: Attempt) -> None:
    pack_into(file.room, next(file.places), *words_of(attempt))


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """The kernel then refuses as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_record_can_be_read_as_soon_as_it_is_packed(tmp_path: Path) -> None:
    path = tmp_path / "attempts"
    file = AttemptFile(path)
    keep(file, FIRST)
    raw = path.read_bytes()
    assert whole_bytes(raw) == RECORD_BYTES
    assert unpack(raw[:RECORD_BYTES]) == FIRST
    file.close()


def test_a_closed_file_holds_records_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "attempts"
    file = AttemptFile(path, expected=100_000)
    for intent in range(3):
        keep(file, FIRST._replace(intent=intent))
    assert path.stat().st_size >= 100_000 * RECORD_BYTES
    assert not path.read_bytes()[3 * RECORD_BYTES :].strip(b"\0")
    file.close()
    assert path.read_bytes() == b"".join(pack(FIRST._replace(intent=i)) for i in range(3))
    assert file.kept == 3


def test_it_grows_beyond_what_was_expected(tmp_path: Path) -> None:
    path = tmp_path / "attempts"
    file = AttemptFile(path)
    many = 2 * BLOCK_BYTES // RECORD_BYTES + 5
    for intent in range(many):
        assert file.kept == intent
        keep(file, FIRST._replace(intent=intent))
    file.close()
    assert file.kept == many
    raw = path.read_bytes()
    assert len(raw) == many * RECORD_BYTES
    intents = [unpack(raw[at : at + 24]).intent for at in range(0, len(raw), RECORD_BYTES)]
    assert intents == list(range(many))


def test_kill_9_loses_nothing_that_was_packed(tmp_path: Path) -> None:
    path = tmp_path / "attempts"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=CHECKOUT, check=False)
    assert killed.returncode == -signal.SIGKILL
    raw = path.read_bytes()
    assert whole_bytes(raw) == 20_000 * RECORD_BYTES
    assert not raw[whole_bytes(raw) :].strip(b"\0")


def test_a_full_disk_is_an_error_not_a_hole(tmp_path: Path) -> None:
    path = tmp_path / "attempts"
    file = AttemptFile(path)
    room = BLOCK_BYTES // RECORD_BYTES
    for intent in range(room):
        keep(file, FIRST._replace(intent=intent))
    with files_no_longer_than(BLOCK_BYTES), pytest.raises(OSError, match="File too large"):
        next(file.places)
    with pytest.raises(OSError, match="File too large"):
        next(file.places)  # a second asking finds the same, and no end of all places
    assert file.kept == room
    file.close()
    assert path.stat().st_size == room * RECORD_BYTES


def test_without_room_it_does_not_even_begin(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with files_no_longer_than(1000), pytest.raises(OSError, match="File too large"):
        AttemptFile(tmp_path / "attempts")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_who_keeps_nothing_counts_all_the_same() -> None:
    recorder = NoRecorder()
    for _ in range(3):
        pack_into(recorder.room, next(recorder.places), *words_of(FIRST))
    recorder.close()
    assert recorder.kept == 3


def test_another_run_s_records_are_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "attempts"
    path.write_bytes(pack(FIRST))
    with pytest.raises(FileExistsError):
        AttemptFile(path)
    assert path.read_bytes() == pack(FIRST)
