"""Replace all instances of a service by new ones, a few at a time, as for a new version."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults.base import AT_ONCE_S, Evidence, Proof, Seen
from harness.targets.base import Target, able
from harness.targets.cluster_abilities import RollsOut
from harness.targets.records import SLOT_MARK, InstanceStatus

_BETWEEN = ","


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """A rolling update of `service`. It ends by itself: the undo waits for its end."""

    service: str
    name: str = "rollout"
    undo_action: str = "await_rollout"
    look_again_s: float = AT_ONCE_S

    @property
    def resource(self) -> str:
        """The service."""
        return self.service

    @property
    def held_as(self) -> str:
        """This fault of the service."""
        return f"{self.service}{SLOT_MARK}{self.name}"

    def settings(self) -> Evidence:
        """Nothing can be set."""
        return {}

    def look(self, target: Target) -> Seen:
        """The lives of its instances."""
        return Seen(identity=_BETWEEN.join(sorted(self._lives(target))))

    def inject(self, target: Target, lease_s: float) -> None:
        """Begin the update."""
        del lease_s
        able(target, RollsOut).roll_out(self.service)

    def verify(self, target: Target, before: Seen) -> Proof:
        """Proven when an instance that was not there before has been made."""
        lives = self._lives(target)
        old = set(before.identity.split(_BETWEEN)) & lives
        evidence: Evidence = {"old": len(old), "new": len(lives - old)}
        return Proof(proven=len(lives) > len(old), evidence=evidence)

    def held(self, target: Target, before: Seen) -> Proof:
        """Held from the first new instance on, also after the update has ended."""
        return self.verify(target, before)

    def undo(self, target: Target) -> None:
        """Nothing: the update goes on to its end."""

    def verify_undone(self, target: Target, before: Seen, last: Seen) -> Proof:
        """Over when no instance from before is there and all others are ready."""
        del last
        found = self.verify(target, before)
        states = {i.state for i in self._instances(target)}
        is_over = found.evidence["old"] == 0 and states == {"ready"}
        return Proof(proven=is_over, evidence=found.evidence)

    def _lives(self, target: Target) -> set[str]:
        return {i.identity for i in self._instances(target) if i.identity}

    def _instances(self, target: Target) -> list[InstanceStatus]:
        return [i for i in able(target, RollsOut).instances() if i.service == self.service]
