"""Marks reach the watch that is on, and nothing else."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from harness.clock import SystemClock
from harness.errors import RefusedError
from harness.run.marking import Which, marks_allowed, set_mark
from harness.safety.state import State
from harness.store import RunFolder
from harness.timeline import read_timeline

CLOCK = SystemClock()


class WatchOn:
    """A watch that takes marks, in this process."""

    def __init__(self, root: Path) -> None:
        self.state, self.folder = State(root=root), RunFolder(root / "run")
        self.folder.create()
        self.folder.timeline.touch()

    def mark(self, which: Which, text: str = "") -> str:
        return set_mark(self.state, which, text, CLOCK).text

    def told(self) -> list[tuple[str, str, str]]:
        return [(e.source, e.kind, e.name) for e in read_timeline(self.folder.timeline)]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[WatchOn]:
    made = WatchOn(tmp_path)
    with marks_allowed(made.state, made.folder, CLOCK.monotonic_ns()):
        yield made


def test_several_marks_may_be_open_and_each_is_an_event_of_the_watch(watch: WatchOn) -> None:
    assert watch.mark("start", "failover of the database") == "failover of the database"
    assert watch.mark("start") == "fault"
    assert watch.mark("end", "fault") == "fault"
    assert watch.mark("end") == "failover of the database"
    assert watch.told() == [
        ("mark", "start", "failover of the database"),
        ("mark", "start", "fault"),
        ("mark", "end", "fault"),
        ("mark", "end", "failover of the database"),
    ]


@pytest.mark.parametrize(
    ("before", "which", "text", "why"),
    [
        ([], "end", "", "no mark is open"),
        (["a"], "start", "a", "'a' is open already"),
        (["failover"], "end", "failovr", "did you mean `failover`"),
        (["a", "b"], "end", "", "2 marks are open: a, b"),
        ([], "start", "x" * 201, "at most 200"),
        ([], "start", "a\x1b[2J", "printable"),
    ],
)
def test_a_mark_that_means_nothing_is_refused(
    watch: WatchOn, before: list[str], which: Which, text: str, why: str
) -> None:
    for name in before:
        watch.mark("start", name)
    with pytest.raises(RefusedError, match=why):
        watch.mark(which, text)
    assert len(watch.told()) == len(before)


def test_without_a_watch_there_is_nothing_to_mark(tmp_path: Path) -> None:
    made = WatchOn(tmp_path)
    with marks_allowed(made.state, made.folder, 0):
        pass
    with pytest.raises(RefusedError, match="no watch takes marks now"):
        made.mark("start")


def test_a_watch_whose_process_has_died_takes_no_marks(tmp_path: Path) -> None:
    made = WatchOn(tmp_path)
    with subprocess.Popen(["true"]) as dead:
        dead.wait()
    left = {"folder": str(made.folder.root), "pid": dead.pid, "started_ticks": 7, "t0_mono_ns": 0}
    made.state.watch.touch(mode=0o600)
    made.state.watch.write_bytes(msgspec.json.encode(left))
    with pytest.raises(RefusedError, match="no watch takes marks now"):
        made.mark("start")
