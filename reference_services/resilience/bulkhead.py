"""The third layer: limits the calls in flight on an edge and the calls that wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import httpx

from reference_services.resilience.deadline import left_s
from reference_services.resilience.errors import BulkheadFullError
from reference_services.resilience.observer import EdgeObserver
from reference_services.resilience.policy import EdgePolicy


class Bulkhead(httpx.AsyncBaseTransport):
    """A sick callee may hold this many of our calls; the others learn at once that it is full."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        policy: EdgePolicy,
        observer: EdgeObserver,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner, self._policy, self._observer, self._now = inner, policy, observer, now
        self._places = asyncio.Semaphore(policy.in_flight)
        self._waiting = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass on once there is a place, or raise BulkheadFullError."""
        if self._places.locked():
            await self._wait(request)
        else:
            await self._places.acquire()  # free: returns without giving up control
        try:
            return await self._inner.handle_async_request(request)
        finally:
            self._places.release()

    async def _wait(self, request: httpx.Request) -> None:
        wait_s = min(self._policy.queue_wait_s, left_s(request, self._now()))
        if self._waiting >= self._policy.queue:
            raise self._full(request)
        self._waiting += 1
        try:
            async with asyncio.timeout(wait_s):
                await self._places.acquire()
        except TimeoutError:
            raise self._full(request) from None
        finally:
            self._waiting -= 1

    def _full(self, request: httpx.Request) -> BulkheadFullError:
        self._observer.rejected(self._policy.edge, "bulkhead")
        text = f"{self._policy.edge}: {self._policy.in_flight} calls are in flight"
        return BulkheadFullError(text, request=request)

    async def aclose(self) -> None:
        """Close the layers below."""
        await self._inner.aclose()
