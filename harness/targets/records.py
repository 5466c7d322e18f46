"""What a target says of its instances, its edges and their faults.

An edge can have several faults at once, in the order in which they were set. Each has a `slot`, its
name on that edge. `edge#slot` addresses one of them in `clear_edge` and `renew`, and so in the undo
log; the edge's name alone addresses all of them. `edge_abilities` lists which edge can do what.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

USUAL: Final = "local"  # the target of a system that names none
SLOT_MARK: Final = "#"
Direction = Literal["upstream", "downstream", "both"]
InstanceState = Literal["starting", "ready", "unready", "paused", "down", "stopped"]
# `unknown`: the target cannot tell.
IdentityState = Literal["running", "paused", "gone", "unknown"]
EdgeFaultKind = Literal[
    "latency",
    "errors",
    "lost_answers",
    "shift",
    "bandwidth",
    "slicer",
    "limit_data",
    "slow_close",
    "timeout",
    "reset",
    "refuse",
    "blackhole",
]


class InstanceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One instance now.

    `identity` names this life of the instance and never another one. Only the target reads it:
    locally a process with its start time, elsewhere a container id or a pod uid. "" while nothing
    runs, or where the target cannot tell.
    `deaths`: how often it has ended unasked. `variables`: what a fault has given this life of it
    besides its own environment.
    """

    name: str
    service: str
    state: InstanceState
    identity: str = ""
    address: str = ""
    leased: bool = False
    deaths: int = 0
    variables: dict[str, str] = {}


class EdgeFault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of an edge. `edge_abilities` lists each setting's unit, range and meaning.

    `slot` names it among the faults of its edge; "" means its kind. `seed` decides which
    connections a `percent` below 100 chooses. `direction` None is the kind's own default.
    """

    kind: EdgeFaultKind
    slot: str = ""
    percent: float = 100.0
    connections: Literal["all", "new"] = "all"
    direction: Direction | None = None
    seed: int = 0
    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    status: int = 503
    kbytes_per_s: float = 0.0
    average_bytes: int = 0
    variation_bytes: int = 0
    gap_ms: float = 0.0
    limit_bytes: int = 0
    delay_ms: float = 0.0
    timeout_ms: float = 0.0
    after_ms: float = 0.0

    @property
    def name(self) -> str:
        """Its slot, which is its kind where none was given."""
        return self.slot or self.kind


class FaultCount(msgspec.Struct, frozen=True, kw_only=True):
    """What one fault has touched on its edge; each count only grows, also after its end.

    `hits`: what the table calls a hit, of `exposed` that could have been one; `failed` of the hits
    were answered with 5xx (counted for `shift` only). `bytes`: bytes of the hits. `connections`:
    tcp edges: those that the fault has chosen, of `offered` that it could have chosen. `delay_ms`:
    sum of the delays measured on the hits, None where none is measured.
    """

    slot: str
    hits: int = 0
    exposed: int = 0
    failed: int = 0
    bytes: int = 0
    connections: int = 0
    offered: int = 0
    delay_ms: float | None = None


class EdgeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One edge now. `requests` (tcp: chunks) and `hits`, of all faults, count since the start.

    `faults` are those that work now, in order; `counts` has one entry for each fault ever set.
    `error` says why the edge does not do what was asked of it, "" if it does.
    """

    name: str
    address: str
    requests: int
    hits: int
    faults: tuple[EdgeFault, ...] = ()
    counts: tuple[FaultCount, ...] = ()
    error: str = ""

    @property
    def fault(self) -> EdgeFault | None:
        """The first fault that works now."""
        return self.faults[0] if self.faults else None

    def fault_in(self, slot: str) -> EdgeFault | None:
        """The fault in that slot, if it works now."""
        return next((fault for fault in self.faults if fault.name == slot), None)

    def count_of(self, slot: str) -> FaultCount:
        """What the fault in that slot has touched; zeros if there never was one."""
        found = (count for count in self.counts if count.slot == slot)
        return next(found, FaultCount(slot=slot))


def split_slot(resource: str) -> tuple[str, str]:
    """`edge#slot` as (edge, slot); slot "" where the resource is an instance or a whole edge."""
    name, mark, slot = resource.rpartition(SLOT_MARK)
    return (name, slot) if mark else (resource, "")
