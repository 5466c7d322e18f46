"""A second version gets a growing share of the requests, and none as soon as it fails."""

from __future__ import annotations

from harness.chaos.session import Session
from harness.clock import NS_PER_S, Clock
from harness.errors import FaultError
from harness.faults.base import Evidence
from harness.faults.on_edge import find_edge
from harness.faults.rollout_steps import Steps
from harness.faults.shift import Shift
from harness.targets.records import FaultCount

_LOOK_EVERY_S = 0.25


class Canary:
    """Goes through the steps on one edge. The last share stays until `undo_all`."""

    def __init__(self, session: Session, clock: Clock, edge: str, steps: Steps) -> None:
        self._session, self._clock = session, clock
        self._edge, self._steps = edge, steps

    def run(self) -> list[Evidence]:
        """One finding for each share that was set; the last one says whether it was rolled back."""
        found: list[Evidence] = []
        for percent in self._steps.percents:
            if found:
                self._take_back()
            before = self._count()
            step = self._session.fault_edge(Shift(edge=self._edge, percent=percent))[0]
            is_good = self._watch(before)
            seen = self._since(before)
            found.append({**step, "percent": percent, **seen, "rolled_back": not is_good})
            if not is_good:
                self._session.driver.tell("rolled_back", Shift.name, self._edge, seen)
                self._take_back()
                break
        return found

    def _watch(self, before: FaultCount) -> bool:
        """Whether it has not failed until the end of the step."""
        ends_ns = self._clock.monotonic_ns() + round(self._steps.step_s * NS_PER_S)
        while self._clock.monotonic_ns() < ends_ns:
            if self._steps.failed(before, self._count()):
                return False
            self._clock.sleep(_LOOK_EVERY_S)
        return True

    def _take_back(self) -> None:
        driver = self._session.driver
        mine = [h for h in driver.held if isinstance(h.fault, Shift) and h.fault.edge == self._edge]
        if errors := driver.undo(mine):
            raise FaultError("; ".join(errors))

    def _since(self, before: FaultCount) -> Evidence:
        now = self._count()
        return {"requests": now.hits - before.hits, "failed": now.failed - before.failed}

    def _count(self) -> FaultCount:
        return find_edge(self._session.target, self._edge).count_of(Shift.name)
