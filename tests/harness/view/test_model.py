"""The live view shows the current state of the run's own files."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from harness.clock import SystemClock
from harness.experiment import read_experiment
from harness.load.records import Attempt, ErrorClass, Outcome, pack
from harness.store import RunFolder
from harness.system import read_system
from harness.timeline import FileTimeline
from harness.view.model import LiveModel
from harness.view.tail import RunFollower
from harness.view.terminal import Heartbeat, LiveView, NoWatcher, picture, watcher_for
from tests.support.documents_files import experiment_file, system_file


def attempt(intent: int, due_us: int, took_us: int, outcome: Outcome) -> Attempt:
    status = 201 if outcome is Outcome.OK else 503
    return Attempt(intent, due_us, 0, took_us, 0, status, outcome, 0, ErrorClass.NONE, 1)


def a_run(tmp_path: Path) -> tuple[LiveModel, RunFollower]:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    timeline = FileTimeline(folder.timeline, SystemClock())
    t0 = timeline.tell("run", "phase", "fault")
    timeline.tell("fault", "verified", "kill", "ledger-1", pid=4127)
    timeline.tell("service", "breaker", "payments>ledger", "payments-1", after="open")
    timeline.tell("target", "instance", "ledger-1", state="down")
    timeline.close()
    records = [
        attempt(0, 0, 10_000, Outcome.OK),
        attempt(1, 100_000, 400_000, Outcome.OK),
        attempt(2, 200_000, 5_000, Outcome.INFO),
        attempt(3, 300_000, 5_000, Outcome.FAIL),
    ]
    folder.attempts(0).write_bytes(b"".join(map(pack, records)) + b"torn")
    terms = read_experiment(experiment_file(tmp_path), read_system(system_file(tmp_path))).terms
    model = LiveModel(terms=terms, t0_mono_ns=t0, due_us=[0, 100_000, 200_000, 300_000])
    return model, RunFollower(folder)


def test_good_slow_and_failed_are_counted_apart(tmp_path: Path) -> None:
    model, follower = a_run(tmp_path)
    model.feed(follower.events(), follower.attempts())
    now = model.now(1.0)
    assert (now.good_ratio, now.slow_per_s, now.failed_per_s) == (0.25, 0.5, 1.0)
    assert now.unknown == 1


def test_nothing_is_read_twice(tmp_path: Path) -> None:
    _, follower = a_run(tmp_path)
    assert len(list(follower.attempts())) == 4
    assert list(follower.attempts()) == []
    assert len(list(follower.events())) == 4
    assert list(follower.events()) == []


def test_what_a_growing_file_does_not_hold_yet_is_read_when_it_is_there(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    one, two = (pack(attempt(intent, 0, 10, Outcome.OK)) for intent in (1, 2))
    follower = RunFollower(folder)
    folder.attempts(0).write_bytes(one + two[:9] + bytes(15) + bytes(480))
    assert [a.intent for a in follower.attempts()] == [1]
    folder.attempts(0).write_bytes(one + two + bytes(480))
    assert [a.intent for a in follower.attempts()] == [2]
    assert list(follower.attempts()) == []


def test_the_picture_names_fault_breaker_and_instance(tmp_path: Path) -> None:
    model, follower = a_run(tmp_path)
    model.feed(follower.events(), follower.attempts())
    text = "\n".join(picture("title", model, 25.0))
    assert "kill ledger-1   VERIFIED" in text
    assert "payments>ledger (payments-1) OPEN" in text
    assert "ledger-1 DOWN" in text
    assert "FAULT, 10 s left" in text


def test_a_pipe_gets_a_line_every_five_seconds(tmp_path: Path) -> None:
    model, follower = a_run(tmp_path)
    out = io.StringIO()
    watcher = watcher_for(Console(file=out))
    assert isinstance(watcher, Heartbeat)
    watcher.begin("title", model, follower)
    for quarter in range(84):
        watcher.tick(quarter / 4)
    watcher.end()
    lines = out.getvalue().splitlines()
    assert len(lines) == 1 + 5
    assert "20.0 s  fault" in lines[-1]
    assert "good so far 25.0 %" in lines[-1]


def test_a_terminal_gets_the_picture(tmp_path: Path) -> None:
    model, follower = a_run(tmp_path)
    out = io.StringIO()
    watcher = watcher_for(Console(file=out, force_terminal=True, width=100, height=40))
    assert isinstance(watcher, LiveView)
    watcher.note("starts")
    watcher.begin("title", model, follower)
    watcher.tick(25.0)
    watcher.end()
    assert "starts" in out.getvalue()
    assert "VERIFIED" in out.getvalue()


@pytest.mark.parametrize("terminal", [False, True])
def test_what_a_service_logs_is_inert_in_the_view(tmp_path: Path, terminal: bool) -> None:
    model, follower = a_run(tmp_path)
    model.faults["kill \x1b[2J\nfault"] = "\x9b31mVERIFIED"
    model.breakers["[red]\u202e"] = "open"
    out = io.StringIO()
    watcher = watcher_for(Console(file=out, force_terminal=terminal, width=300, height=40))
    watcher.begin("title\x1b]0;x\x07", model, follower)
    watcher.tick(25.0)
    watcher.note("note\r\x1b[31m")
    watcher.end()
    said = out.getvalue()
    assert "\\x1b[2J\\nfault" in said
    assert "note\\r\\x1b[31m" in said
    assert not any(bad in said for bad in ("\x1b[31m", "\x1b]0;", "\x9b", "\u202e", "\x07"))


def test_nobody_may_look_too(tmp_path: Path) -> None:
    model, follower = a_run(tmp_path)
    nobody = NoWatcher()
    nobody.note("x")
    nobody.begin("title", model, follower)
    nobody.tick(1.0)
    nobody.end()
    assert len(list(follower.attempts())) == 4, "nobody reads"
