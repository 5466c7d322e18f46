"""Starts a whole system in the order of its needs, and ends it in the opposite order."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from harness.errors import TargetError
from harness.safety.remains import remove_data
from harness.targets.local import assembly
from harness.targets.local.assembly import Place
from harness.targets.local.child import Spawner
from harness.targets.local.edge_owner import EdgeOwner
from harness.targets.local.envoy.mesh import Mesh
from harness.targets.local.instance import Instance, InstanceSpec
from harness.targets.local.layout import Layout
from harness.targets.local.postgres import Cluster
from harness.targets.local.tcp_proxy.client import TcpEdges
from harness.timeline import Timeline

GRACE_S: Final = 2.0
END_LIMIT_S: Final = 5.0
PART_LIMIT_S: Final = 15.0
HEALTHY_LIMIT_S: Final = 10.0
DEATHS_UNTIL_HOPELESS: Final = 3
_LOOK_AGAIN_S: Final = 0.01
_LOG_TAIL_BYTES: Final = 4096


class SystemLife:
    """The processes of one system. `instances` are its own, `parts` carry its edges."""

    def __init__(self, layout: Layout, place: Place, spawner: Spawner, timeline: Timeline) -> None:
        self.layout, self._place = layout, place
        self._spawner, self._timeline = spawner, timeline
        self._clusters = assembly.clusters(layout, place)
        self._meshes = [m for name in assembly.ENVOYS if (m := assembly.mesh(name, layout, place))]
        self.parts: dict[str, Instance] = {}
        self.instances: dict[str, Instance] = {}
        self.owners: dict[str, EdgeOwner] = {}
        self._plan()

    async def start(self) -> None:
        """Databases and what carries edges, then all services at once. Raises TargetError."""
        for part in self._meshes:
            part.prepare()
        await asyncio.gather(
            *(self._start_database(i) for i in self._databases()),
            *(self._start(part, PART_LIMIT_S) for part in self.parts.values()),
        )
        limits = {i.name: i.service.start_timeout_s for i in self.layout.instances}
        await asyncio.gather(*(self._start(i, limits[i.spec.name]) for i in self._services()))
        await asyncio.gather(*(self._until_healthy(part) for part in self._meshes))

    async def stop(self) -> None:
        """End all: who calls before who is called. Its data is removed."""
        for group in (self._services(), self.parts.values(), self._databases()):
            await asyncio.gather(*(one.stop(GRACE_S) for one in group), return_exceptions=True)
        await self._spawner.end_all(END_LIMIT_S)
        self._clear_away()

    def _clear_away(self) -> None:
        for part in self.parts.values():
            Path(part.spec.address).unlink(missing_ok=True)  # Envoy leaves its socket behind
        with contextlib.suppress(OSError):  # what stays is removed by heal
            remove_data(self._place.data)

    def _plan(self) -> None:
        secret = assembly.database_password(self.layout, self._clusters)
        for placed in self.layout.instances:
            if placed.service.kind == "postgres":
                spec = assembly.postgres_spec(placed, self._clusters.get(placed.name))
            elif placed.url:
                spec = assembly.attached_spec(placed)
            else:
                (self._place.data / placed.name).mkdir(parents=True, exist_ok=True)
                spec = _with_env(assembly.service_spec(placed, self.layout, self._place), secret)
            self.instances[placed.name] = self._instance(spec)
        for part in self._meshes:
            self.parts[part.name] = self._instance(assembly.mesh_spec(part, self._place))
            self.owners.update((edge.name, part) for edge in part.edges)
        if tcp := self.layout.via("tcp"):
            spec = assembly.tcp_spec(self.layout, self._place)
            self.parts[spec.name] = self._instance(spec)
            owner = TcpEdges(Path(spec.address))
            self.owners.update((edge.name, owner) for edge in tcp)

    def _instance(self, spec: InstanceSpec) -> Instance:
        return Instance(spec, self._spawner, self._timeline)

    def _databases(self) -> tuple[Instance, ...]:
        return self._of_kind("postgres")

    def _services(self) -> tuple[Instance, ...]:
        return self._of_kind("process")

    def _of_kind(self, kind: str) -> tuple[Instance, ...]:
        placed = (i for i in self.layout.instances if i.service.kind == kind)
        return tuple(self.instances[i.name] for i in placed)

    async def _start_database(self, instance: Instance) -> None:
        cluster: Cluster | None = self._clusters.get(instance.spec.name)
        if cluster is not None:
            await cluster.make(self._spawner)
        await self._start(instance, PART_LIMIT_S)

    async def _start(self, instance: Instance, limit_s: float) -> None:
        """Start and wait until ready; gives up early on one that keeps dying."""
        instance.begin()
        clock = asyncio.get_running_loop().time
        deadline = clock() + limit_s
        while instance.state != "ready":
            if instance.deaths >= DEATHS_UNTIL_HOPELESS:
                raise self._not_started(instance, f"died {instance.deaths} times while starting")
            if clock() > deadline:
                raise self._not_started(instance, f"was not ready within {limit_s:g} s")
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def _until_healthy(self, part: Mesh) -> None:
        """Envoy sends only to hosts that its own checks have found ready."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + HEALTHY_LIMIT_S
        while not await part.every_host_is_healthy():
            if clock() > deadline:
                raise TargetError(f"{part.name}: not all instances behind its edges are healthy")
            await asyncio.sleep(_LOOK_AGAIN_S)

    def _not_started(self, instance: Instance, why: str) -> TargetError:
        log = self._place.run.log(instance.spec.name)
        return TargetError(f"{instance.spec.name} {why}; {log} ends: {_last_line(log)}")


def each(owners: Iterable[EdgeOwner]) -> tuple[EdgeOwner, ...]:
    """Each owner once."""
    return tuple({id(owner): owner for owner in owners}.values())


def _with_env(spec: InstanceSpec, more: dict[str, str]) -> InstanceSpec:
    if spec.command is None:
        return spec
    env = {**more, **spec.command.env}
    return dataclasses.replace(spec, command=dataclasses.replace(spec.command, env=env))


def _last_line(log: Path) -> str:
    try:
        lines = log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").split("\n")
    except OSError:
        return "(no log)"
    return next((line.strip() for line in reversed(lines) if line.strip()), "(empty)")
