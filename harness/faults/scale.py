"""Change how many instances a service has, until the fault is undone."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults.base import AT_ONCE_S, Evidence, Proof, Seen
from harness.targets.base import Instances, Scales, Target, able
from harness.targets.records import SLOT_MARK, InstanceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """`replicas` instances of `service`."""

    service: str
    replicas: int
    name: str = "scale"
    undo_action: str = "unscale"
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
        """How many."""
        return {"replicas": self.replicas}

    def look(self, target: Target) -> Seen:
        """How many there are; the undo record keeps it as the identity."""
        return Seen(identity=str(len(self._instances(target))))

    def inject(self, target: Target, lease_s: float) -> None:
        """Ask for that many."""
        able(target, Scales).scale(self.service, self.replicas, lease_s)

    def verify(self, target: Target, before: Seen) -> Proof:
        """Proven when that many instances are asked for and there, ready or starting."""
        asked = self._instances(target)
        there = [i for i in asked if i.state != "down"]
        evidence: Evidence = {
            "before": int(before.identity),
            "replicas": len(there),
            "ready": len([i for i in there if i.state == "ready"]),
        }
        proven = len(asked) == len(there) == self.replicas
        return Proof(proven=proven, evidence=evidence)

    def held(self, target: Target, before: Seen) -> Proof:
        """Held while the target asks for that many."""
        asked = len(self._instances(target))
        found = self.verify(target, before)
        return Proof(proven=asked == self.replicas, evidence=found.evidence)

    def undo(self, target: Target) -> None:
        """Go back to as many as before."""
        able(target, Scales).unscale(self.service)

    def verify_undone(self, target: Target, before: Seen, last: Seen) -> Proof:
        """Undone when as many as before are there and ready."""
        del last
        found = self.verify(target, before)
        states = [i.state for i in self._instances(target)]
        back = len(states) == int(before.identity) and set(states) <= {"ready"}
        return Proof(proven=back, evidence=found.evidence)

    def _instances(self, target: Target) -> list[InstanceStatus]:
        return [i for i in able(target, Instances).instances() if i.service == self.service]
