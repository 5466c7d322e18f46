"""Observer of the resilience layers, which keeps metrics and logs out of them."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Move(NamedTuple):
    """A breaker's change of state: `closed`, `open` or `half-open`.

    `probes`: the most calls that it had under way at once while it was half-open, else 0.
    """

    before: str
    after: str
    reason: str
    probes: int = 0


class EdgeObserver(Protocol):
    """Hears of calls, retries, rejections and breaker moves; called inside the request."""

    def called(self, edge: str) -> None:
        """The first attempt of a call is about to be made."""

    def retried(self, edge: str) -> None:
        """One more attempt is about to be made."""

    def retry_refused(self, edge: str) -> None:
        """The budget or the deadline allowed no further attempt."""

    def rejected(self, edge: str, why: str) -> None:
        """A call was refused before it was sent: `breaker`, `bulkhead` or `deadline`."""

    def moved(self, edge: str, move: Move) -> None:
        """The breaker changed its state."""


class NoObserver:
    """Hears nothing."""

    def called(self, edge: str) -> None:
        """Nothing."""

    def retried(self, edge: str) -> None:
        """Nothing."""

    def retry_refused(self, edge: str) -> None:
        """Nothing."""

    def rejected(self, edge: str, why: str) -> None:
        """Nothing."""

    def moved(self, edge: str, move: Move) -> None:
        """Nothing."""
