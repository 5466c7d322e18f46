"""How far a worker's clock is from the master's, estimated by round trips."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class RoundTrip(NamedTuple):
    """Sent and answered by the master's CLOCK_MONOTONIC, and the worker's in between, in ns."""

    sent_ns: int
    worker_ns: int
    answered_ns: int

    @property
    def took_ns(self) -> int:
        """The whole way."""
        return self.answered_ns - self.sent_ns


class Offset(NamedTuple):
    """Add `ns` to the master's clock to get the worker's; wrong by at most `error_ns`."""

    ns: int
    error_ns: int


def offset_of(trips: Iterable[RoundTrip]) -> Offset:
    """By the shortest round trip: its answer came at the latest half of it from the middle.

    Raises ValueError without a trip.
    """
    best = min(trips, key=lambda trip: trip.took_ns)
    middle_ns = (best.sent_ns + best.answered_ns) // 2
    return Offset(best.worker_ns - middle_ns, (best.took_ns + 1) // 2)
