"""Defect: failed calls are repeated at once, again and again; no budget, no breaker, no bound."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from reference_services.defects.parts.policies import on_every_edge
from reference_services.resilience.policy import EdgePolicy, RetryPolicy

_AT_ONCE: Final = RetryPolicy(
    tries=8, backoff_s=0.0, backoff_max_s=0.0, budget_ratio=8.0, budget_burst=10**9
)


def _storming(policy: EdgePolicy) -> EdgePolicy:
    breaker = replace(policy.breaker, min_calls=10**9)
    return replace(policy, try_timeout_s=0.25, retry=_AT_ONCE, breaker=breaker)


SWAPS = {"payments.policies": on_every_edge(_storming)}
