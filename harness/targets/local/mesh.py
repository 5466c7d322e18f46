"""The edges that one Envoy plays: their faults are one file, their proof is Envoy's counters."""

from __future__ import annotations

import asyncio
import re
from typing import Final
from urllib.parse import quote

import msgspec

from harness.errors import TargetError
from harness.targets.base import EdgeFault
from harness.targets.local import envoy_admin
from harness.targets.local.edge_owner import Carried, Counts, EdgeSeen
from harness.targets.local.envoy_config import LOST_ROUTE, MeshFiles, bootstrap
from harness.targets.local.envoy_runtime import runtime_file
from harness.targets.local.layout import PlacedEdge

ACKNOWLEDGE_LIMIT_S: Final = 3.0
_POLL_S: Final = 0.001
_COUNTERS: Final = quote(
    r"^http\..*\.(downstream_rq_total|fault\.(delays|aborts)_injected)$"
    rf"|^vhost\..*\.route\.{LOST_ROUTE}\.upstream_rq_completed$"
)
_MEMBERS: Final = quote(r"^cluster\..*\.membership_(healthy|total)$")
_COUNTER: Final = re.compile(
    rf"(?:http|vhost)\.(?P<edge>.*?)\."
    rf"(?P<what>downstream_rq_total|fault\.\w+|route\.{LOST_ROUTE}\.\w+)"
)


class Mesh:
    """One Envoy's edges. The process itself is somebody else's: it may start anew at any time."""

    def __init__(self, name: str, files: MeshFiles, edges: tuple[PlacedEdge, ...]) -> None:
        self.name, self.files, self.edges = name, files, edges
        self._faults: dict[str, EdgeFault] = {}
        self._generation = self._taken_in = 0
        self._one_change = asyncio.Lock()
        self._carried = Carried()

    def prepare(self) -> None:
        """Write what Envoy needs to start, without any fault."""
        self.files.folder.mkdir(parents=True, exist_ok=True)
        self.files.admin.unlink(missing_ok=True)
        config = bootstrap(self.name, self.files, self.edges)
        self.files.config.write_bytes(msgspec.json.encode(config))
        self._write()

    async def set_fault(self, edge: str, fault: EdgeFault, lease_s: float) -> None:
        """Make it the edge's only fault; returns when Envoy has taken it in.

        If Envoy does not, the fault is taken out of the file again. Envoy knows no lease: the
        supervisor's ends it, and Envoy itself dies with the supervisor.
        """
        del lease_s
        async with self._one_change:
            self._faults[edge] = fault
            try:
                await self._publish()
            except TargetError:
                self._faults.pop(edge)
                self._write()
                raise

    async def clear(self, edge: str) -> None:
        """Take any fault away; returns when Envoy has taken it in."""
        async with self._one_change:
            if self._faults.pop(edge, None) is not None or self._taken_in != self._generation:
                await self._publish()

    async def renew(self, edge: str, lease_s: float) -> None:
        """Nothing: the lease is the supervisor's."""

    async def look(self) -> dict[str, EdgeSeen]:
        """Each edge: requests and touched requests by Envoy's own counters."""
        found = {edge.name: Counts() for edge in self.edges}
        for name, value in (await envoy_admin.stats(self.files.admin, _COUNTERS)).items():
            counter = _COUNTER.fullmatch(name)
            if counter and counter["edge"] in found:
                seen = counter["what"] == "downstream_rq_total"
                more = Counts(requests=value, exposed=value) if seen else Counts(hits=value)
                found[counter["edge"]] = found[counter["edge"]].plus(more)
        working = self._faults if self._taken_in == self._generation else {}
        return {
            edge: EdgeSeen(self._carried.total(edge, count), working.get(edge))
            for edge, count in found.items()
        }

    async def every_host_is_healthy(self) -> bool:
        """Whether Envoy's own health checks have found every instance behind its edges ready."""
        try:
            found = await envoy_admin.stats(self.files.admin, _MEMBERS)
        except TargetError:
            return False
        keys = [(f"cluster.{e.name}.membership_healthy", len(e.behind)) for e in self.edges]
        return all(found.get(key) == count for key, count in keys)

    async def is_ready(self) -> bool:
        """Whether Envoy works and has taken in the newest faults."""
        try:
            return await envoy_admin.generation(self.files.admin) == self._generation
        except TargetError:
            return False

    async def _publish(self) -> None:
        self._write()
        deadline = asyncio.get_running_loop().time() + ACKNOWLEDGE_LIMIT_S
        while not await self.is_ready():
            if asyncio.get_running_loop().time() > deadline:
                raise TargetError(f"{self.name}: Envoy did not take in its faults in time")
            await asyncio.sleep(_POLL_S)
        self._taken_in = self._generation

    def _write(self) -> None:
        """Write and rename: Envoy watches for the rename, and never sees half a file."""
        self._generation += 1
        part = self.files.runtime.with_suffix(".part")
        part.write_bytes(runtime_file(self._generation, self._faults))
        part.rename(self.files.runtime)
