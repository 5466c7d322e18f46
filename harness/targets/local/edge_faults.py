"""Check a fault against the declared table before an edge is asked to do it; pure."""

from __future__ import annotations

from typing import Final

from harness.errors import FaultError
from harness.targets.edge_abilities import (
    Via,
    abilities_of,
    ability_of,
    settings_of,
    wrong_settings,
)
from harness.targets.records import EdgeFault

MAX_LEASE_S: Final = 600.0


def check_fault(edge: str, via: Via, fault: EdgeFault) -> None:
    """Raise FaultError if such an edge cannot do that, naming the value and what is allowed."""
    row = ability_of(fault.kind, via)
    if row is None:
        known = ", ".join(row.kind for row in abilities_of(via))
        text = f"edge {edge} goes via {via}: it cannot do {fault.kind!r}; write one of {known}"
        raise FaultError(text)
    wrong = wrong_settings(row, settings_of(fault))
    if wrong:
        raise FaultError(f"edge {edge}: {fault.kind}: {'; '.join(map(str, wrong))}")


def check_lease(lease_s: float) -> None:
    """Raise FaultError unless the lease has an end."""
    if not 0 < lease_s <= MAX_LEASE_S:  # refuses NaN too
        raise FaultError(f"lease_s: {lease_s!r}: write more than 0 and at most {MAX_LEASE_S:g}")
