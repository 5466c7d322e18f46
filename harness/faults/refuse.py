"""Refuse new connections of an edge, as a port does that has no listener; reset the open ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.on_edge import OnEdge
from harness.targets.base import EdgeFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(OnEdge):
    """Callers get "connection refused"."""

    name: ClassVar[str] = "refuse"

    def effect(self) -> EdgeFault:
        """The refusal."""
        return EdgeFault(kind="refuse")
