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
from harness.view.picture import coloured, picture
from harness.view.tail import RunFollower
from harness.view.terminal import Heartbeat, LiveView, NoWatcher, watcher_for
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
    now = model.now(2.0)
    assert now.good_ratio == 0.25
    assert (now.intents.slow, now.intents.failed, now.intents.waiting) == (1, 2, 0)
    assert now.intents.latency_ms_p95 == 400.0, "of those that were ok"
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
    assert "good so far " in lines[-1]


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


def told(model: LiveModel, follower: RunFollower, size: tuple[int, int]) -> list[str]:
    model.feed(follower.events(), follower.attempts())
    return picture("a-long-name-of-an-experiment · payday_spike · seed 11", model, 25.0, size)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
def test_every_instance_is_shown_on_a_screen_of_any_size(
    size: tuple[int, int], tmp_path: Path
) -> None:
    model, follower = a_run(tmp_path)
    for number in range(2, 9):
        model.shown.states |= {f"ledger-{number}": "ready", f"payments-{number}": "ready"}
    model.shown.states["payments-3"] = "paused"
    lines = told(model, follower, size)
    assert len(lines) < size[1]
    assert max(map(len, lines)) <= size[0]
    text = " ".join(lines)
    shown = text[text.index("instances") :]
    assert shown.split()[1:3] == ["ledger-1", "DOWN"], "the faulted one is the first"
    assert "payments-3 PAUSED" in shown
    assert "7 ledger ready" in shown
    assert "6 payments ready" in shown
    assert lines[-1].strip() == "Ctrl-C undoes the fault and stops."


def test_events_are_in_the_order_of_time_and_noise_does_not_push_the_fault_out(
    tmp_path: Path,
) -> None:
    model, _ = a_run(tmp_path)
    folder = RunFolder(tmp_path / "other")
    folder.create()
    timeline = FileTimeline(folder.timeline, SystemClock())
    timeline.tell("fault", "verified", "kill", "ledger-1")
    for number in range(200):
        state = ("unhealthy", "healthy")[number % 2]
        timeline.tell("service", "health", "a>b", "ledger-1", state=state, by="mesh")
        timeline.tell("service", "sweeper", "payments", f"payments-{number}")
    timeline.close()
    lines = told(model, RunFollower(folder), (80, 24))
    events = [line for line in lines if " s  " in line and "since" not in line]
    assert any("fault kill ledger-1: proven on" in line for line in events)
    assert sum("mesh sees" in line for line in lines) == 1
    assert any("(200 times)" in line for line in lines)
    seconds = [float(line.replace("events", "").split()[0]) for line in events if "sees" in line]
    assert seconds == sorted(seconds)


def test_an_open_breaker_and_a_dead_instance_have_a_colour_unless_no_color_is_set(
    tmp_path: Path,
) -> None:
    model, follower = a_run(tmp_path)
    lines = told(model, follower, (80, 24))
    for no_color, codes in ((False, True), (True, False)):
        out = io.StringIO()
        console = Console(file=out, force_terminal=True, width=80, no_color=no_color)
        console.print(coloured(lines))
        assert ("31m" in out.getvalue()) is codes
        assert "OPEN" in out.getvalue()


def test_the_degraded_time_counts_from_the_fault_on(tmp_path: Path) -> None:
    model, _ = a_run(tmp_path)
    rate = 100
    model.due_us[:] = [i * 10_000 for i in range(12 * rate)]
    bad = range(6 * rate, 8 * rate)
    model.feed(
        [],
        [
            attempt(i, due, 5_000, Outcome.FAIL if i in bad else Outcome.OK)
            for i, due in enumerate(model.due_us)
        ],
    )
    model.fault_s = 6.0
    model.now(11.0)
    assert model.degraded_s == 2.0
    assert any("degraded 2.0 s so far" in line for line in picture("x", model, 11.0))
