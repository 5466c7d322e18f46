"""What a keeper is started with: the edges of its pod, read from a file (a ConfigMap)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from harness.errors import ConfigError
from harness.system import Edge, EdgeName, HttpPath, Service
from harness.targets.edge_abilities import Via
from harness.targets.local.layout import PlacedEdge, PlacedInstance
from harness.targets.local.ports import HOST
from harness.targets.local.tcp_proxy.protocol import TcpEdgePlan

_PLAN_BYTES_MAX: Final = 100_000
Port = Annotated[int, Meta(ge=1, le=65535)]
Address = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9.-]{1,253}:[0-9]{1,5}\Z")]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An unknown key is an error."""


class HttpEdge(_Strict, frozen=True, kw_only=True):
    """An edge through Envoy: listens at `listen`:`port`, leads to all addresses of `upstream`.

    `second`: the addresses of a second version, which `shift` gives a share of the requests.
    `ready` is the path of Envoy's own health checks. `gateway`: callers are outside of the pod.
    """

    name: EdgeName
    port: Port
    upstream: Address
    second: Address | None = None
    ready: HttpPath = "/ready"
    gateway: bool = False
    in_flight_max: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class TcpEdge(_Strict, frozen=True, kw_only=True):
    """An edge through the TCP proxy, to one address."""

    name: EdgeName
    port: Port
    upstream: Address


class KeeperPlan(_Strict, frozen=True, kw_only=True):
    """All edges that this pod's service begins; a gateway's are those of the payers."""

    http: tuple[HttpEdge, ...] = ()
    tcp: tuple[TcpEdge, ...] = ()

    def http_edges(self) -> tuple[PlacedEdge, ...]:
        """As Envoy's configuration needs them."""
        return tuple(map(_placed, self.http))

    def tcp_edges(self) -> Iterator[TcpEdgePlan]:
        """As the TCP proxy needs them."""
        for edge in self.tcp:
            host, port = split_address(edge.upstream)
            yield TcpEdgePlan(name=edge.name, port=edge.port, host=host, upstream=port)


def read_plan(path: Path) -> KeeperPlan:
    """The plan in a file. Raises ConfigError."""
    with path.open("rb") as file:
        content = file.read(_PLAN_BYTES_MAX + 1)
    if len(content) > _PLAN_BYTES_MAX:
        raise ConfigError(f"more than {_PLAN_BYTES_MAX} bytes", file=path)
    try:
        return msgspec.json.decode(content, type=KeeperPlan)
    except msgspec.MsgspecError as error:
        raise ConfigError(str(error), file=path) from error


def split_address(address: str) -> tuple[str, int]:
    """host:port in its parts."""
    host, _, port = address.rpartition(":")
    return host, int(port)


def _placed(edge: HttpEdge) -> PlacedEdge:
    second = None if edge.second is None else _leading(edge, f"{edge.name}|second", edge.second)
    return replace(_leading(edge, edge.name, edge.upstream), second=second)


def _leading(edge: HttpEdge, name: str, upstream: str) -> PlacedEdge:
    host, port = split_address(upstream)
    destination = edge.name.rpartition(">")[2]
    service = Service(name=destination, ready=edge.ready)
    via: Via = "gateway" if edge.gateway else "mesh"
    return PlacedEdge(
        edge=Edge(name=name, via=via, in_flight_max=edge.in_flight_max),
        port=edge.port,
        behind=(PlacedInstance(name=destination, service=service, host=host, port=port),),
        may_be_cut=True,
        listens="0.0.0.0" if edge.gateway else HOST,  # noqa: S104  # payers are in other pods
    )
