"""Waiting for a condition in async tests: bounded, on an event that nobody sets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float) -> None:
    """Until it holds, or TimeoutError."""
    async with asyncio.timeout(timeout_s):
        while not await condition():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.02)
