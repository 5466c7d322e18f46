"""Defect: a lock is held during each call, so an edge makes one call at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

from reference_services.defects.parts.around import Around
from reference_services.resilience.edge import Call

Connect = Callable[..., Any]


class OneAtATime(Around):
    """The sound edge behind a lock."""

    def __init__(self, sound: Any) -> None:  # noqa: ANN401  # the sound edge
        super().__init__(sound)
        self._lock = asyncio.Lock()

    async def send(self, call: Call) -> httpx.Response:
        """Wait for all calls before it."""
        async with self._lock:
            answer: httpx.Response = await self._sound.send(call)
            return answer


def _serial(sound: Connect) -> Connect:
    return lambda policy, observer: OneAtATime(sound(policy, observer))


SWAPS = {"payments.connect": _serial}
