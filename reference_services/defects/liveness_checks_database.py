"""Defect: a service ends itself when its database is away, so all replicas restart together."""

from __future__ import annotations

import asyncio
import contextlib
import os
from dataclasses import replace
from typing import Final

from reference_services.chassis.service import Ready, Service

_EVERY_S: Final = 0.25
_MISSES: Final = 4


class EndsWithItsDatabase:
    """Looks at the database and ends the process after some misses."""

    def __init__(self, ready: Ready) -> None:
        self._ready = ready
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look())

    async def stop(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _look(self) -> None:
        misses, was_ready = 0, False
        while True:
            await asyncio.sleep(_EVERY_S)
            away = bool(await self._ready())
            was_ready = was_ready or not away
            misses = misses + 1 if away and was_ready else 0
            if misses >= _MISSES:
                os._exit(1)


def _fragile(sound: Service) -> Service:
    return replace(sound, parts=(*sound.parts, EndsWithItsDatabase(sound.ready)))


SWAPS = {"payments.service": _fragile, "ledger.service": _fragile}
