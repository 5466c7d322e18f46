"""Undoes faults of this target by their undo records alone: they name context and namespace."""

from __future__ import annotations

from harness.errors import FaultError
from harness.targets.base import Proof, UndoData


class KubernetesOrphans:
    """Implements harness.targets.base.Undoes without a run."""

    def undo(self, action: str, data: UndoData) -> None:
        """Undo it; a killed pod is replaced by its controller, so `revive` does nothing."""
        del data
        if action != "revive":
            raise FaultError(f"no undo action {action!r}")

    def undone(self, action: str, data: UndoData) -> Proof:
        """Whether nothing of it is left."""
        del data
        if action != "revive":
            raise FaultError(f"no undo action {action!r}")
        return Proof(holds=True, how="its controller replaces a killed pod")
