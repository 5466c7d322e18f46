"""Replays the undo records of faults through their targets when no process of the run is left."""

from __future__ import annotations

from collections.abc import Iterable

from harness.errors import HarnessError
from harness.safety.undo import UndoRecord
from harness.targets.registry import target_type


def undo_orphans(records: Iterable[UndoRecord]) -> tuple[str, ...]:
    """Undo every fault of these records by its target alone; what failed, a sentence each."""
    failed = []
    for record in records:
        try:
            target_type(record.target).orphaned().undo(record.action, record.data)
        except HarnessError as error:
            failed.append(f"{record.does} {record.resource}: {error}")
    return tuple(failed)
