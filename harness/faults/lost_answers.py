"""Pass requests on and lose their answers: the work is done, its caller never learns of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.on_edge import OnEdge
from harness.targets.records import EdgeFault


@dataclass(frozen=True, slots=True, kw_only=True)
class LostAnswers(OnEdge):
    """The answers to `percent` of the requests are lost."""

    name: ClassVar[str] = "lost_answers"
    percent: float = 100.0

    def effect(self) -> EdgeFault:
        """What the edge has to do to its traffic."""
        return EdgeFault(kind="lost_answers", percent=self.percent)
