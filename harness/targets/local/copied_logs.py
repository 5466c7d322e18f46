"""Which logs of a system are copied into the timeline while it runs, and what is read from each."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from harness.clock import SystemClock
from harness.files.log_limit import bound_logs
from harness.targets.local.assembly import ENVOYS, Place, health_log
from harness.targets.local.envoy.health import HealthReader
from harness.targets.local.layout import Layout
from harness.targets.local.logs import LogFollower, Reader, follow_logs, interesting, reader
from harness.timeline import FileTimeline


@contextlib.asynccontextmanager
async def copied_logs(layout: Layout, where: Place, timeline: FileTimeline) -> AsyncIterator[None]:
    """Copy events from the logs of services and Envoys into the timeline while the block runs.

    The logs are cut to their limit at the same time (log_limit.py), but not at the end, which is
    read here.
    """
    readers = {**_services(layout, where), **_envoys(layout, where)}
    tasks = {
        asyncio.create_task(follow_logs(readers, timeline)),
        asyncio.create_task(bound_logs(where.run.logs)),
    }
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _services(layout: Layout, where: Place) -> dict[LogFollower, Reader]:
    """The kinds of events that the system's file lists."""
    system = layout.system
    if not system.events:
        return {}
    pattern = interesting(system.events)
    return {
        LogFollower(where.run.log(name)): reader(name, pattern)
        for service in system.services
        if service.kind == "process"
        for name in system.instance_names(service.name)
    }


def _envoys(layout: Layout, where: Place) -> dict[LogFollower, Reader]:
    """Hosts that an Envoy found unhealthy, ejected or readmitted."""
    return {
        LogFollower(health_log(where, name)): HealthReader(name, edges, SystemClock()).events_in
        for name in ENVOYS
        if (edges := layout.via(name))
    }
