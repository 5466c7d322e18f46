"""All that is counted in one pass over the blocks of a run; memory grows by bytes an intent."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from reports.checks.registry import kinds
from reports.checks.run_checks import RunChecks
from reports.checks.run_records import records_of
from reports.inputs.stored import StoredRun
from reports.measures.answers import AnswerTally
from reports.measures.attempt_rules import AttemptRules
from reports.measures.backlog import BacklogTally
from reports.measures.cohorts import Block, Flags
from reports.measures.delivery import DeliveryTally
from reports.measures.metrics import SharesTally
from reports.measures.outcomes import OutcomesTally
from reports.measures.phases import FaultWindow
from reports.measures.readiness import ServedTally
from reports.measures.slo_slices import SloTally
from reports.measures.step_figures import StepTally
from reports.measures.stories import HardestTally, UnknownTally
from reports.measures.windows import AmplificationTally, WindowTally


class Tally(Protocol):
    """What looks at each block once, in the order of intended starts."""

    def add(self, block: Block) -> None:
        """Take in what comes next."""


class GoodTally:
    """How each payment went: one byte each, all that recovery needs of it."""

    def __init__(self, size: int) -> None:
        self._good = np.zeros(size, dtype=np.bool_)

    def add(self, block: Block) -> None:
        """Take in what comes next."""
        first = block.cohorts.first
        self._good[first : first + len(block.good)] = block.good

    def result(self) -> Flags:
        """All of them."""
        return self._good


class InFlightTally:
    """The longest time that a payment took from warm-up on, of those ended before the fault."""

    def __init__(self, begin_s: float, window: FaultWindow | None) -> None:
        self._begin_s, self._end_s = begin_s, -np.inf if window is None else window.asked_s
        self.longest_s = 0.0

    def add(self, block: Block) -> None:
        """Take in what comes next."""
        if not len(block.due_s) or block.due_s[0] > self._end_s:
            return
        ended_us = block.cohorts.ended_us
        ended_s = ended_us / 1e6
        before = (block.due_s >= self._begin_s) & (ended_us >= 0) & (ended_s < self._end_s)
        if before.any():
            longest_s = float((ended_s - block.due_s)[before].max())
            self.longest_s = max(self.longest_s, longest_s)


class Tallies:
    """One of each, and the checks of the system's records."""

    def __init__(self, stored: StoredRun, window: FaultWindow | None) -> None:
        terms, load_s = stored.terms, stored.plan.load_s
        warm_up_s = terms.phases.warm_up_s
        self.stored = stored
        self.good = GoodTally(len(stored.due))
        self.in_flight = InFlightTally(warm_up_s, window)
        self.delivery = DeliveryTally(terms.good.latency_ms)
        self.windows = WindowTally(load_s)
        self.amplification = AmplificationTally(load_s)
        self.backlog = BacklogTally(load_s)
        self.shares = SharesTally(window, warm_up_s)
        self.unknowns = UnknownTally(stored.plan.stop_s)
        self.hardest = HardestTally()
        self.outcomes = OutcomesTally()
        self.steps = StepTally()
        self.slos = {slo.name: SloTally(slo, stored.names, load_s) for slo in stored.slos.slos}
        self.answers = AnswerTally()
        self.rules = AttemptRules(len(stored.names))
        self.served = ServedTally(load_s)
        records = records_of(stored)
        configured = kinds(stored.system.checks, Path(stored.manifest.system_folder))
        self.checks = RunChecks(records, configured, stored.asked_for)
        self._all: tuple[Tally, ...] = (
            *(self.good, self.in_flight, self.delivery, self.windows, self.amplification),
            *(self.shares, self.unknowns, self.hardest, self.outcomes, self.steps, self.checks),
            *self.slos.values(),
            *(self.answers, self.backlog, self.rules, self.served),
        )

    def add(self, block: Block) -> None:
        """Show it to all."""
        for tally in self._all:
            tally.add(block)
