"""Kill an instance (SIGKILL) and hold it down until it is undone."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults.base import AT_ONCE_S, Evidence, Proof, Seen
from harness.faults.on_instance import find_instance, look_at_instance
from harness.targets.base import Kills, Target, able


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """The death of `instance`."""

    instance: str
    name: str = "kill"
    undo_action: str = "revive"
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
        """Which life of it that is."""
        return look_at_instance(target, self.instance)

    def inject(self, target: Target, lease_s: float) -> None:
        """Kill it."""
        able(target, Kills).kill(self.instance, lease_s)

    def verify(self, target: Target, before: Seen) -> Proof:
        """Proven when that life of it has ended and the target sees the instance down."""
        state = find_instance(target, self.instance).state
        ended = able(target, Kills).seen(before.identity) == "gone"
        evidence: Evidence = {"identity": before.identity, "ended": ended, "state": state}
        return Proof(proven=ended and state == "down", evidence=evidence)

    def held(self, target: Target, before: Seen) -> Proof:
        """Held while the target sees the instance down; that life of it must not come back."""
        return self.verify(target, before)

    def undo(self, target: Target) -> None:
        """Start it again."""
        able(target, Kills).revive(self.instance)

    def verify_undone(self, target: Target, before: Seen, last: Seen) -> Proof:
        """Undone when it is ready: in another life, or in the same one, never killed."""
        del last
        now = find_instance(target, self.instance)
        seen = able(target, Kills).seen(now.identity)
        evidence: Evidence = {
            "identity": now.identity,
            "identity_before": before.identity,
            "state": now.state,
        }
        lives = now.identity != "" and seen != "gone"
        return Proof(proven=lives and now.state == "ready", evidence=evidence)
