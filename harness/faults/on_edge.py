"""What faults of an edge share: they are set on the edge, and its hit counter proves them.

An edge without traffic proves nothing: such a fault stays unproven, whatever was configured.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from harness.errors import UnknownResourceError
from harness.faults.base import QUIET_S, Evidence, Finding, Seen
from harness.safety.undo import UndoKind
from harness.targets.base import EdgeFault, EdgeStatus, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class OnEdge(ABC):
    """A fault of `edge`. A subclass names itself and states its effect."""

    name: ClassVar[str]
    undo_kind: ClassVar[UndoKind] = "clear_edge"
    look_again_s: ClassVar[float] = QUIET_S
    edge: str

    @property
    def resource(self) -> str:
        """The edge."""
        return self.edge

    @abstractmethod
    def effect(self) -> EdgeFault:
        """What the edge shall do to its traffic."""

    def settings(self) -> Evidence:
        """What was asked for, without what does not matter to this kind."""
        effect, plain = self.effect(), EdgeFault(kind=self.effect().kind)
        changed = {
            key: getattr(effect, key)
            for key in effect.__struct_fields__
            if getattr(effect, key) != getattr(plain, key)
        }
        return {"effect": effect.kind, "percent": effect.percent, **changed}

    def look(self, target: Target) -> Seen:
        """The edge's counters now."""
        return self._seen(find_edge(target, self.edge))

    def inject(self, target: Target, lease_s: float) -> None:
        """Set it on the edge."""
        target.fault_edge(self.edge, self.effect(), lease_s)

    def verify(self, target: Target, before: Seen) -> Finding:
        """Proven when it is set and has touched at least one request."""
        edge = find_edge(target, self.edge)
        return Finding(
            proven=edge.fault is not None and edge.hits > before.hits,
            evidence={
                "hits_before": before.hits,
                "hits_after": edge.hits,
                "requests_before": before.requests,
                "requests_after": edge.requests,
            },
        )

    def held(self, target: Target, before: Seen) -> Finding:
        """Held while exactly this effect works on the edge; the counters show the dose."""
        edge = find_edge(target, self.edge)
        works = edge.fault_in(self.effect().name)
        evidence = _dose(self._seen(edge), before)
        if "delay_ms" not in evidence and works is not None and works.latency_ms:
            evidence["set_ms"] = works.latency_ms
        return Finding(proven=works == self.effect(), evidence=evidence)

    def undo(self, target: Target) -> None:
        """Take it off the edge."""
        target.clear_edge(self.edge)

    def verify_undone(self, target: Target, before: Seen, last: Seen) -> Finding:
        """Undone when none is set and no request was touched since the last look."""
        edge = find_edge(target, self.edge)
        return Finding(
            proven=edge.fault is None and edge.hits == last.hits,
            evidence={
                "hits_before": before.hits,
                "hits_last": last.hits,
                "hits_after": edge.hits,
                "requests_last": last.requests,
                "requests_after": edge.requests,
            },
        )

    def _seen(self, edge: EdgeStatus) -> Seen:
        chosen = edge.count_of(self.effect().name)
        return Seen(
            hits=edge.hits,
            requests=edge.requests,
            exposed=edge.exposed,
            chosen=chosen.connections,
            offered=chosen.offered,
            delay_ms=edge.delay_ms,
        )


def find_edge(target: Target, name: str) -> EdgeStatus:
    """The edge as it is now. Raises UnknownResourceError."""
    found = target.edges()
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
    if now.delay_ms is not None and before.delay_ms is not None:
        dose["delay_ms"] = round(now.delay_ms - before.delay_ms, 3)
    return dose
