"""Leases: a fault that is not renewed in time is undone by the supervisor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from harness.errors import HarnessError, TargetError
from harness.targets.records import split_slot
from harness.timeline import Scalar, Timeline

Undo = Callable[[], Awaitable[None]]
UNDO_TRIES: Final = 50
UNDO_AGAIN_S: Final = 0.1


class Leases:
    """One lease for each fault: an instance, or one fault of an edge (`edge#slot`)."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._held: dict[str, tuple[asyncio.TimerHandle, Undo]] = {}
        self._undoing: set[asyncio.Task[None]] = set()

    def hold(self, resource: str, lease_s: float, undo: Undo) -> None:
        """Undo after `lease_s`, unless it is renewed or dropped; replaces an older lease."""
        self.drop(resource)
        timer = asyncio.get_running_loop().call_later(lease_s, self._expire, resource)
        self._held[resource] = (timer, undo)

    def renew(self, resource: str, lease_s: float) -> None:
        """Restart the lease. Raises TargetError if it does not exist (any more)."""
        if resource not in self._held:
            raise TargetError(f"{resource} has no fault (any more): its lease cannot be renewed")
        self.hold(resource, lease_s, self._held[resource][1])

    def drop(self, resource: str) -> None:
        """The fault was undone in order."""
        timer, _ = self._held.pop(resource, (None, None))
        if timer is not None:
            timer.cancel()

    @property
    def held(self) -> tuple[str, ...]:
        """Whose faults are on, oldest first."""
        return tuple(self._held)

    def holds(self, resource: str) -> bool:
        """Whether a fault is on."""
        return resource in self._held

    def _expire(self, resource: str) -> None:
        _, undo = self._held.pop(resource)
        self._tell("lease_expired", resource)
        task = asyncio.get_running_loop().create_task(self._undo(resource, undo))
        self._undoing.add(task)
        task.add_done_callback(self._undoing.discard)

    async def _undo(self, resource: str, undo: Undo) -> None:
        for _ in range(UNDO_TRIES):
            try:
                await undo()
            except HarnessError as error:
                why = str(error)
                await asyncio.sleep(UNDO_AGAIN_S)
            else:
                return
        self._tell("undo_failed", resource, error=why)

    def _tell(self, kind: str, resource: str, **data: Scalar) -> None:
        """Under the edge's own name, with the slot of the fault beside it."""
        name, slot = split_slot(resource)
        if slot:
            data["slot"] = slot
        self._timeline.tell("target", kind, name, "", **data)
