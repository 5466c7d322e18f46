"""Undoes faults of a local system whose supervisor has ended: paused processes are resumed."""

from __future__ import annotations

import signal

from harness.safety.identity import signal_family
from harness.targets.base import Proof, UndoData
from harness.targets.local.process_name import process_of, seen_of


class LocalOrphans:
    """Implements harness.targets.base.Undoes without a supervisor.

    A killed instance and a faulted edge have ended with the supervisor; `heal` ends all recorded
    processes before it asks for the proof.
    """

    def undo(self, action: str, data: UndoData) -> None:
        """Let a paused process and its session go on."""
        process = process_of(data.get("identity", ""))
        if action == "resume" and process.pid:
            signal_family(*process, signal.SIGCONT)

    def undone(self, action: str, data: UndoData) -> Proof:
        """Whether no process of the fault is stopped."""
        del action
        identity = data.get("identity", "")
        if seen_of(identity) == "paused":
            return Proof(holds=False, how=f"pid {process_of(identity).pid} is still stopped")
        return Proof(holds=True, how="the system that bore it has ended")
