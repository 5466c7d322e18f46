"""Waiting in async tests, for a condition or a store, with a limit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar


class Opening(Protocol):
    """What begins in the background and says when it can be used: a store, a database."""

    async def start(self) -> None:
        """Begin; returns at once."""

    async def ready(self) -> str:
        """Why it cannot be used now, or nothing."""


T = TypeVar("T", bound=Opening)


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float) -> None:
    """Until it holds, or TimeoutError."""
    async with asyncio.timeout(timeout_s):
        while not await condition():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.02)


async def opened(made: T, timeout_s: float = 10.0) -> T:
    """Start it, and wait until it can be used, or TimeoutError."""
    await made.start()

    async def ready() -> bool:
        return not await made.ready()

    await until(ready, timeout_s)
    return made
