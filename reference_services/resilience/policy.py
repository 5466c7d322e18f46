"""The policy table: time limits, retries and concurrency of each edge.

Budget of one payment: payers wait 3 s, payments answers within 2.5 s (`ANSWER_S`). Every call on
both edges carries the id of its saga step and is safe to repeat, so read errors are retried.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

ANSWER_S: Final = 2.4  # what a payment may take inside; 0.1 s more to write the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """Opens when `bad_ratio` of the last `window_calls` (of the last `window_s`) were bad.

    A call is bad if it failed or took longer than `slow_s`. `min_calls` must be known before.
    """

    window_calls: int = 100
    window_s: float = 10.0
    min_calls: int = 20
    bad_ratio: float = 0.5
    slow_s: float = 2.0
    open_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """At most `tries` attempts; full jitter under `backoff_s` * 2^n, never above `backoff_max_s`.

    The budget lets `budget_ratio` of the calls be repeated, and saves up to `budget_burst`.
    """

    tries: int = 3
    backoff_s: float = 0.025
    backoff_max_s: float = 0.25
    budget_ratio: float = 0.2
    budget_burst: int = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgePolicy:
    """All limits of one edge. `try_timeout_s` bounds one attempt, `call_timeout_s` all of them."""

    edge: str
    connect_timeout_s: float = 0.25
    try_timeout_s: float
    call_timeout_s: float = ANSWER_S
    in_flight: int = 64
    queue: int = 64
    queue_wait_s: float = 0.25
    keepalive_s: float = 30.0
    retry: RetryPolicy = RetryPolicy()
    breaker: BreakerPolicy = BreakerPolicy()


EDGES: Final = MappingProxyType(
    {
        policy.edge: policy
        for policy in (
            EdgePolicy(
                edge="payments>ledger",
                try_timeout_s=0.7,
                breaker=BreakerPolicy(slow_s=0.6),
            ),
            EdgePolicy(
                edge="payments>bank",
                try_timeout_s=1.2,
                in_flight=128,  # the outside provider is slower, so more calls are on their way
                queue=32,
                retry=RetryPolicy(tries=2, backoff_s=0.05),
                breaker=BreakerPolicy(slow_s=1.5),
            ),
        )
    }
)
