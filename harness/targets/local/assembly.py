"""From a layout to the parts that run: each instance's command, environment and probe."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from harness.files.templates import fill
from harness.python_child import python_module
from harness.safety.mark import MARK_VARIABLE
from harness.store import RunFolder
from harness.system import CHANGES, READY
from harness.targets.local.child import Command
from harness.targets.local.envoy.config import MeshFiles
from harness.targets.local.envoy.mesh import Mesh
from harness.targets.local.envoy.program import command_line
from harness.targets.local.instance import InstanceSpec
from harness.targets.local.layout import Layout, PlacedEdge, PlacedInstance
from harness.targets.local.ports import LOOPBACK
from harness.targets.local.postgres import USER, Cluster, password_of, socket_path
from harness.targets.local.probes import http_is_ready, postgres_is_ready, probe_of_url
from harness.targets.local.tcp_proxy.client import TcpEdges
from harness.targets.local.tcp_proxy.protocol import TcpEdgePlan, TcpProxyPlan

TCP_PROXY: Final = "tcp-proxy"
ENVOYS: Final = ("gateway", "mesh")
# A child gets nothing else of our environment, so that a run does not depend on its user.
_INHERITED: Final = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", MARK_VARIABLE),
    *CHANGES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a system's files go: logs and data into the run, sockets into the state folder."""

    run: RunFolder
    sockets: Path

    @property
    def data(self) -> Path:
        """All data of the system; removed with it."""
        return self.run.root / "data"


def inherited(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What each child gets of our environment."""
    passed = {name: environ[name] for name in _INHERITED if name in environ}
    # A line is in the log when it was written, not when a buffer is full.
    return {**passed, "PYTHONUNBUFFERED": "1"}


def clusters(layout: Layout, place: Place) -> dict[str, Cluster]:
    """The PostgreSQL clusters to be made, by instance."""
    return {
        i.name: Cluster.plan(
            i, place.data / i.name, place.run.log(i.name), inherited(), place.sockets
        )
        for i in layout.instances
        if i.service.kind == "postgres" and i.ours
    }


def postgres_spec(placed: PlacedInstance, cluster: Cluster | None) -> InstanceSpec:
    """A database: ours, or (without a cluster) one that runs elsewhere."""
    return InstanceSpec(
        name=placed.name,
        service=placed.service.name,
        address=placed.address,
        probe=partial(postgres_is_ready, placed.host, placed.port, USER, "postgres"),
        command=cluster.server() if cluster else None,
        stop_signal=signal.SIGINT,  # fast: SIGTERM would wait for every client to leave
    )


def attached_spec(placed: PlacedInstance) -> InstanceSpec:
    """An instance that runs already: it is only watched."""
    return InstanceSpec(
        name=placed.name,
        service=placed.service.name,
        address=placed.address,
        probe=probe_of_url(placed.url, placed.service.ready or ""),
        command=None,
        port=placed.port if placed.host in LOOPBACK else 0,
    )


def service_spec(placed: PlacedInstance, layout: Layout, place: Place) -> InstanceSpec:
    """A service's instance, its templates filled. Raises ConfigError."""
    data = place.data / placed.name
    values = {
        "python": sys.executable,
        "port": str(placed.port),
        "instance": placed.name,
        "data": str(data),
        **layout.edge_values,
    }
    own = {key: fill(text, values) for key, text in placed.service.env.items()}
    command = Command(
        name=placed.name,
        argv=tuple(fill(text, values) for text in placed.service.command),
        env={**inherited(), **own},
        log=place.run.log(placed.name),
    )
    probe = partial(http_is_ready, placed.host, placed.port, placed.service.ready or READY)
    return InstanceSpec(
        name=placed.name,
        service=placed.service.name,
        address=placed.address,
        probe=probe,
        command=command,
    )


def database_password(layout: Layout, made: Mapping[str, Cluster]) -> dict[str, str]:
    """PGPASSWORD, which every PostgreSQL client reads, so that system files contain no password."""
    ours = [cluster.password for cluster in made.values()]
    given = [password_of(s.url) for s in layout.system.services if s.url]
    found = next(filter(None, ours + given), "")
    return {"PGPASSWORD": found} if found else {}


def mesh(name: str, layout: Layout, place: Place) -> Mesh | None:
    """The Envoy of that name (gateway or mesh), or None if no edge goes via it."""
    edges = layout.via(name)
    if not edges:
        return None
    files = MeshFiles(
        folder=place.data / name,
        admin=place.sockets / f"{name}.sock",
        health=health_log(place, name),
    )
    return Mesh(name, files, edges)


def health_log(place: Place, name: str) -> Path:
    """Where the Envoy of that name writes what it finds out about instances."""
    return place.run.log(f"{name}-health")


def mesh_spec(edges: Mesh, place: Place) -> InstanceSpec:
    """Envoy itself."""
    argv = command_line(edges.files)
    return InstanceSpec(
        name=edges.name,
        service=edges.name,
        address=str(edges.files.admin),
        probe=edges.is_ready,
        command=Command(name=edges.name, argv=argv, env=inherited(), log=place.run.log(edges.name)),
    )


def tcp_spec(layout: Layout, place: Place) -> InstanceSpec:
    """The TCP proxy itself."""
    control = place.sockets / f"{TCP_PROXY}.sock"
    edges = tuple(_tcp_edge(edge, place) for edge in layout.via("tcp"))
    plan = msgspec.json.encode(TcpProxyPlan(control=str(control), edges=edges)).decode()
    argv = python_module("harness.targets.local.tcp_proxy.proxy", plan)
    return InstanceSpec(
        name=TCP_PROXY,
        service=TCP_PROXY,
        address=str(control),
        probe=TcpEdges(control).is_ready,
        command=Command(name=TCP_PROXY, argv=argv, env=inherited(), log=place.run.log(TCP_PROXY)),
    )


def _tcp_edge(edge: PlacedEdge, place: Place) -> TcpEdgePlan:
    """Where one TCP edge leads; to a database of ours by its unix socket."""
    behind = edge.behind[0]
    own = behind.service.kind == "postgres" and behind.ours
    socket = str(socket_path(place.sockets, behind.port)) if own else ""
    return TcpEdgePlan(
        name=edge.name, port=edge.port, host=behind.host, upstream=behind.port, socket=socket
    )
