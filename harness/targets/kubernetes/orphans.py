"""Undoes faults of this target by their undo records alone: they name context and namespace."""

from __future__ import annotations

from harness.errors import FaultError
from harness.targets.base import Proof, UndoData
from harness.targets.kubernetes.edge_faults import edges_at
from harness.targets.kubernetes.place import place_in
from harness.targets.records import split_slot


class KubernetesOrphans:
    """Implements harness.targets.base.Undoes without a run."""

    def undo(self, action: str, data: UndoData) -> None:
        """Undo it; a killed pod is replaced by its controller, so `revive` does nothing."""
        if action == "clear_edge":
            edges_at(place_in(data)).clear_edge(data["resource"])
        elif action != "revive":
            raise FaultError(f"no undo action {action!r}")

    def undone(self, action: str, data: UndoData) -> Proof:
        """Whether nothing of it is left."""
        if action == "clear_edge":
            return _is_clear(data)
        if action != "revive":
            raise FaultError(f"no undo action {action!r}")
        return Proof(holds=True, how="its controller replaces a killed pod")


def _is_clear(data: UndoData) -> Proof:
    """By what the keepers say that works now; no answer is no proof."""
    name, slot = split_slot(data["resource"])
    found = next((e for e in edges_at(place_in(data)).edges() if e.name == name), None)
    if found is None or found.error:
        return Proof(holds=False, how=found.error if found else f"no edge {name}")
    on = [fault.name for fault in found.faults if slot in ("", fault.name)]
    return Proof(holds=not on, how=f"the keepers of {name} have {', '.join(on) or 'no fault'} on")
