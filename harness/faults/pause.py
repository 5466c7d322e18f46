"""Freeze an instance (SIGSTOP): it holds its connections and answers nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.faults.base import AT_ONCE_S, Evidence, Finding, Seen
from harness.faults.on_instance import find_instance, look_at_instance
from harness.safety.identity import process_state
from harness.safety.undo import UndoKind
from harness.targets.base import Target

_STOPPED: Final = "T"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The freezing of `instance`."""

    instance: str
    name: str = "pause"
    undo_kind: UndoKind = "resume"
    look_again_s: float = AT_ONCE_S

    @property
    def resource(self) -> str:
        """The instance."""
        return self.instance

    @property
    def held_as(self) -> str:
        """The resource: it has one fault at a time."""
        return self.resource

    def settings(self) -> Evidence:
        """The signal."""
        return {"signal": "SIGSTOP"}

    def look(self, target: Target) -> Seen:
        """Which process it is."""
        return look_at_instance(target, self.instance)

    def inject(self, target: Target, lease_s: float) -> None:
        """Freeze it."""
        target.pause(self.instance, lease_s)

    def verify(self, target: Target, before: Seen) -> Finding:
        """Proven when the target sees it paused and, where we can see it too, the kernel agrees."""
        state = find_instance(target, self.instance).state
        kernel = process_state(before.pid, before.started_ticks)
        return Finding(
            proven=state == "paused" and kernel in (_STOPPED, ""),
            evidence=_evidence(before, state, kernel),
        )

    def held(self, target: Target, before: Seen) -> Finding:
        """Held while the instance is paused and, where we can see it too, the kernel agrees."""
        return self.verify(target, before)

    def undo(self, target: Target) -> None:
        """Let it go on."""
        target.resume(self.instance)

    def verify_undone(self, target: Target, before: Seen, last: Seen) -> Finding:
        """Undone when it is ready and runs."""
        del last
        now = find_instance(target, self.instance)
        kernel = process_state(now.pid, now.started_ticks)
        seen = Seen(pid=now.pid, started_ticks=now.started_ticks)
        evidence = _evidence(seen, now.state, kernel)
        return Finding(
            proven=now.state == "ready" and kernel != _STOPPED,
            evidence={**evidence, "pid_before": before.pid},
        )


def _evidence(seen: Seen, state: str, kernel: str) -> Evidence:
    return {
        "pid": seen.pid,
        "started_ticks": seen.started_ticks,
        "state": state,
        "kernel_state": kernel,
    }
