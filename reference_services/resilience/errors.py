"""What resilience itself raises: refusals, made before anything left this process.

httpx.TransportError
└── RefusedError          nothing was sent
    ├── DeadlineError     no time is left for the call
    ├── BulkheadFullError too many calls are in flight on this edge
    └── BreakerOpenError  the edge's breaker rejects calls; `retry_after_s` says how long
"""

from __future__ import annotations

import httpx


class RefusedError(httpx.TransportError):
    """We refused the call ourselves: nothing was sent."""


class DeadlineError(RefusedError):
    """No time is left for the call."""


class BulkheadFullError(RefusedError):
    """Too many calls are in flight or waiting on this edge."""


class BreakerOpenError(RefusedError):
    """The breaker rejects calls; the next probe is due in `retry_after_s`."""

    def __init__(self, edge: str, retry_after_s: float) -> None:
        super().__init__(f"{edge}: the breaker is open")
        self.retry_after_s = retry_after_s


def never_sent(error: httpx.TransportError) -> bool:
    """Whether it is certain that the other side saw nothing of this attempt."""
    unsent = (RefusedError, httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    return isinstance(error, unsent)
