"""The edges that one Envoy plays: their faults are one file, their proof is Envoy's counters."""

from __future__ import annotations

import asyncio
import re
from typing import Final
from urllib.parse import quote

import msgspec

from harness.errors import FaultError, TargetError
from harness.targets.local.edge_owner import Carried, EdgeSeen
from harness.targets.local.envoy import admin as envoy_admin
from harness.targets.local.envoy.config import LOST_ROUTE, SHIFTED_ROUTE, MeshFiles, bootstrap
from harness.targets.local.envoy.runtime import runtime_file
from harness.targets.local.layout import PlacedEdge
from harness.targets.local.slot_counts import SlotCounts
from harness.targets.records import EdgeFault, EdgeFaultKind, FaultCount

ACKNOWLEDGE_LIMIT_S: Final = 3.0
_POLL_S: Final = 0.001
_HITS: Final[dict[EdgeFaultKind, str]] = {
    "latency": "fault.delays_injected",
    "errors": "fault.aborts_injected",
    "lost_answers": f"route.{LOST_ROUTE}.upstream_rq_completed",
    "shift": f"route.{SHIFTED_ROUTE}.upstream_rq_completed",
}
_FAILED: Final[dict[EdgeFaultKind, str]] = {"shift": f"route.{SHIFTED_ROUTE}.upstream_rq_5xx"}
_WHAT: Final = (*_HITS.values(), *_FAILED.values())
_COUNTERS: Final = quote(
    r"^http\..*\.(downstream_rq_total|fault\.(delays|aborts)_injected)$"
    r"|^vhost\..*\.route\..*\.upstream_rq_(completed|5xx)$"
)
_MEMBERS: Final = quote(r"^cluster\..*\.membership_(healthy|total)$")
_NAMES: Final = "|".join(map(re.escape, ("downstream_rq_total", *_WHAT)))
_COUNTER: Final = re.compile(rf"(?:http|vhost)\.(?P<edge>.*?)\.(?P<what>{_NAMES})")
Faults = dict[str, dict[str, EdgeFault]]  # by edge and slot


