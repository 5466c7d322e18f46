"""Every process with the mark of a run is found, recorded or not; other processes are not."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.safety.identity import process_identity
from harness.safety.mark import (
    bearers,
    bearing,
    mark_of,
    new_mark,
    socket_server,
    state_prefix,
)
from harness.safety.remains import make_data_folder
from harness.safety.undo import UndoLog
from tests.support.safety_victims import read_line, victim

SERVER = (
    "import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()\n"
    "print('serves', flush=True); s.accept(); time.sleep(60)"
)


@contextmanager
def sleeper(cwd: Path | None = None) -> Iterator[int]:
    """A process in a session of its own."""
    with subprocess.Popen(["sleep", "60"], cwd=cwd, start_new_session=True) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def test_a_child_bears_the_mark_and_the_marked_process_itself_does_not(tmp_path: Path) -> None:
    mark = new_mark(tmp_path)
    with bearing(mark), sleeper() as pid:
        assert mark_of(pid) == mark
        assert [p.pid for p in bearers(mark)] == [pid]
        assert [p.pid for p in bearers(state_prefix(tmp_path))] == [pid]
        assert mark_of(os.getpid()) == ""
    with sleeper() as later:
        assert mark_of(later) == ""


def test_two_runs_and_two_state_folders_are_told_apart(tmp_path: Path) -> None:
    first, second = new_mark(tmp_path), new_mark(tmp_path)
    assert first != second
    with bearing(first), sleeper():
        assert bearers(second) == ()
        assert bearers(new_mark(tmp_path / "other")) == ()
        assert bearers("") == ()


def test_a_process_that_hides_its_environment_is_known_by_where_it_works(tmp_path: Path) -> None:
    data = make_data_folder(tmp_path, "mark")
    with sleeper(cwd=data) as pid, sleeper():
        assert [p.pid for p in bearers("no such mark", data)] == [pid]


def test_the_server_of_a_socket_is_known_by_the_kernel(tmp_path: Path) -> None:
    path = tmp_path / "s"
    assert socket_server(path) is None
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        read_line(process)
        found = socket_server(path)
        process.kill()
    assert found is not None
    assert found.pid == process.pid


def test_a_socket_of_our_own_is_not_an_orphans(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as own:
        own.bind(str(tmp_path / "s"))
        own.listen()
        assert socket_server(tmp_path / "s") is None


@pytest.mark.parametrize("leader", ["alive", "gone"])
def test_a_session_whose_leader_has_ended_is_known_by_its_mark_alone(
    leader: str, tmp_path: Path
) -> None:
    """The leader's pid may be in use again by then."""
    from harness.safety.ending import living_of  # noqa: PLC0415  # beside its only use

    code = "import subprocess, sys; subprocess.Popen(['sleep', '60']); import time; time.sleep(60)"
    log = UndoLog(tmp_path / "undo.ndjson")
    log.run_begins(tmp_path / "run", new_mark(tmp_path))
    with victim(code) as (process, ticks):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not (child := children.read_text().split()):
            pass
        identity = process_identity(int(child[0]))
        log.process_started(process.pid, ticks, "service")
        if leader == "gone":
            process.kill()
            process.wait(5)
        found = {p.pid for p in living_of(log.pending())}
        os.kill(int(child[0]), signal.SIGKILL)
    assert identity is not None
    assert (int(child[0]) in found) == (leader == "alive")
