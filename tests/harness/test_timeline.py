"""The timeline keeps what each process saw, in the order of their common clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.errors import StoredRunError
from harness.timeline import Event, FileTimeline, NoTimeline, read_timeline


def test_what_is_told_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "timeline.ndjson"
    timeline = FileTimeline(path, SystemClock())
    at_ns = timeline.tell("fault", "injected", "kill", "ledger-1", pid=7)
    timeline.close()
    (event,) = read_timeline(path)
    assert (event.mono_ns, event.name, event.target) == (at_ns, "kill", "ledger-1")
    assert event.data == {"pid": 7}
    assert event.at_s(at_ns - 500_000_000) == 0.5


def test_events_of_several_writers_come_in_the_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "timeline.ndjson"
    one, two = FileTimeline(path, SystemClock()), FileTimeline(path, SystemClock())
    one.append(Event(mono_ns=9, wall_ns=0, source="run", kind="phase", name="late"))
    two.append(Event(mono_ns=3, wall_ns=0, source="run", kind="phase", name="early"))
    one.close()
    two.close()
    assert [e.name for e in read_timeline(path)] == ["early", "late"]


def test_a_line_that_is_no_event_is_named(tmp_path: Path) -> None:
    path = tmp_path / "timeline.ndjson"
    path.write_text('{"mono_ns":1,"wall_ns":1,"source":"run","kind":"phase"}\n{"mono')
    with pytest.raises(StoredRunError, match=r"timeline\.ndjson:2: not an event"):
        read_timeline(path)


def test_no_timeline_listens_to_nobody() -> None:
    assert NoTimeline().tell("run", "phase", "fault") == 0
