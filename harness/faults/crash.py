"""Kill the processes of an instance in place: what keeps it running starts it again at once."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults.base import AT_ONCE_S, Evidence, Proof, Seen
from harness.faults.on_instance import find_instance, look_at_instance
from harness.targets.base import Target, able
from harness.targets.cluster_abilities import Crashes


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """The crash of `instance`."""

    instance: str
    name: str = "crash"
    undo_action: str = "revive"
    look_again_s: float = AT_ONCE_S
    verify_within_s: float = 10.0  # a cluster reports a container's end a second or two later

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
        """Kill its processes."""
        del lease_s
        able(target, Crashes).crash(self.instance)

    def verify(self, target: Target, before: Seen) -> Proof:
        """Proven when that life of it has ended."""
        now = find_instance(target, self.instance)
        ended = able(target, Crashes).seen(before.identity) == "gone"
        evidence: Evidence = {"identity": before.identity, "ended": ended, "state": now.state}
        return Proof(proven=ended, evidence=evidence)

    def held(self, target: Target, before: Seen) -> Proof:
        """Held while that life of it does not come back."""
        return self.verify(target, before)

    def undo(self, target: Target) -> None:
        """Nothing to do: it is started again by itself."""

    def verify_undone(self, target: Target, before: Seen, last: Seen) -> Proof:
        """Undone when it is ready in another life, or in the same one, never killed."""
        del last
        now = find_instance(target, self.instance)
        evidence: Evidence = {
            "identity": now.identity,
            "identity_before": before.identity,
            "state": now.state,
        }
        return Proof(proven=now.state == "ready" and now.identity != "", evidence=evidence)
