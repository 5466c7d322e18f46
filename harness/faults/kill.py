"""Kill an instance and hold it down until it is undone, or until its target replaces it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults.base import AT_ONCE_S, Evidence, Proof, Seen
from harness.faults.on_instance import find_instance, look_at_instance
from harness.targets.base import Kills, Target, able
from harness.targets.cluster_abilities import Replaces
from harness.targets.records import InstanceStatus


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
        """Proven when that life of it has ended and the instance is down or may be replaced."""
        now = self._now(target, before)
        ended = able(target, Kills).seen(before.identity) == "gone"
        evidence: Evidence = {"identity": before.identity, "ended": ended, "state": now.state}
        replaces = isinstance(target, Replaces)
        if replaces and now.identity:
            evidence["replaced_by"] = now.identity
        return Proof(proven=ended and (replaces or now.state == "down"), evidence=evidence)

    def held(self, target: Target, before: Seen) -> Proof:
        """Held while the proof holds: that life of it must not come back."""
        return self.verify(target, before)

    def undo(self, target: Target) -> None:
        """Start it again."""
        able(target, Kills).revive(self.instance)

    def verify_undone(self, target: Target, before: Seen, last: Seen) -> Proof:
        """Undone when it is ready: in another life, or in the same one, never killed."""
        del last
        now = self._now(target, before)
        seen = able(target, Kills).seen(now.identity)
        evidence: Evidence = {
            "identity": now.identity,
            "identity_before": before.identity,
            "state": now.state,
        }
        lives = now.identity != "" and seen != "gone"
        return Proof(proven=lives and now.state == "ready", evidence=evidence)

    def _now(self, target: Target, before: Seen) -> InstanceStatus:
        """What is in its place: itself, or the instance that replaces it."""
        if isinstance(target, Replaces):
            return target.replacement(self.instance, before.identity)
        return find_instance(target, self.instance)
