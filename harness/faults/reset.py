"""End the connections of an edge with RST, at both ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.on_edge import OnEdge
from harness.targets.base import EdgeFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset(OnEdge):
    """RST for open connections, and for new ones as soon as they are accepted."""

    name: ClassVar[str] = "reset"

    def effect(self) -> EdgeFault:
        """The reset."""
        return EdgeFault(kind="reset")
