"""The backlog: intents that are due and have not ended, and when it is drained after a fault.

A system may answer new requests well while old ones still wait. The backlog is drained when no
second has more open intents than the worst second of the baseline, plus what chance adds to it.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from harness.load.traffic import US_PER_S
from reports.inputs.schedule import Ints
from reports.measures.cohorts import NEVER, Block
from reports.measures.metric_table import Measured
from reports.measures.phases import FaultWindow

# Arrivals are drawn, so the number of open intents varies like its square root.
SIGMAS: Final = 3.0


class BacklogTally:
    """Counts blocks into open intents at the end of each second of the load."""

    def __init__(self, load_s: float) -> None:
        self._size = max(1, math.ceil(load_s))
        self._begun, self._ended = np.zeros((2, self._size), dtype=np.int64)

    def add(self, block: Block) -> None:
        """Take in what comes next."""
        cohorts = block.cohorts
        begun_s = np.minimum(cohorts.due_us // US_PER_S, self._size - 1)
        self._begun += np.bincount(begun_s, minlength=self._size)
        ended_us = np.where(cohorts.settled_us == NEVER, cohorts.ended_us, cohorts.settled_us)
        ended_s = ended_us[ended_us != NEVER] // US_PER_S
        self._ended += np.bincount(ended_s[ended_s < self._size], minlength=self._size)

    def result(self) -> Ints:
        """The whole load."""
        return np.cumsum(self._begun) - np.cumsum(self._ended)


def drained(open_intents: Ints, warm_up_end_s: float, window: FaultWindow) -> Measured:
    """From the end of the fault to the end of the last second with more than usual.

    A lower bound where that is the last second of the load; None without a baseline or a tail.
    """
    before = open_intents[math.ceil(warm_up_end_s) : math.floor(window.begin_s)]
    first = math.floor(window.end_s)
    after = open_intents[first:]
    if not len(before) or not len(after):
        return Measured(value=None)
    usual = int(before.max())
    more = np.flatnonzero(after > usual + SIGMAS * math.sqrt(usual) + 1)
    if not len(more):
        return Measured(value=0.0)
    end_s = first + int(more[-1]) + 1
    censored = end_s == len(open_intents)
    return Measured(value=max(0.0, end_s - window.end_s), censored=censored)
