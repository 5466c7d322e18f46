"""The watchdog: a killed harness leaves no fault and no process, within two seconds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import RefusedError
from harness.safety.identity import process_identity, process_state, read_process
from harness.safety.state import State
from harness.safety.undo import UndoLog, pending, refuse_leftover
from harness.safety.watchdog import Watchdog
from tests.support.safety_victims import read_line, victim, within

LIMIT_S = 2.0
# A supervisor that starts its child again whenever it dies, as a real one does; its child forks
# a grandchild into a session of its own, as PostgreSQL does.
SUPERVISOR = """
import subprocess, sys
child = (
    "import subprocess, sys, time;"
    "subprocess.Popen(['sleep', '61'], start_new_session=True); time.sleep(60)"
)
for _ in range(1000):
    subprocess.Popen([sys.executable, "-c", child], start_new_session=True).wait()
"""
# A harness in the middle of a fault; it prints its children and sleeps until it is killed.
HARNESS = """
import json, os, signal, subprocess, sys, time
from pathlib import Path
from harness.safety.identity import process_identity, read_process
from harness.safety.state import State
from harness.safety.undo import UndoLog
from harness.safety.watchdog import Watchdog
from tests.support.undo_records import undo_of
state = State(root=Path(sys.argv[1]))
dog = Watchdog.start(state)
log = UndoLog(state.undo)
def start(name, command, record=True, **how):
    process = subprocess.Popen(command, start_new_session=True, **how)
    if record:
        log.process_started(process.pid, process_identity(process.pid), name)
    return process.pid
pids = {
    "supervisor": start("supervisor", [sys.executable, "-c", sys.argv[2]]),
    "paused": start("paused", ["sleep", "62"]),
    "stranger": start("stranger", ["sleep", "63"], record=False, close_fds=False),
    "resumed": start("resumed", ["sleep", "64"], record=False),
    "watchdog": dog.process.pid,
}
for name in ("paused", "resumed"):
    log.intent(undo_of("resume", name, pids[name], process_identity(pids[name])), 2.0)
    os.kill(pids[name], signal.SIGSTOP)
while not (Path(f"/proc/{pids['supervisor']}/task/{pids['supervisor']}/children").read_text()):
    time.sleep(0.01)
print(json.dumps(pids), flush=True)
if sys.argv[3] == "clean":
    dog.clean()
    print("clean", flush=True)
time.sleep(60)
"""


class Harness:
    """A real harness process and its children."""

    def __init__(self, root: Path, how: str) -> None:
        root.chmod(0o700)
        self.state = State(root=root)
        self.process = subprocess.Popen(
            [sys.executable, "-c", HARNESS, str(root), SUPERVISOR, how],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pids: dict[str, int] = json.loads(read_line(self.process))

    def lives(self, name: str) -> bool:
        return process_identity(self.pids[name]) is not None

    def state_of(self, name: str) -> str:
        ticks = process_identity(self.pids[name])
        return process_state(self.pids[name], ticks) if ticks else ""

    def descendants(self) -> list[int]:
        """All who belong to the supervisor now, children in other sessions included."""
        found = {self.pids["supervisor"]}
        everyone = [int(e.name) for e in Path("/proc").iterdir() if e.name.isdigit()]
        for _ in range(3):
            processes = [p for pid in everyone if (p := read_process(pid))]
            found |= {p.pid for p in processes if p.parent in found}
        return sorted(found)

    def end(self) -> None:
        self.process.kill()
        self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()
        for pid in self.pids.values():
            if process_identity(pid) is not None:
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def harness(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Harness]:
    made = Harness(tmp_path, getattr(request, "param", "die"))
    yield made
    made.end()


def test_a_killed_harness_leaves_no_fault_and_no_process_within_two_seconds(
    harness: Harness,
) -> None:
    family = harness.descendants()
    assert len(family) >= 2
    assert harness.state_of("paused") == "T"
    assert harness.state_of("resumed") == "T"
    harness.process.kill()

    def over() -> bool:
        gone = not any(process_identity(pid) for pid in [*family, harness.pids["paused"]])
        return gone and harness.state_of("resumed") == "S"

    took_s = within(LIMIT_S, over)
    assert took_s is not None
    assert within(LIMIT_S, lambda: not harness.lives("watchdog")) is not None
    assert harness.lives("stranger")


def test_the_next_run_refuses_after_a_death(harness: Harness) -> None:
    harness.process.kill()
    assert within(LIMIT_S, lambda: not harness.lives("watchdog")) is not None
    with pytest.raises(RefusedError, match=rf"pid {harness.process.pid}\) died.*squall heal"):
        refuse_leftover(harness.state.undo)
    assert "0 processes left alive" in harness.state.watchdog_log.read_text()


@pytest.mark.parametrize("harness", ["clean"], indirect=True)
def test_a_farewell_ends_the_watch_and_touches_nothing(harness: Harness) -> None:
    assert harness.process.stdout is not None
    assert harness.process.stdout.readline().strip() == "clean"
    assert not harness.lives("watchdog")
    before = pending(harness.state.undo)
    harness.process.kill()
    harness.process.wait(10)
    assert harness.lives("supervisor")
    assert harness.state_of("paused") == "T"
    assert pending(harness.state.undo) == before


def test_signals_that_end_others_do_not_end_the_watch(harness: Harness) -> None:
    for deadly in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(harness.pids["watchdog"], deadly)
    harness.process.kill()
    assert within(LIMIT_S, lambda: not harness.lives("supervisor")) is not None


def test_a_stopped_supervisor_is_ended_too(harness: Harness) -> None:
    os.kill(harness.pids["supervisor"], signal.SIGSTOP)
    harness.process.kill()
    assert within(LIMIT_S, lambda: not harness.lives("supervisor")) is not None


def test_a_reused_pid_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    state = State(root=tmp_path)
    with victim() as (process, ticks):
        UndoLog(state.undo).process_started(process.pid, ticks - 1, "long gone")
        dog = Watchdog.start(state)
        os.close(dog.writer)
        assert dog.process.wait(10) == 1
        assert process.poll() is None


def test_it_watches_until_told_otherwise(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    dog = Watchdog.start(State(root=tmp_path))
    watched = dog.alive
    dog.clean()
    dog.clean()
    assert (watched, dog.alive) == (True, False)
    assert dog.process.returncode == 0
    assert not (tmp_path / "undo.ndjson").exists()


def test_says_so_when_it_cannot_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RefusedError, match="did not start"):
        Watchdog.start(State(root=tmp_path))
