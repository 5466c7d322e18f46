"""The processes that carry the edges: children of the keeper; one that ends, ends the keeper."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from harness.errors import TargetError
from harness.python_child import python_module
from harness.targets.kubernetes.keeper.faults import KeptEdge
from harness.targets.kubernetes.keeper.plan import KeeperPlan
from harness.targets.local.envoy.config import MeshFiles
from harness.targets.local.envoy.mesh import Mesh
from harness.targets.local.envoy.program import command_line
from harness.targets.local.tcp_proxy.client import TcpEdges
from harness.targets.local.tcp_proxy.protocol import TcpProxyPlan


class Parts:
    """Envoy and the TCP proxy, each only if an edge needs it; their files are in `folder`."""

    def __init__(self, plan: KeeperPlan, folder: Path) -> None:
        files = MeshFiles(
            folder=folder / "envoy", admin=folder / "envoy.sock", health=folder / "health.log"
        )
        self._plan, self._control = plan, folder / "tcp.sock"
        self._mesh = Mesh("keeper", files, plan.http_edges())
        self._tcp = TcpEdges(self._control)

    def edges(self) -> Iterator[KeptEdge]:
        """All edges, with who carries them."""
        for placed in self._mesh.edges:
            yield KeptEdge(placed.name, placed.edge.via, placed.address, self._mesh)
        for edge in self._plan.tcp:
            yield KeptEdge(edge.name, "tcp", f"127.0.0.1:{edge.port}", self._tcp)

    @property
    def upstreams(self) -> Mapping[str, str]:
        """Where each edge leads."""
        http = {edge.name: edge.upstream for edge in self._plan.http}
        return http | {edge.name: edge.upstream for edge in self._plan.tcp}

    async def is_ready(self) -> bool:
        """Whether all of them answer."""
        envoy_works = not self._plan.http or await self._mesh.is_ready()
        return envoy_works and (not self._plan.tcp or await self._tcp.is_ready())

    async def run(self) -> None:
        """Until one ends. Raises TargetError then."""
        children = [await asyncio.create_subprocess_exec(*argv) for argv in self._commands()]
        ends = [asyncio.create_task(child.wait()) for child in children]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            codes = ", ".join(str(child.returncode) for child in children)
            raise TargetError(f"Envoy or the TCP proxy has ended: exit codes {codes}")
        finally:
            for child in children:
                if child.returncode is None:
                    child.terminate()
            await asyncio.wait(ends)

    def _commands(self) -> Iterator[tuple[str, ...]]:
        if self._plan.http:
            self._mesh.prepare()
            yield command_line(self._mesh.files)
        if self._plan.tcp:
            tcp = TcpProxyPlan(control=str(self._control), edges=tuple(self._plan.tcp_edges()))
            word = msgspec.json.encode(tcp).decode()
            yield python_module("harness.targets.local.tcp_proxy.proxy", word)
