"""How the intents of a run ended for their payers, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reports.measures.cohorts import Block, Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """`unknown_at_first`: intents with an answer that left the outcome open."""

    attempts: int
    acknowledged: int
    refused: int
    unknown: int
    unstarted: int
    unknown_at_first: int


class OutcomesTally:
    """Counts blocks into outcomes."""

    def __init__(self) -> None:
        self._known = np.zeros(len(Known), dtype=np.int64)
        self._attempts, self._unknown_at_first = 0, 0

    def add(self, block: Block) -> None:
        """Count the next block."""
        self._known += np.bincount(block.cohorts.known, minlength=len(Known))
        self._attempts += len(block.attempts)
        self._unknown_at_first += int(np.count_nonzero(block.cohorts.unknown_us >= 0))

    def result(self) -> Outcomes:
        """The whole run."""
        known = self._known.tolist()
        return Outcomes(
            attempts=self._attempts,
            acknowledged=known[Known.CAPTURED],
            refused=known[Known.REFUSED],
            unknown=known[Known.UNKNOWN],
            unstarted=known[Known.UNSTARTED],
            unknown_at_first=self._unknown_at_first,
        )
