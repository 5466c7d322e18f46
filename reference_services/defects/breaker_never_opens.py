"""Defect: the breaker waits for more calls than there ever are, so it never opens."""

from __future__ import annotations

from dataclasses import replace

from reference_services.defects.parts.policies import on_every_edge
from reference_services.resilience.policy import EdgePolicy


def _closed(policy: EdgePolicy) -> EdgePolicy:
    return replace(policy, breaker=replace(policy.breaker, min_calls=10**9))


SWAPS = {"payments.policies": on_every_edge(_closed)}
