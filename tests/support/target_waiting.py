"""Waits for a condition with a deadline, without a test ever sleeping blindly."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

LIMIT_S = 20.0
_LOOK_S = 0.005


def until(condition: Callable[[], object], limit_s: float = LIMIT_S) -> float:
    """Wait until it holds; how long that took in seconds. Fails the test after `limit_s`."""
    began = time.monotonic()
    pause = threading.Event()
    while not condition():
        assert time.monotonic() - began < limit_s, "the condition never held"
        pause.wait(_LOOK_S)
    return time.monotonic() - began


async def until_true(condition: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    """The same for a test that shares its loop with what it tests."""
    never = asyncio.Event()
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"
        try:
            await asyncio.wait_for(never.wait(), _LOOK_S)
        except TimeoutError:
            continue
