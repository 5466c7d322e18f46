"""Refuse new connections of an edge, as a port without a listener does; reset the open ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from harness.faults.base import Evidence
from harness.faults.on_edge import OnEdge
from harness.targets.records import EdgeFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(OnEdge):
    """Callers get "connection refused". With `connections` new, open connections stay.

    The kernel refuses, so refused callers cannot be counted. The edge tries a connection of its own
    at each look instead: one that is refused is a hit.
    """

    name: ClassVar[str] = "refuse"
    connections: Literal["all", "new"] = "all"

    def effect(self) -> EdgeFault:
        """The refusal."""
        return EdgeFault(kind="refuse", connections=self.connections)

    def settings(self) -> Evidence:
        """No `percent`: the refused connections cannot be counted."""
        return {"effect": "refuse", "percent": None, "connections": self.connections}
