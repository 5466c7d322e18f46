"""What payers were told, held against what payments has stored."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from reports.cohorts import Block, Flags
from reports.paid import Paid


class AnswersTally:
    """Intents that were told two things, or another thing than what payments has stored."""

    def __init__(self, paid: Paid, size: int) -> None:
        self._wrong = np.zeros(size, dtype=np.bool_)
        self._rows = np.bincount(paid.intent, minlength=size)
        self._promised = np.zeros(size, dtype=np.uint32)
        self._ambiguous: dict[int, set[int]] = defaultdict(set)
        self._promised[paid.intent] = paid.promised
        for place in np.flatnonzero(self._rows[paid.intent] > 1).tolist():
            self._ambiguous[int(paid.intent[place])].add(int(paid.promised[place]))

    def add(self, block: Block) -> None:
        """Take in what comes next."""
        first, contradicted = block.cohorts.first, block.cohorts.contradicted
        self._wrong[first : first + len(contradicted)] |= contradicted
        told = block.attempts["answer"] != 0
        intent, answer = block.attempts["intent"][told], block.attempts["answer"][told]
        unlike = (self._rows[intent] > 0) & (self._promised[intent] != answer)
        for place in np.flatnonzero(unlike).tolist():
            number = int(intent[place])
            if int(answer[place]) not in self._ambiguous.get(number, ()):
                self._wrong[number] = True

    def result(self) -> Flags:
        """One place an intent."""
        return self._wrong
