"""Whether each attempt is one that a generator can make; other records prove nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from harness.load.records import MAX_ATTEMPTS
from reports.inputs.schedule import Ints
from reports.measures.cohorts import Block

_NO_NAME: Final = "attempts have a request name that the run does not list"
_EARLY: Final = "attempts were begun before their intent was due"
_OTHER_DUE: Final = "attempts are the first of their intent and have another intended start"
_NUMBERS: Final = "intents have attempts that are not numbered 1, 2, 3 and so on"


class AttemptRules:
    """Counts attempts that break a rule; `names`: how many request names the run lists."""

    def __init__(self, names: int) -> None:
        self._names = names
        self._found: dict[str, int] = {}

    def add(self, block: Block) -> None:
        """Look at the next block."""
        attempts, cohorts = block.attempts, block.cohorts
        if not len(attempts):
            return
        intent = attempts["intent"].astype(np.int64) - cohorts.first
        number, later_us = attempts["attempt"], attempts["due_us"] - cohorts.due_us[intent]
        several = cohorts.attempts[intent] > 1
        is_first = number == 1
        counts: dict[str, int] = {
            _NO_NAME: int(attempts["name"].max()) >= self._names,
            _EARLY: int(np.count_nonzero(later_us < 0)),
            _OTHER_DUE: int(np.count_nonzero(later_us[is_first])),
            _NUMBERS: int(np.count_nonzero(~several & ~is_first))
            + _misnumbered(number[several], intent[several], cohorts.attempts),
        }
        for rule, count in counts.items():
            self._found[rule] = self._found.get(rule, 0) + count

    def result(self) -> Iterator[str]:
        """A sentence for each broken rule."""
        for rule, count in self._found.items():
            if count:
                yield f"at least {count:,} stored {rule}"


def _misnumbered(number: Ints, intent: Ints, count: Ints) -> int:
    """How many intents have not the numbers 1 to `count`: by their sum and that of their squares.

    A stored number is at most MAX_ATTEMPTS.
    """
    if not len(number):
        return 0
    size, n, of = len(count), count.astype(np.float64), number.astype(np.float64)
    sums = np.bincount(intent, of, minlength=size)
    squares = np.bincount(intent, of * of, minlength=size)
    wrong = (2 * sums != n * (n + 1)) | (6 * squares != n * (n + 1) * (2 * n + 1))
    return int(np.count_nonzero(wrong & (count > 1) & (count < MAX_ATTEMPTS)))
