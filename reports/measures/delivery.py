"""How truly the load was delivered: lateness of first attempts, and its longest stretch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.load.traffic import US_PER_S
from reports.inputs.schedule import Ints
from reports.measures.cohorts import NEVER, Block, Flags
from reports.measures.load_figures import Load

LEAST_LATE_MS: Final = 5.0
LATE_SHARE: Final = 0.05
_COUNTED_US: Final = 1 << 20  # lateness below this is counted by the microsecond


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Started arrivals against scheduled ones, and how late the started ones were."""

    scheduled: int
    started: int
    late_ms_p50: float | None
    late_ms_p99: float | None
    late_ms_max: float
    limit_ms: float
    stretch_s: float

    @property
    def ratio(self) -> float:
        """Started arrivals to scheduled ones."""
        return self.started / self.scheduled if self.scheduled else 0.0

    def figures(self) -> Load:
        """As verdict.json has it."""
        return Load(
            scheduled=self.scheduled,
            started=self.started,
            delivered_ratio=round(self.ratio, 6),
            lateness_ms_p50=self.late_ms_p50,
            lateness_ms_p99=self.late_ms_p99,
        )


class DeliveryTally:
    """Lateness against max(LEAST_LATE_MS, LATE_SHARE of the latency limit); ranks are exact.

    A generator that stands still for a moment hides behind a percentile, hence the stretch: the
    longest run of arrivals, each late or never started, in seconds of intended time.
    """

    def __init__(self, latency_limit_ms: float) -> None:
        self._limit_ms = max(LEAST_LATE_MS, LATE_SHARE * latency_limit_ms)
        self._scheduled = 0
        self._counts = np.zeros(_COUNTED_US, np.int64)
        self._very_late: list[Ints] = []
        self._late_since_us: int | None = None
        self._stretch_us = 0

    def add(self, block: Block) -> None:
        """Take in what comes next."""
        cohorts = block.cohorts
        started, late_us = cohorts.started_us != NEVER, cohorts.late_us
        self._scheduled += len(started)
        counted = np.bincount(late_us[started & (late_us < _COUNTED_US)])
        self._counts[: len(counted)] += counted
        very_late = late_us >= _COUNTED_US
        if very_late.any():
            self._very_late.append(late_us[very_late])
        self._stretch(cohorts.due_us, ~started | (late_us > self._limit_ms * 1000))

    def result(self) -> Delivery:
        """The whole run."""
        ranks = np.cumsum(self._counts)
        beyond = np.sort(np.concatenate((np.empty(0, np.int64), *self._very_late)))
        started = int(ranks[-1]) + len(beyond)

        def late_ms(rank: int) -> float:
            if rank >= ranks[-1]:
                return float(beyond[rank - int(ranks[-1])] / 1000.0)
            return int(np.searchsorted(ranks, rank, side="right")) / 1000.0

        def at(share: float) -> float | None:
            rank = max(int(np.ceil(started * share)) - 1, 0)
            return round(late_ms(rank), 3) if started else None

        return Delivery(
            scheduled=self._scheduled,
            started=started,
            late_ms_p50=at(0.5),
            late_ms_p99=at(0.99),
            late_ms_max=late_ms(started - 1) if started else 0.0,
            limit_ms=self._limit_ms,
            stretch_s=self._stretch_us / US_PER_S,
        )

    def _stretch(self, due_us: Ints, late: Flags) -> None:
        """A run of late arrivals may have begun in an earlier block."""
        if not late.any():
            self._late_since_us = None if len(late) else self._late_since_us
            return
        edges = np.flatnonzero(np.diff(np.concatenate(([0], late.view(np.int8), [0]))))
        begin_us, end_us = due_us[edges[::2]], due_us[edges[1::2] - 1]
        if late[0] and self._late_since_us is not None:
            begin_us[0] = self._late_since_us
        self._stretch_us = max(self._stretch_us, int((end_us - begin_us).max()))
        self._late_since_us = int(begin_us[-1]) if late[-1] else None
