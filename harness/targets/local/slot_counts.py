"""Splits Envoy's counters, one for each kind of fault, among the slots that used that kind."""

from __future__ import annotations

from collections.abc import Mapping

from harness.targets.records import EdgeFaultKind, FaultCount


class SlotCounts:
    """The counts of one edge. At most one slot has a fault of a kind at any time."""

    def __init__(self) -> None:
        self._kinds: dict[str, EdgeFaultKind] = {}
        self._owners: dict[EdgeFaultKind, str] = {}
        self._since: dict[str, FaultCount] = {}  # the kind's counts, less the slot's own
        self._ended: dict[str, FaultCount] = {}

    def take_over(self, slot: str, kind: EdgeFaultKind, now: FaultCount) -> None:
        """From now on what the kind counts belongs to this slot."""
        owner = self._owners.get(kind)
        if owner == slot:
            return
        if owner is not None:
            self._ended[owner] = _difference(owner, now, self._since[owner])
        own = self._ended.pop(slot, FaultCount(slot=slot))
        self._kinds[slot], self._owners[kind] = kind, slot
        self._since[slot] = _difference(slot, now, own)

    def all(self, now: Mapping[EdgeFaultKind, FaultCount]) -> tuple[FaultCount, ...]:
        """The count of every slot, given those of the kinds; a slot without the kind stays."""
        return tuple(
            self._ended.get(slot) or _difference(slot, now[kind], self._since[slot])
            for slot, kind in self._kinds.items()
        )


def _difference(slot: str, one: FaultCount, other: FaultCount) -> FaultCount:
    return FaultCount(
        slot=slot,
        hits=one.hits - other.hits,
        exposed=one.exposed - other.exposed,
        failed=one.failed - other.failed,
    )
