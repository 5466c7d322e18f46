"""What faults of an edge share: they are set on the edge, and its hit counter proves them.

Without traffic on the edge the counter does not grow, and the fault stays unproven.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from harness.errors import UnknownResourceError
from harness.faults.base import QUIET_S, Evidence, Proof, Seen
from harness.targets.base import EdgeFaults, Target, able
from harness.targets.edge_abilities import settings_of
from harness.targets.records import SLOT_MARK, EdgeFault, EdgeStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class OnEdge(ABC):
    """A fault of `edge`. A subclass names itself and states its effect.

    `slot` tells it from other faults of the edge that are on at the same time; "" is its kind.
    """

    name: ClassVar[str]
    undo_action: ClassVar[str] = "clear_edge"
    look_again_s: ClassVar[float] = QUIET_S
    edge: str
    slot: str = ""
    seed: int = 0

    @property
    def resource(self) -> str:
        """The edge."""
        return self.edge

    @property
    def held_as(self) -> str:
        """This fault of the edge."""
        return f"{self.edge}{SLOT_MARK}{self.asked.name}"

    @property
    def asked(self) -> EdgeFault:
        """The effect, in its slot."""
        return msgspec.structs.replace(self.effect(), slot=self.slot, seed=self.seed)

    @abstractmethod
    def effect(self) -> EdgeFault:
        """What the edge has to do to its traffic."""

    def settings(self) -> Evidence:
        """What was asked for, without what does not matter to this kind."""
        effect = self.effect()
        return {"effect": effect.kind, "percent": effect.percent, **settings_of(effect)}

    def look(self, target: Target) -> Seen:
        """The counters of this fault now."""
        return self._seen(find_edge(target, self.edge))

    def inject(self, target: Target, lease_s: float) -> None:
        """Set it on the edge."""
        able(target, EdgeFaults).fault_edge(self.edge, self.asked, lease_s)

    def verify(self, target: Target, before: Seen) -> Proof:
        """Proven when it is set and has touched at least one request."""
        edge = find_edge(target, self.edge)
        now = self._seen(edge)
        evidence: Evidence = {
            "hits_before": before.hits,
            "hits_after": now.hits,
            "requests_before": before.requests,
            "requests_after": now.requests,
        }
        works = edge.fault_in(self.asked.name) == self.asked
        return Proof(proven=works and now.hits > before.hits, evidence=evidence)

    def held(self, target: Target, before: Seen) -> Proof:
        """Held while exactly this effect works on the edge; the counters show the dose."""
        edge = find_edge(target, self.edge)
        works = edge.fault_in(self.asked.name)
        evidence = _dose(self._seen(edge), before)
        if "delay_ms" not in evidence and works is not None and works.latency_ms:
            evidence["set_ms"] = works.latency_ms
        return Proof(proven=works == self.asked, evidence=evidence)

    def undo(self, target: Target) -> None:
        """Take it off the edge; other faults of the edge stay."""
        able(target, EdgeFaults).clear_edge(self.held_as)

    def verify_undone(self, target: Target, before: Seen, last: Seen) -> Proof:
        """Undone when it is not set and has touched no request since the last look."""
        edge = find_edge(target, self.edge)
        now = self._seen(edge)
        evidence: Evidence = {
            "hits_before": before.hits,
            "hits_last": last.hits,
            "hits_after": now.hits,
            "requests_last": last.requests,
            "requests_after": now.requests,
        }
        if edge.error:
            evidence["error"] = edge.error
        is_off = edge.fault_in(self.asked.name) is None and not edge.error
        return Proof(proven=is_off and now.hits == last.hits, evidence=evidence)

    def _seen(self, edge: EdgeStatus) -> Seen:
        count = edge.count_of(self.asked.name)
        return Seen(
            hits=count.hits,
            requests=edge.requests,
            exposed=count.exposed,
            chosen=count.connections,
            offered=count.offered,
            delay_ms=count.delay_ms,
        )


def find_edge(target: object, name: str) -> EdgeStatus:
    """The current state of the edge. Raises UnknownResourceError."""
    found = able(target, EdgeFaults).edges()
    for edge in found:
        if edge.name == name:
            return edge
    known = ", ".join(e.name for e in found)
    raise UnknownResourceError(f"no edge {name!r}; known: {known}")


def _dose(now: Seen, before: Seen) -> Evidence:
    """Units are connections where the edge chooses among them, else what `hits` counts."""
    offered = now.offered - before.offered
    dose: Evidence = {
        "units": offered or now.exposed - before.exposed,
        "touched": now.chosen - before.chosen if offered else now.hits - before.hits,
    }
    if offered:
        dose |= {"exact": True, "hits": now.hits - before.hits}
    if now.delay_ms is not None and before.delay_ms is not None:
        dose["delay_ms"] = round(now.delay_ms - before.delay_ms, 3)
    return dose
