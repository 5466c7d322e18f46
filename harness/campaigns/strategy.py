"""The role of a strategy: from the attempts so far, the next run or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from harness.campaigns.records import Attempt, Request


class Strategy(Protocol):
    """A pure function of the attempts so far, so that a campaign can be resumed and replayed."""

    def next(self, seen: Sequence[Attempt]) -> Request | None:
        """The next run to make; None: the campaign is complete."""


class NoStrategy:
    """Wants no run."""

    def next(self, seen: Sequence[Attempt]) -> Request | None:
        """Nothing."""
        del seen
        return None