class Mesh:
    """The edges of one Envoy. It does not own the process, which may be restarted at any time."""

    def __init__(self, name: str, files: MeshFiles, edges: tuple[PlacedEdge, ...]) -> None:
        self.name, self.files, self.edges = name, files, edges
        self._faults: Faults = {}  # as asked for
        self._works: Faults = {}  # as Envoy has last taken in
        self._counts = {edge.name: SlotCounts() for edge in edges}
        self._generation = self._taken_in = 0
        self._one_change = asyncio.Lock()
        self._carried = Carried()
        self._with_second = {edge.name for edge in edges if edge.second is not None}

    def prepare(self) -> None:
        """Write what Envoy needs to start, without any fault."""
        self.files.folder.mkdir(parents=True, exist_ok=True)
        self.files.admin.unlink(missing_ok=True)
        config = bootstrap(self.name, self.files, self.edges)
        self.files.config.write_bytes(msgspec.json.encode(config))
        self._write()

    async def set_fault(self, edge: str, fault: EdgeFault, lease_s: float) -> None:
        """Inject the fault in its slot; returns when Envoy has loaded it.

        If Envoy does not load it, the fault is removed from the file. Leases are kept by the
        supervisor; Envoy ends with the supervisor. Raises FaultError if another slot of the edge
        has a fault of that kind, because Envoy can inject one of each kind.
        """
        del lease_s
        if fault.kind == "shift" and edge not in self._with_second:
            raise FaultError(f"edge {edge}: there is no second version behind it")
        async with self._one_change:
            before = self._faults.get(edge, {})
            for other in before.values():
                if other.kind == fault.kind and other.name != fault.name:
                    text = f"edge {edge}: it has a {fault.kind} fault already; undo it first"
                    raise FaultError(text)
            self._counts[edge].take_over(
                fault.name, fault.kind, await self._count(edge, fault.kind)
            )
            self._faults[edge] = {**before, fault.name: fault}
            try:
                await self._publish()
            except TargetError:
                self._faults[edge] = before
                self._write()
                raise

    async def clear(self, edge: str, slot: str = "") -> None:
        """Take one fault away, or all of the edge; returns when Envoy has taken it in."""
        async with self._one_change:
            before = self._faults.get(edge, {})
            kept = {name: fault for name, fault in before.items() if slot and name != slot}
            self._faults[edge] = kept
            if kept != before or self._taken_in != self._generation:
                await self._publish()

    async def renew(self, edge: str, slot: str, lease_s: float) -> None:
        """Nothing: the lease is the supervisor's."""

    async def look(self) -> dict[str, EdgeSeen]:
        """Each edge: requests, and for each fault the requests it has touched, as Envoy counts.

        While Envoy has not taken in the last change, the faults before it are those that work.
        """
        counted = await self._counted()
        return {edge: self._seen(edge, *counted[edge]) for edge in counted}

    async def _count(self, edge: str, kind: EdgeFaultKind) -> FaultCount:
        """What all faults of that kind have touched on the edge so far."""
        return self._by_kind(edge, *(await self._counted())[edge])[kind]

    async def _counted(self) -> dict[str, tuple[int, dict[str, int]]]:
        """Envoy's own counters by edge: requests, and the others by their names."""
        requests = dict.fromkeys((edge.name for edge in self.edges), 0)
        others = {edge.name: dict.fromkeys(_WHAT, 0) for edge in self.edges}
        for name, value in (await envoy_admin.stats(self.files.admin, _COUNTERS)).items():
            counter = _COUNTER.fullmatch(name)
            if counter is None or counter["edge"] not in requests:
                continue
            if counter["what"] == "downstream_rq_total":
                requests[counter["edge"]] = value
            else:
                others[counter["edge"]][counter["what"]] = value
        return {edge: (requests[edge], others[edge]) for edge in requests}

    def _by_kind(
        self, edge: str, requests: int, others: dict[str, int]
    ) -> dict[EdgeFaultKind, FaultCount]:
        total, *summed = self._carried.total(edge, (requests, *others.values()))
        found = dict(zip(others, summed, strict=True))
        return {
            kind: FaultCount(
                slot="", hits=found[what], exposed=total, failed=found.get(_FAILED.get(kind, ""), 0)
            )
            for kind, what in _HITS.items()
        }

    def _seen(self, edge: str, requests: int, others: dict[str, int]) -> EdgeSeen:
        now = self._by_kind(edge, requests, others)
        settled = self._taken_in == self._generation
        return EdgeSeen(
            requests=now["latency"].exposed,
            faults=tuple(self._works.get(edge, {}).values()),
            counts=self._counts[edge].all(now),
            error="" if settled else f"{self.name}: Envoy has not taken in the last change",
        )

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
        asked, works = self._generation, {e: dict(faults) for e, faults in self._faults.items()}
        try:
            if await envoy_admin.generation(self.files.admin) != asked:
                return False
        except TargetError:
            return False
        self._taken_in, self._works = asked, works
        return asked == self._generation

    async def _publish(self) -> None:
        self._write()
        deadline = asyncio.get_running_loop().time() + ACKNOWLEDGE_LIMIT_S
        while not await self.is_ready():
            if asyncio.get_running_loop().time() > deadline:
                raise TargetError(f"{self.name}: Envoy did not take in its faults in time")
            await asyncio.sleep(_POLL_S)

    def _write(self) -> None:
        """Write and rename: Envoy watches for the rename, and never sees half a file."""
        self._generation += 1
        part = self.files.runtime.with_suffix(".part")
        part.write_bytes(runtime_file(self._generation, _in_force(self._faults)))
        part.rename(self.files.runtime)


def _in_force(faults: Faults) -> dict[str, tuple[EdgeFault, ...]]:
    return {edge: tuple(on.values()) for edge, on in faults.items()}
