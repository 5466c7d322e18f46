"""Take an instance's machine out of service: nothing is placed there, and the system leaves it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults.base import AT_ONCE_S, Evidence, Proof, Seen
from harness.targets.base import Target, able
from harness.targets.cluster_abilities import Drains


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """The node that carries `instance`, without its instances of this system."""

    instance: str
    name: str = "drain"
    undo_action: str = "uncordon"
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
        """Nothing can be set."""
        return {}

    def look(self, target: Target) -> Seen:
        """Which node carries it; the undo record keeps it as the identity."""
        return Seen(identity=able(target, Drains).node_of(self.instance))

    def inject(self, target: Target, lease_s: float) -> None:
        """Close the node and evict the system's instances."""
        able(target, Drains).drain(able(target, Drains).node_of(self.instance), lease_s)

    def verify(self, target: Target, before: Seen) -> Proof:
        """Proven when the node takes nothing and carries no instance that is not ending."""
        node = able(target, Drains).node(before.identity)
        evidence: Evidence = {
            "node": before.identity,
            "closed": node.closed,
            "instances": len(node.instances),
        }
        return Proof(proven=node.closed and not node.instances, evidence=evidence)

    def held(self, target: Target, before: Seen) -> Proof:
        """Held while the proof holds."""
        return self.verify(target, before)

    def undo(self, target: Target) -> None:
        """Open every node that this target has closed."""
        able(target, Drains).open_nodes()

    def verify_undone(self, target: Target, before: Seen, last: Seen) -> Proof:
        """Undone when the node takes instances again and all instances are ready."""
        del last
        drains = able(target, Drains)
        closed = drains.node(before.identity).closed
        waiting = [i.name for i in drains.instances() if i.state != "ready"]
        evidence: Evidence = {"node": before.identity, "closed": closed, "not_ready": len(waiting)}
        return Proof(proven=not closed and not waiting, evidence=evidence)
