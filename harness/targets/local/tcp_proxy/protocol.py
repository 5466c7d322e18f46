"""What the supervisor and the TCP proxy say to each other: one JSON line each way."""

from __future__ import annotations

from typing import Literal

import msgspec

from harness.targets.records import EdgeFault, FaultCount


class TcpEdgePlan(msgspec.Struct, frozen=True, kw_only=True):
    """One edge: listen at `port`, forward to `host:upstream`, or to a unix `socket` if it has one.

    What the caller sees (its own TCP connection: delayed, reset, swallowed) is the same.
    """

    name: str
    port: int
    host: str
    upstream: int
    socket: str = ""


class TcpProxyPlan(msgspec.Struct, frozen=True, kw_only=True):
    """All that the proxy is started with."""

    control: str
    edges: tuple[TcpEdgePlan, ...]


class TcpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the proxy has to do; `status` needs no edge. `slot` "" addresses all faults."""

    op: Literal["set", "clear", "renew", "status"]
    edge: str = ""
    slot: str = ""
    fault: EdgeFault | None = None
    lease_s: float = 0.0


class TcpEdgeState(msgspec.Struct, frozen=True, kw_only=True):
    """One edge now."""

    name: str
    chunks: int
    faults: tuple[EdgeFault, ...] = ()
    counts: tuple[FaultCount, ...] = ()
    error: str = ""


class TcpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`error` is "" when the request was done; `edges` lists all edges, for a `status`."""

    edges: tuple[TcpEdgeState, ...] = ()
    error: str = ""
