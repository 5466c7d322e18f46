"""Cut the network between the services of an edge, for new connections and by its own means."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults.base import AT_ONCE_S, Evidence, Proof, Seen
from harness.targets.base import Target, able
from harness.targets.cluster_abilities import CutsNetwork
from harness.targets.records import SLOT_MARK


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """No new connection of `edge` passes. Connections that are open may stay open."""

    edge: str
    name: str = "cut"
    undo_action: str = "join_network"
    look_again_s: float = AT_ONCE_S

    @property
    def resource(self) -> str:
        """The edge."""
        return self.edge

    @property
    def held_as(self) -> str:
        """This fault of the edge."""
        return f"{self.edge}{SLOT_MARK}{self.name}"

    def settings(self) -> Evidence:
        """Nothing can be set."""
        return {}

    def look(self, target: Target) -> Seen:
        """How many new connections pass, of how many."""
        passed, tried = able(target, CutsNetwork).passing(self.edge)
        return Seen(hits=passed, requests=tried)

    def inject(self, target: Target, lease_s: float) -> None:
        """Cut it."""
        able(target, CutsNetwork).cut_network(self.edge, lease_s)

    def verify(self, target: Target, before: Seen) -> Proof:
        """Proven when connections passed before and none does now."""
        now = self.look(target)
        evidence: Evidence = {
            "passed_before": before.hits,
            "passed": now.hits,
            "tried": now.requests,
        }
        return Proof(proven=before.hits > 0 and now.hits == 0 < now.requests, evidence=evidence)

    def held(self, target: Target, before: Seen) -> Proof:
        """Held while no connection passes."""
        return self.verify(target, before)

    def undo(self, target: Target) -> None:
        """Let them pass."""
        able(target, CutsNetwork).join_network(self.edge)

    def verify_undone(self, target: Target, before: Seen, last: Seen) -> Proof:
        """Undone when every connection passes."""
        del last
        now = self.look(target)
        evidence: Evidence = {
            "passed_before": before.hits,
            "passed": now.hits,
            "tried": now.requests,
        }
        return Proof(proven=now.hits == now.requests > 0, evidence=evidence)
