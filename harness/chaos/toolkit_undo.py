"""Replays undo records of declared faults: the undo activity runs, and the proof must be false."""

from __future__ import annotations

import json
from typing import Self

from harness.chaos.activity import Activities
from harness.safety.state import State
from harness.targets.base import CALL_LIMIT_S, Proof, UndoData, Undoes

ACTION = "run"


class ToolkitUndo:
    """Implements harness.targets.base.Target for faults of foreign Chaos Toolkit activities.

    `data` has the JSON of the undo activity, of the proof probe, and of what both need of the
    experiment (configuration and secrets).
    """

    @classmethod
    def attach(cls, state: State, limit_s: float = CALL_LIMIT_S) -> Self:
        """The same for every state folder."""
        del state, limit_s
        return cls()

    @classmethod
    def orphaned(cls) -> Undoes:
        """Itself: it needs no process of the run."""
        return cls()

    def undo(self, action: str, data: UndoData) -> None:
        """Run the undo activity. Raises FaultError."""
        del action
        Activities(json.loads(data["experiment"])).run(json.loads(data["undo"]))

    def undone(self, action: str, data: UndoData) -> Proof:
        """Undone when the proof probe does not hold any more."""
        del action
        probe = json.loads(data["proof"])
        holds = Activities(json.loads(data["experiment"])).holds(probe)
        words = {True: "still holds", False: "does not hold any more", None: "failed"}
        return Proof(holds is False, f"the proof {probe.get('name')!r} {words[holds]}")
