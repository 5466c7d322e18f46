"""A clock that moves only by `advance` or when a caller sleeps on it."""

from __future__ import annotations

from collections.abc import Callable

from harness.clock import NS_PER_S


class ManualClock:
    """Begins at one second; calls its observers for every step."""

    def __init__(self) -> None:
        self.now_ns = NS_PER_S
        self.listeners: list[Callable[[float], None]] = []

    def monotonic_ns(self) -> int:
        return self.now_ns

    def wall_ns(self) -> int:
        return self.now_ns + 1_700_000_000 * NS_PER_S

    def sleep(self, seconds: float) -> None:
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        self.now_ns += round(seconds * NS_PER_S)
        for listener in self.listeners:
            listener(seconds)
