"""Kill an instance (SIGKILL) and hold it down until it is undone."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults.base import AT_ONCE_S, Evidence, Finding, Seen
from harness.faults.on_instance import find_instance, look_at_instance
from harness.safety.identity import is_alive
from harness.safety.undo import UndoKind
from harness.targets.base import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """The death of `instance`."""

    instance: str
    name: str = "kill"
    undo_kind: UndoKind = "revive"
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
        return {"signal": "SIGKILL"}

    def look(self, target: Target) -> Seen:
        """Which process it is."""
        return look_at_instance(target, self.instance)

    def inject(self, target: Target, lease_s: float) -> None:
        """Kill it."""
        target.kill(self.instance, lease_s)

    def verify(self, target: Target, before: Seen) -> Finding:
        """Proven when that very process has ended and the target sees the instance down."""
        state = find_instance(target, self.instance).state
        ended = before.pid > 0 and not is_alive(before.pid, before.started_ticks)
        evidence: Evidence = {
            "pid": before.pid,
            "started_ticks": before.started_ticks,
            "ended": ended,
            "state": state,
        }
        return Finding(proven=ended and state == "down", evidence=evidence)

    def held(self, target: Target, before: Seen) -> Finding:
        """Held while the target sees the instance down; its process must not have come back."""
        return self.verify(target, before)

    def undo(self, target: Target) -> None:
        """Start it again."""
        target.revive(self.instance)

    def verify_undone(self, target: Target, before: Seen, last: Seen) -> Finding:
        """Undone when it is ready: as another process, or as the same one, never killed."""
        del last
        now = find_instance(target, self.instance)
        other = (now.pid, now.started_ticks) != (before.pid, before.started_ticks)
        evidence: Evidence = {
            "pid": now.pid,
            "started_ticks": now.started_ticks,
            "pid_before": before.pid,
            "state": now.state,
        }
        lives = now.pid > 0 and (other or is_alive(before.pid, before.started_ticks))
        return Finding(proven=lives and now.state == "ready", evidence=evidence)
