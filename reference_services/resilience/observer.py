"""Observer of the resilience layers, which keeps metrics and logs out of them."""

from __future__ import annotations

from typing import Protocol


class EdgeObserver(Protocol):
    """Hears of retries, rejections and breaker moves. Called inside the request: be quick."""

    def retried(self, edge: str) -> None:
        """One more attempt is about to be made."""

    def retry_refused(self, edge: str) -> None:
        """The budget or the deadline allowed no further attempt."""

    def rejected(self, edge: str, why: str) -> None:
        """A call was refused before it was sent: `breaker`, `bulkhead` or `deadline`."""

    def moved(self, edge: str, before: str, after: str, reason: str) -> None:
        """The breaker changed its state: `closed`, `open` or `half-open`."""


class NoObserver:
    """Hears nothing."""

    def retried(self, edge: str) -> None:
        """Nothing."""

    def retry_refused(self, edge: str) -> None:
        """Nothing."""

    def rejected(self, edge: str, why: str) -> None:
        """Nothing."""

    def moved(self, edge: str, before: str, after: str, reason: str) -> None:
        """Nothing."""
