"""The places of a system on this machine (ports, folders, addresses); pure, given the ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from harness.errors import ConfigError
from harness.system import Edge, Service, System
from harness.targets.local.ports import HOST

_POSTGRES_PORT = 5432


class PortSource(Protocol):
    """Who gives ports."""

    def take(self) -> int:
        """A free one."""

    def claim(self, port: int, what: str) -> int:
        """That one, or RefusedError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedInstance:
    """One instance and the address it listens at. `ours` is False where it runs already.

    `url`: where it is reached if that is more than host and port (https, a base path).
    """

    name: str
    service: Service
    host: str
    port: int
    ours: bool = True
    url: str = ""

    @property
    def address(self) -> str:
        """host:port."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedEdge:
    """One edge: the address it listens at, the port its callers use, the instances behind it.

    `may_be_cut`: its network may be cut: connections to a host that fails its check are closed.
    `second`: the same edge with the instances of a second version behind it, under another name.
    """

    edge: Edge
    port: int
    behind: tuple[PlacedInstance, ...]
    listens: str = HOST
    may_be_cut: bool = False
    second: PlacedEdge | None = None

    @property
    def name(self) -> str:
        """source>destination."""
        return self.edge.name

    @property
    def address(self) -> str:
        """host:port, for the caller."""
        return f"{HOST}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A placed system, in the order of its file.

    `direct` edges have no proxy: they cost nothing and cannot be faulted.
    """

    system: System
    instances: tuple[PlacedInstance, ...]
    edges: tuple[PlacedEdge, ...]
    direct: tuple[PlacedEdge, ...] = ()

    @property
    def entry_url(self) -> str:
        """Where load is sent to; a direct entry is the URL of what is behind it."""
        every = (*self.edges, *self.direct)
        entry = next(edge for edge in every if edge.name == self.system.entry)
        if entry in self.direct:
            return entry.behind[0].url or f"http://{entry.behind[0].address}"
        base = urlsplit(entry.behind[0].url).path.rstrip("/")
        return f"http://{entry.address}{base}"

    def via(self, kind: str) -> tuple[PlacedEdge, ...]:
        """The edges of one kind (gateway, mesh, tcp)."""
        return tuple(e for e in self.edges if e.edge.via == kind)

    @property
    def edge_values(self) -> Mapping[str, str]:
        """What `{edge:...}` means."""
        through = {f"edge:{e.name}": e.address for e in self.edges}
        return through | {f"edge:{e.name}": e.behind[0].address for e in self.direct}


def place(system: System, ports: PortSource, faulted: frozenset[str] | None = None) -> Layout:
    """Give each instance and edge its port.

    `faulted` names the edges that may be faulted (None: all); other TCP edges are not proxied.

    Raises RefusedError (a wanted port is in use), TargetError (none is free), ConfigError.
    """
    # Wanted ports first, so that none of them is handed out as a free one.
    wanted = {e.name: ports.claim(e.port, f"edge {e.name}") for e in system.edges if e.port}
    instances = tuple(
        _place(service, name, number, ports)
        for service in system.services
        for number, name in enumerate(system.instance_names(service.name))
    )
    edges = tuple(
        PlacedEdge(
            edge=edge,
            port=wanted.get(edge.name) or (0 if edge.via == "direct" else ports.take()),
            behind=tuple(i for i in instances if i.service.name == edge.destination),
        )
        for edge in system.edges
    )
    for placed in edges:
        _check(placed)
    may_be = {e.name for e in edges} if faulted is None else faulted
    alone = tuple(
        e for e in edges if e.edge.via == "direct" or (e.edge.via == "tcp" and e.name not in may_be)
    )
    through = tuple(e for e in edges if e not in alone)
    return Layout(system=system, instances=instances, edges=through, direct=alone)


def _place(service: Service, name: str, number: int, ports: PortSource) -> PlacedInstance:
    if service.urls:
        return _attached(service, name, service.urls[number])
    if service.url is None:
        return PlacedInstance(name=name, service=service, host=HOST, port=ports.take())
    parts = urlsplit(service.url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname:
        raise ConfigError(f"service {service.name}: url: write it as postgresql://user@host:port")
    port = parts.port or _POSTGRES_PORT
    return PlacedInstance(name=name, service=service, host=parts.hostname, port=port, ours=False)


def _attached(service: Service, name: str, url: str) -> PlacedInstance:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return PlacedInstance(
        name=name,
        service=service,
        host=parts.hostname or "",
        port=port,
        ours=False,
        url=url.rstrip("/"),
    )


def _check(placed: PlacedEdge) -> None:
    """A TCP edge leads to one process; HTTP edges do not lead to a database."""
    if not placed.behind:
        raise ConfigError(f"edge {placed.name}: nothing is behind it")
    tcp, kind = placed.edge.via in ("tcp", "direct"), placed.behind[0].service.kind
    if kind == "postgres" and not tcp:
        raise ConfigError(f"edge {placed.name}: via: a database is reached via tcp")
    if tcp and len(placed.behind) > 1:
        text = f"via: {placed.edge.via} leads to one instance, not to {len(placed.behind)}"
        raise ConfigError(f"edge {placed.name}: {text}")
