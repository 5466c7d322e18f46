"""The fault that does nothing: to try a run's machinery, or to have a control run."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults.base import AT_ONCE_S, Evidence, Proof, Seen
from harness.targets.base import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Noop:
    """Nothing, aimed at `resource` (an edge; it need not exist)."""

    resource: str
    name: str = "noop"
    undo_action: str = "clear_edge"
    look_again_s: float = AT_ONCE_S

    @property
    def held_as(self) -> str:
        """The resource: it has one fault at a time."""
        return self.resource

    def settings(self) -> Evidence:
        """Nothing is asked for."""
        return {}

    def look(self, target: Target) -> Seen:
        """Nothing is looked at."""
        del target
        return Seen()

    def inject(self, target: Target, lease_s: float) -> None:
        """Do nothing."""
        del target, lease_s

    def verify(self, target: Target, before: Seen) -> Proof:
        """Nothing is always proven."""
        del target, before
        return Proof(proven=True)

    def held(self, target: Target, before: Seen) -> Proof:
        """Nothing is always held."""
        del target, before
        return Proof(proven=True)

    def undo(self, target: Target) -> None:
        """Undo nothing."""
        del target

    def verify_undone(self, target: Target, before: Seen, last: Seen) -> Proof:
        """Nothing is always undone."""
        del target, before, last
        return Proof(proven=True)
