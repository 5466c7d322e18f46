"""A rolling restart: an instance ends in order and is ready again before the next one ends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from harness.errors import TargetError
from harness.targets.local.instance import Instance
from harness.timeline import Timeline

GRACE_S: Final = 10.0
READY_LIMIT_S: Final = 20.0
_LOOK_AGAIN_S: Final = 0.02


class Rollouts:
    """At most one rolling restart a service; the lease of a rollout needs no renewal."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._under_way: dict[str, asyncio.Task[None]] = {}

    def begin(self, service: str, instances: Sequence[Instance]) -> None:
        """Restart them in turn, in the background. Raises TargetError: one is under way."""
        last = self._under_way.get(service)
        if last is not None and not last.done():
            raise TargetError(f"{service}: a rolling restart is under way")
        self._under_way[service] = asyncio.create_task(self._restart(service, instances))

    def has(self, service: str) -> bool:
        """Whether this service was restarted."""
        return service in self._under_way

    async def _restart(self, service: str, instances: Sequence[Instance]) -> None:
        try:
            for instance in instances:
                await instance.restart(GRACE_S)
                async with asyncio.timeout(READY_LIMIT_S):
                    await _ready(instance)
        except (TargetError, TimeoutError) as error:
            self._timeline.tell("target", "rollout_failed", service, error=str(error))


async def _ready(instance: Instance) -> None:
    while instance.state != "ready":  # noqa: ASYNC110  # the state has no event of its own
        await asyncio.sleep(_LOOK_AGAIN_S)
