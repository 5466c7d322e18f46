"""What every target can do: list its instances and edges, fault them under a lease, and prove it.

A lease is the fault owner's own promise: a fault that nobody renews for `lease_s` is undone by the
target itself. Each call is short, bounded and safe to repeat.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

InstanceState = Literal["starting", "ready", "unready", "paused", "down", "stopped"]
EdgeFaultKind = Literal[
    "latency", "errors", "lost_answers", "bandwidth", "reset", "blackhole", "refuse"
]


class InstanceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One instance now. `pid` and `started_ticks` (/proc stat field 22) name a process for good."""

    name: str
    service: str
    state: InstanceState
    pid: int = 0
    started_ticks: int = 0
    address: str = ""
    leased: bool = False


class EdgeFault(msgspec.Struct, frozen=True, kw_only=True):
    """What an edge shall do to its traffic. `percent` of the requests (tcp edges: 100 only)."""

    kind: EdgeFaultKind
    percent: float = 100.0
    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    status: int = 503
    kbytes_per_s: float = 0.0


class EdgeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One edge now: requests (tcp: chunks) seen since start, how many a fault has touched."""

    name: str
    address: str
    requests: int
    hits: int
    fault: EdgeFault | None = None


class Target(Protocol):
    """A running system. Every method raises TargetError when the target does not answer in time."""

    def instances(self) -> tuple[InstanceStatus, ...]:
        """All instances, in the order of the system file."""

    def edges(self) -> tuple[EdgeStatus, ...]:
        """All edges, in the order of the system file."""

    def kill(self, instance: str, lease_s: float) -> InstanceStatus:
        """Kill (SIGKILL) and hold down until `revive` or the lease ends; who it was before."""

    def revive(self, instance: str) -> InstanceStatus:
        """Start a killed instance; returns at once (state starting). Nothing to do if it lives."""

    def pause(self, instance: str, lease_s: float) -> InstanceStatus:
        """Freeze (SIGSTOP the whole session) until `resume` or the lease ends."""

    def resume(self, instance: str) -> InstanceStatus:
        """Let it go on. Nothing to do if it was not paused."""

    def fault_edge(self, edge: str, fault: EdgeFault, lease_s: float) -> EdgeStatus:
        """Set the one fault of an edge, replacing any other."""

    def clear_edge(self, edge: str) -> EdgeStatus:
        """Take the fault away; bytes held by it go at once."""

    def renew(self, resource: str, lease_s: float) -> None:
        """Prolong the lease of an instance's or edge's fault. Raises if it has none (any more)."""
