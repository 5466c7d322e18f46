"""Time, as an argument: durations are monotonic, a wall stamp is only for people and other logs."""

from __future__ import annotations

import time
from typing import Protocol

NS_PER_S = 1_000_000_000
NS_PER_US = 1_000


class Clock(Protocol):
    """What the harness needs of time. All processes of one machine share the monotonic clock."""

    def monotonic_ns(self) -> int:
        """CLOCK_MONOTONIC in nanoseconds."""

    def wall_ns(self) -> int:
        """Nanoseconds since the epoch."""

    def sleep(self, seconds: float) -> None:
        """Wait; a negative value does not wait."""


class SystemClock:
    """The machine's clock."""

    def monotonic_ns(self) -> int:
        """CLOCK_MONOTONIC in nanoseconds."""
        return time.monotonic_ns()

    def wall_ns(self) -> int:
        """Nanoseconds since the epoch."""
        return time.time_ns()

    def sleep(self, seconds: float) -> None:
        """Wait; a negative value does not wait."""
        if seconds > 0:
            time.sleep(seconds)
