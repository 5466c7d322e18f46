"""The undo log: on disk before the fault, readable after any death."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import FaultError, RefusedError
from harness.safety.undo import UndoLog, leftover, pending, refuse_leftover
from harness.targets.local.process_name import process_of
from tests.support.undo_records import undo_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "undo.ndjson"


def test_an_intent_is_on_disk_when_it_returns(path: Path) -> None:
    record = UndoLog(path).intent(undo_of("resume", "payments-1", 7, 9), 2.0)
    (found,) = pending(path)
    assert (found.id, found.kind, found.resource) == (record, "fault", "payments-1")
    assert (found.target, found.action, found.lease_s) == ("local", "resume", 2.0)
    assert process_of(found.data["identity"]) == (7, 9)


def test_pending_is_newest_first_without_what_was_undone(path: Path) -> None:
    log = UndoLog(path)
    first = log.intent(undo_of("revive", "ledger-1"), 2.0)
    second = log.intent(undo_of("clear_edge", "payments>bank"), 2.0)
    third = log.process_started(12, 34, "supervisor")
    log.undone(second)
    assert [r.id for r in log.pending()] == [third, first]


def test_an_undo_noted_twice_is_harmless(path: Path) -> None:
    log = UndoLog(path)
    record = log.intent(undo_of("revive", "ledger-1"), 2.0)
    log.undone(record)
    log.undone(record)
    assert log.pending() == ()


def test_no_log_means_nothing_pending(path: Path) -> None:
    assert pending(path) == ()
    assert leftover(path) == ""
    refuse_leftover(path)


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_last_line_loses_only_itself(path: Path, cut: int) -> None:
    log = UndoLog(path)
    kept = log.intent(undo_of("revive", "ledger-1"), 2.0)
    log.intent(undo_of("revive", "ledger-2"), 2.0)
    path.write_bytes(path.read_bytes()[:-cut])
    later = log.intent(undo_of("clear_edge", "payments>bank"), 2.0)
    ids = [r.id for r in log.pending()]
    assert ids[0] == later
    assert ids[-1] == kept
    assert len(ids) == (3 if cut == 1 else 2)


def test_refuses_an_intent_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="cannot be written"):
        UndoLog(tmp_path / "missing" / "undo.ndjson").intent(undo_of("revive", "ledger-1"), 2.0)


def test_refuses_an_intent_on_a_full_disk(path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))  # as a disk that is full
    try:
        with pytest.raises(FaultError, match=r"undo log was cut off|cannot be written"):
            UndoLog(path).intent(undo_of("revive", "ledger-1"), 2.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_run_is_noted_before_its_first_process(path: Path, tmp_path: Path) -> None:
    UndoLog(path).run_begins(tmp_path / "run", "0123.abcd")
    (record,) = pending(path)
    assert (record.kind, record.resource) == ("run", str(tmp_path / "run"))
    assert (record.mark, record.pid) == ("0123.abcd", 0)


def _make_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (os.mkfifo, "is not a regular file|cannot be opened"),
        (lambda path: path.symlink_to("/etc/passwd"), "cannot be opened"),
        (lambda path: path.mkdir(), "is not a regular file|cannot be opened"),
        (lambda path: (path.touch(), path.chmod(0o666)), "may be written by others"),
        (_make_huge, "bytes, allowed are"),
        (lambda path: (path.touch(), path.with_name("b").hardlink_to(path)), "has 2 names"),
    ],
    ids=["a FIFO", "a link", "a folder", "writable by others", "huge", "a hard link"],
)
def test_what_others_could_have_written_is_not_believed(
    path: Path, make: Callable[[Path], object], why: str
) -> None:
    make(path)
    with pytest.raises(RefusedError, match=why):
        pending(path)
    with pytest.raises(FaultError, match=why):
        UndoLog(path).intent(undo_of("revive", "ledger-1"), 2.0)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_records_that_another_user_wrote_are_not_believed(path: Path) -> None:
    path.write_text('{"op":"intent","id":"x","kind":"process","resource":"r","pid":1}\n')
    path.chmod(0o600)
    os.chown(path, 65534, 65534)
    with pytest.raises(RefusedError, match="belongs to uid 65534"):
        pending(path)


@pytest.mark.parametrize("pid", [-1, -7])
def test_a_record_with_an_impossible_pid_is_skipped(path: Path, pid: int) -> None:
    path.write_text(f'{{"op":"intent","id":"x","kind":"process","resource":"r","pid":{pid}}}\n')
    assert pending(path) == ()


def test_clears_only_when_nothing_is_pending(path: Path) -> None:
    log = UndoLog(path)
    record = log.intent(undo_of("revive", "ledger-1"), 2.0)
    assert not log.clear()
    assert path.exists()
    log.undone(record)
    assert log.clear()
    assert not path.exists()
    assert log.clear()


def test_a_leftover_refuses_the_next_run_and_says_what_and_how_to_mend(path: Path) -> None:
    log = UndoLog(path)
    log.intent(undo_of("resume", "payments-1"), 2.0)
    with pytest.raises(RefusedError, match=r"resume payments-1.*squall heal"):
        refuse_leftover(path)


def test_an_abandoned_run_refuses_the_next_even_with_nothing_pending(path: Path) -> None:
    UndoLog(path).abandoned("the harness (pid 7) died")
    with pytest.raises(RefusedError, match=r"the harness \(pid 7\) died"):
        refuse_leftover(path)


def test_many_processes_append_without_tearing_each_other(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from harness.safety.undo import UndoLog\n"
        "log = UndoLog(Path(sys.argv[1]))\n"
        "for n in range(200): log.process_started(n + 1, n, f'process {n}')"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(4)]
    assert [writer.wait(30) for writer in writers] == [0] * 4
    records = pending(path)
    assert len(records) == 800
    assert len({r.id for r in records}) == 800


def test_a_record_of_an_earlier_boot_names_no_process(path: Path) -> None:
    log = UndoLog(path)
    log.process_started(12, 34, "supervisor")
    (now,) = log.pending()
    assert (now.pid, now.started_ticks) == (12, 34)
    path.write_bytes(path.read_bytes().replace(now.boot.encode(), b"another-boot"))
    (later,) = log.pending()
    assert (later.pid, later.started_ticks) == (0, 0)
