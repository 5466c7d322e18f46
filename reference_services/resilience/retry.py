"""Try again what is safe to repeat: with jitter, within a budget, as Retry-After asks.

Every attempt says in `Request-Timeout-Ms` how long its answer is waited for.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from reference_services.resilience.deadline import TIMEOUT_HEADER, left_s
from reference_services.resilience.errors import never_sent
from reference_services.resilience.observer import EdgeObserver
from reference_services.resilience.policy import EdgePolicy, RetryPolicy

RETRYABLE_STATUS: Final = frozenset({502, 503, 504})
_DIGITS_MAX: Final = 9  # of a Retry-After in seconds: 30 years are enough
LEAST_TRY_S: Final = 0.02  # an attempt with less time than this would only add load


def retry_after_s(header: str | None, wall_s: float) -> float:
    """How long a Retry-After header asks to wait: seconds or an HTTP-date; 0 if it is unreadable.

    `wall_s` is the time of day, in seconds since 1970, that a date is compared with.
    """
    if header is None:
        return 0.0
    text = header.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:_DIGITS_MAX])
    try:
        date = parsedate_to_datetime(text)
        return max(date.replace(tzinfo=date.tzinfo or UTC).timestamp() - wall_s, 0.0)
    except (ValueError, OverflowError, IndexError, TypeError):
        return 0.0


class RetryBudget:
    """Each call earns `budget_ratio` of a retry; each retry costs one. Caps amplification."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._saved = float(policy.budget_burst)

    def earn(self) -> None:
        """One call began."""
        self._saved = min(self._saved + self._policy.budget_ratio, self._policy.budget_burst)

    def spend(self) -> bool:
        """Whether one retry may be made now; it is paid for."""
        if self._saved < 1.0:
            return False
        self._saved -= 1.0
        return True


class Retry(httpx.AsyncBaseTransport):
    """Repeats transport errors and 502, 503, 504. Only for edges whose calls are idempotent by id.

    Raises the most uncertain of the errors: once an attempt may have arrived, a later refused
    connection does not make the call "never sent".
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        policy: EdgePolicy,
        observer: EdgeObserver,
        *,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._inner, self._policy, self._observer = inner, policy, observer
        self._now, self._wall, self._sleep = now, wall, sleep
        self._rng = rng or random.Random()
        self._budget = RetryBudget(policy.retry)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The first good answer, or else the last answer or the gravest error."""
        self._budget.earn()
        self._observer.called(self._policy.edge)
        gravest: httpx.TransportError | None = None
        attempt = 0
        while True:
            attempt += 1
            self._stamp(request)
            try:
                response = await self._inner.handle_async_request(request)
            except httpx.PoolTimeout:
                raise  # we are the overloaded ones: another attempt would only queue again
            except httpx.TransportError as error:
                if gravest is None or (never_sent(gravest) and not never_sent(error)):
                    gravest = error
                if not await self._again(request, attempt):
                    raise gravest from gravest.__cause__
            else:
                if response.status_code not in RETRYABLE_STATUS:
                    return response
                asked_s = retry_after_s(response.headers.get("retry-after"), self._wall())
                if not await self._again(request, attempt, asked_s):
                    return response

    def _stamp(self, request: httpx.Request) -> None:
        """The limits of one attempt, for the transport and for the other side."""
        left = max(left_s(request, self._now()), 0.001)
        limit = min(self._policy.try_timeout_s, left)
        connect = min(self._policy.connect_timeout_s, limit)
        request.extensions["timeout"] = {
            "pool": connect,
            "connect": connect,
            "read": limit,
            "write": limit,
        }
        request.headers[TIMEOUT_HEADER] = str(max(int(limit * 1000), 1))

    async def _again(self, request: httpx.Request, attempt: int, asked_s: float = 0.0) -> bool:
        """Wait before the next attempt, at least `asked_s`; False if there is none."""
        policy = self._policy.retry
        if attempt >= policy.tries:
            return False
        ceiling_s = min(policy.backoff_s * 2 ** (attempt - 1), policy.backoff_max_s)
        wait_s = asked_s + self._rng.uniform(0, ceiling_s)  # jitter also after a common Retry-After
        late = left_s(request, self._now()) - wait_s < LEAST_TRY_S
        if late or not self._budget.spend():
            self._observer.retry_refused(self._policy.edge)
            return False
        self._observer.retried(self._policy.edge)
        await self._sleep(wait_s)
        return True

    async def aclose(self) -> None:
        """Close the layers below."""
        await self._inner.aclose()
