"""What faults of tcp edges share: the connections that they choose, and a direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.faults.on_edge import OnEdge
from harness.targets.records import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class OnConnections(OnEdge):
    """`percent` of the connections: open and new ones, or new ones only.

    A connection is chosen once and stays chosen while the fault is on. `direction` None is the
    kind's own default, as the table of edge faults says.
    """

    percent: float = 100.0
    connections: Literal["all", "new"] = "all"
    direction: Direction | None = None
