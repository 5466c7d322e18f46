"""Good and total requests of an SLO in slices of one second of intended starts.

An arrival that was due and never started is bad in its slice. So a system that stops the load does
not improve its ratio.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from harness.load.traffic import US_PER_S
from harness.slo.openslo import Selected, Slo
from reports.inputs.schedule import Ints
from reports.measures.cohorts import NEVER, Block, Flags, Known
from reports.measures.steps import OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Slices:
    """Requests due in each second since the run's zero, and those of them that were good."""

    good: Ints
    total: Ints

    def between(self, first: int, stop: int) -> Slices:
        """The seconds from `first` until before `stop`."""
        return Slices(good=self.good[first:stop], total=self.total[first:stop])

    def joined(self, other: Slices) -> Slices:
        """These seconds and others behind them."""
        return Slices(
            good=np.concatenate((self.good, other.good)),
            total=np.concatenate((self.total, other.total)),
        )


class SloTally:
    """Counts blocks into the slices of one SLO; slices that the load only half fills are none."""

    def __init__(self, slo: Slo, names: tuple[str, ...], load_s: float) -> None:
        self._of: Selected = slo.good
        self._limit_us = math.inf if slo.good.latency_ms is None else slo.good.latency_ms.lte * 1000
        self._name = names.index(slo.good.name) if slo.good.name in names else None
        self._good, self._total = np.zeros((2, math.floor(load_s)), dtype=np.int64)

    def add(self, block: Block) -> None:
        """Count the next block."""
        cohorts = block.cohorts
        if not self._of.name:
            took_us = cohorts.captured_us - cohorts.due_us
            good = (cohorts.captured_us != NEVER) & (took_us <= self._limit_us)
            self._count(cohorts.due_us, good)
            return
        missing = cohorts.known == Known.UNSTARTED
        self._count(cohorts.due_us[missing], np.zeros(int(missing.sum()), dtype=np.bool_))
        steps = cohorts.steps
        mine = steps.name == (-1 if self._name is None else self._name)
        took_us = steps.ended_us[mine] - steps.due_us[mine]
        self._count(steps.due_us[mine], (steps.known[mine] == OK) & (took_us <= self._limit_us))

    def result(self) -> Slices:
        """The whole run."""
        return Slices(good=self._good, total=self._total)

    def _count(self, due_us: Ints, good: Flags) -> None:
        second, size = due_us // US_PER_S, len(self._total)
        self._total += np.bincount(second, minlength=size)[:size]
        self._good += np.bincount(second[good], minlength=size)[:size]
