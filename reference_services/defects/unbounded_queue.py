"""Defect: calls are repeated with jitter but without a budget, and their queue has no bound."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from reference_services.defects.parts.policies import on_every_edge
from reference_services.resilience.policy import EdgePolicy, RetryPolicy

_NO_BUDGET: Final = RetryPolicy(tries=4, budget_ratio=4.0, budget_burst=10**9)
_ANY: Final = 10**6


def _unbounded(policy: EdgePolicy) -> EdgePolicy:
    breaker = replace(policy.breaker, min_calls=10**9)
    return replace(
        policy, retry=_NO_BUDGET, breaker=breaker, queue=_ANY, queue_wait_s=60.0, in_flight=_ANY
    )


SWAPS = {"payments.policies": on_every_edge(_unbounded)}
