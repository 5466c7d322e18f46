"""A driver in memory: target, clock, undo log and timeline."""

from __future__ import annotations

from pathlib import Path

from harness.faults.driver import Driver
from harness.safety.undo import UndoLog
from harness.timeline import Timeline
from tests.support.fake_target import FakeTarget
from tests.support.manual_clock import ManualClock
from tests.support.safety_timeline import ListTimeline


class Scene:
    """A driver with all that it needs."""

    def __init__(self, path: Path, timeline: Timeline | None = None) -> None:
        self.clock = ManualClock()
        self.target = FakeTarget(
            self.clock, "ledger-1", "ledger-2", payments__bank=100.0, idle__edge=0.0
        )
        self.undo = UndoLog(path)
        self.path = path
        self.timeline = ListTimeline()
        self.driver = Driver(self.target, self.undo, timeline or self.timeline, self.clock)
