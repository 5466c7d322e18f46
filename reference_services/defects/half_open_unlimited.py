"""Defect: a half-open breaker admits every call, not one probe at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reference_services.resilience import edge
from reference_services.resilience.breaker import EdgeBreaker
from reference_services.resilience.observer import EdgeObserver
from reference_services.resilience.policy import EdgePolicy

Connect = Callable[..., Any]
_HALF_OPEN = "half-open"


class AdmitsAll(EdgeBreaker):
    """The sound breaker, without the limit of half-open."""

    def retry_after_s(self) -> float:
        """Nothing to wait for in half-open."""
        return 0.0 if self.state == _HALF_OPEN else super().retry_after_s()


def _unlimited(_: Connect) -> Connect:
    def connect(policy: EdgePolicy, observer: EdgeObserver) -> edge.Edge:
        return edge.build(policy, observer, breaker=AdmitsAll(policy, observer))

    return connect


SWAPS = {"payments.connect": _unlimited}
