"""Freeze an instance (SIGSTOP): it holds its connections and answers nothing."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults.base import AT_ONCE_S, Evidence, Proof, Seen
from harness.faults.on_instance import find_instance, look_at_instance
from harness.targets.base import Pauses, Target, able


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The freezing of `instance`."""

    instance: str
    name: str = "pause"
    undo_action: str = "resume"
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
        """Which life of it that is."""
        return look_at_instance(target, self.instance)

    def inject(self, target: Target, lease_s: float) -> None:
        """Freeze it."""
        able(target, Pauses).pause(self.instance, lease_s)

    def verify(self, target: Target, before: Seen) -> Proof:
        """Proven when the target reports it as paused and the kernel does not disagree."""
        state = find_instance(target, self.instance).state
        seen = able(target, Pauses).seen(before.identity)
        evidence: Evidence = {"identity": before.identity, "state": state, "seen": seen}
        return Proof(proven=state == "paused" and seen in ("paused", "unknown"), evidence=evidence)

    def held(self, target: Target, before: Seen) -> Proof:
        """Held while the proof holds."""
        return self.verify(target, before)

    def undo(self, target: Target) -> None:
        """Let it go on."""
        able(target, Pauses).resume(self.instance)

    def verify_undone(self, target: Target, before: Seen, last: Seen) -> Proof:
        """Undone when it is ready and runs."""
        del last
        now = find_instance(target, self.instance)
        seen = able(target, Pauses).seen(now.identity)
        evidence: Evidence = {
            "identity": now.identity,
            "identity_before": before.identity,
            "state": now.state,
            "seen": seen,
        }
        return Proof(proven=now.state == "ready" and seen != "paused", evidence=evidence)
