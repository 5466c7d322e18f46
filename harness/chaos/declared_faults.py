"""Faults of foreign Chaos Toolkit activities, with the proof that the experiment declares.

The proof probe must not hold before the action, must hold while the fault is on (looked at every
half second) and must not hold after the undo activity. Each step is an event of the timeline, as
for Squall's own faults, and the undo record is written before the action runs.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from harness.chaos.activity import Activities
from harness.chaos.toolkit_undo import ACTION
from harness.clock import NS_PER_S, Clock
from harness.declared_fault import DeclaredFault
from harness.errors import FaultError
from harness.faults.watch import Sampling
from harness.safety.undo import Undo, UndoLog
from harness.targets.registry import TOOLKIT
from harness.timeline import Scalar, Timeline

ID: Final = "declared-"
VERIFY_S: Final = 5.0
VERIFY_UNDONE_S: Final = 15.0
_POLL_S: Final = 0.1


@dataclass(slots=True, kw_only=True)
class _Held:
    fault: DeclaredFault
    record: str
    began_ns: int
    watch: Sampling | None = None


class DeclaredFaults:
    """Follows the activities of one experiment; `undo_all` undoes what its method left on."""

    def __init__(
        self,
        experiment: Mapping[str, Any],
        declared: tuple[DeclaredFault, ...],
        undo_log: UndoLog,
        timeline: Timeline,
        clock: Clock,
    ) -> None:
        self._experiment, self._declared = experiment, declared
        self._undo_log, self._timeline, self._clock = undo_log, timeline, clock
        self._activities = Activities(experiment)
        self._held: dict[str, _Held] = {}
        self._looking = threading.Lock()

    def before(self, name: str) -> str:
        """Before an activity; why it must not run, or ""."""
        for held in list(self._held.values()):
            if name == held.fault.undo and held.watch is not None:
                held.watch.stop()
        fault = next((one for one in self._declared if one.action == name), None)
        if fault is None:
            return ""
        try:
            record = self._undo_log.intent(self._undo_of(fault), 0.0, fault=fault.action)
        except FaultError as error:
            return str(error)
        self._held[name] = _Held(fault=fault, record=record, began_ns=self._clock.monotonic_ns())
        already = self._activities.holds(fault.proof)
        self._tell(fault, "asked", proof_before=already)
        return "" if already is False else f"the proof of {name} holds before the fault, or failed"

    def after(self, name: str, *, succeeded: bool) -> str:
        """After an activity; why the experiment must end here, or ""."""
        if name in self._held and succeeded:
            return self._prove(self._held[name])
        for held in list(self._held.values()):
            if name == held.fault.undo and succeeded:
                self._prove_undone(held)
        return ""

    def undo_all(self) -> None:
        """Undo what is still on, newest first. Raises FaultError that names what is left."""
        left = []
        for held in reversed(list(self._held.values())):
            if held.watch is not None:
                held.watch.stop()
            try:
                self._activities.run(self._activity(held.fault.undo))
            except FaultError as error:
                left.append(str(error))
            if not self._prove_undone(held):
                left.append(f"{held.fault.action} is not proven undone")
        if left:
            raise FaultError("; ".join(left))

    def _prove(self, held: _Held) -> str:
        self._tell(held.fault, "injected")
        if not self._wait(held.fault, on=True, within_s=VERIFY_S):
            self._tell(held.fault, "unproven")
            return f"the proof of {held.fault.action} does not hold"
        self._tell(held.fault, "verified")
        held.watch = Sampling(lambda closed: self._sample(held, closed))
        return ""

    def _prove_undone(self, held: _Held) -> bool:
        self._tell(held.fault, "undone")
        gone = self._wait(held.fault, on=False, within_s=VERIFY_UNDONE_S)
        self._tell(held.fault, "verified_undone" if gone else "undo_failed")
        if gone:
            del self._held[held.fault.action]
            self._undo_log.undone(held.record)
        return gone

    def _sample(self, held: _Held, closed: Callable[[], bool]) -> None:
        """From the thread of its watch: whether the proof holds; ends a fault held too long."""
        with self._looking:
            on = self._activities.holds(held.fault.proof)
        if not closed():
            self._tell(held.fault, "held", on=on)
        if self._clock.monotonic_ns() - held.began_ns > held.fault.most_s * NS_PER_S:
            os.kill(os.getpid(), signal.SIGUSR1)

    def _wait(self, fault: DeclaredFault, *, on: bool, within_s: float) -> bool:
        ends_ns = self._clock.monotonic_ns() + round(within_s * NS_PER_S)
        while True:
            if self._activities.holds(fault.proof) is on:
                return True
            if self._clock.monotonic_ns() >= ends_ns:
                return False
            self._clock.sleep(_POLL_S)

    def _undo_of(self, fault: DeclaredFault) -> Undo:
        needed = {
            k: self._experiment[k] for k in ("configuration", "secrets") if k in self._experiment
        }
        data = {
            "undo": json.dumps(self._activity(fault.undo)),
            "proof": json.dumps(fault.proof),
            "experiment": json.dumps(needed),
        }
        return Undo(target=TOOLKIT, action=ACTION, resource=fault.target, data=data)

    def _activity(self, name: str) -> Mapping[str, Any]:
        every = [*self._experiment.get("method", ()), *self._experiment.get("rollbacks", ())]
        return next(activity for activity in every if activity.get("name") == name)

    def _tell(self, fault: DeclaredFault, kind: str, **data: Scalar) -> None:
        """A full disk must not keep a fault on."""
        try:
            self._timeline.tell(
                "fault", kind, fault.action, fault.target, fault_id=f"{ID}{fault.action}", **data
            )
        except OSError:
            return
