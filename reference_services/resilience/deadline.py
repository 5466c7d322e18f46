"""The outermost layer: a call without time left is refused, one with time left knows its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import httpx

from reference_services.resilience.errors import DeadlineError
from reference_services.resilience.observer import EdgeObserver
from reference_services.resilience.policy import EdgePolicy

DEADLINE: Final = "deadline_s"  # httpx request extension: monotonic seconds at which to give up
TIMEOUT_HEADER: Final = "request-timeout-ms"  # how long the caller still waits for the answer
LEAST_S: Final = 0.005  # with less than this left an answer could not be used


def left_s(request: httpx.Request, now_s: float) -> float:
    """Seconds until the request's deadline."""
    return float(request.extensions[DEADLINE]) - now_s


class Deadline(httpx.AsyncBaseTransport):
    """Stamps each call with its end: the caller's deadline, or the edge's own limit if sooner.

    It starts no timer: the layers below bound every wait by the stamp, so that a breaker sees a
    slow callee as a failure and not as a cancellation.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        policy: EdgePolicy,
        observer: EdgeObserver,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner, self._policy, self._observer, self._now = inner, policy, observer, now

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass on, or raise DeadlineError."""
        now_s = self._now()
        limit_s = now_s + self._policy.call_timeout_s
        end_s = min(float(request.extensions.get(DEADLINE, limit_s)), limit_s)
        if end_s - now_s < LEAST_S:
            self._observer.rejected(self._policy.edge, "deadline")
            raise DeadlineError(f"{self._policy.edge}: no time left", request=request)
        request.extensions[DEADLINE] = end_s
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the layers below."""
        await self._inner.aclose()
