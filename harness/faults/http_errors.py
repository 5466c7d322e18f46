"""Answer requests on an edge with an HTTP error instead of passing them on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.on_edge import OnEdge
from harness.targets.records import EdgeFault


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpErrors(OnEdge):
    """`status` for `percent` of the requests; the destination never sees them."""

    name: ClassVar[str] = "errors"
    status: int = 503
    percent: float = 100.0

    def effect(self) -> EdgeFault:
        """What the edge has to do to its traffic."""
        return EdgeFault(kind="errors", status=self.status, percent=self.percent)
