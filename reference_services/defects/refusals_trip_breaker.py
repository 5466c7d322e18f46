"""Defect: refusals (4xx) count as failures of the other side, so they open the breaker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from reference_services.resilience import edge
from reference_services.resilience.breaker import EdgeBreaker, Outcomes
from reference_services.resilience.observer import EdgeObserver
from reference_services.resilience.policy import EdgePolicy

Connect = Callable[..., Any]
_CLIENT_ERROR: Final = 400


class CountsRefusals(Outcomes):
    """The sound layer, but every answer above 399 is a failure."""

    def is_failure(self, status: int) -> bool:
        """Also where the other side is well and says no."""
        return status >= _CLIENT_ERROR


def _counting(_: Connect) -> Connect:
    def connect(policy: EdgePolicy, observer: EdgeObserver) -> edge.Edge:
        breaker = EdgeBreaker(policy, observer)
        return edge.build(policy, observer, breaker=breaker, outcomes=CountsRefusals)

    return connect


SWAPS = {"payments.connect": _counting}
