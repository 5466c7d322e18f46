"""Shift a share of an edge's requests to the second version of what is behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from harness.faults.on_edge import OnEdge
from harness.targets.records import EdgeFault

_USUAL_S: Final = 3.0
_PERCENT_S: Final = 30.0
_LONGEST_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift(OnEdge):
    """`percent` of the requests go to the second version."""

    name: ClassVar[str] = "shift"
    percent: float = 100.0

    @property
    def verify_within_s(self) -> float:
        """A small share needs longer until the first request comes by: 3 s at 10 %, 30 s at 1 %."""
        return min(max(_USUAL_S, _PERCENT_S / self.percent), _LONGEST_S)

    def effect(self) -> EdgeFault:
        """What the edge has to do to its traffic."""
        return EdgeFault(kind="shift", percent=self.percent)
