"""The strategy of a gate: repeats until every experiment is decided, within its budget of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from harness.campaigns.cell_decision import CellDecision, decide_cell
from harness.campaigns.objective_decision import Rule
from harness.campaigns.records import CANDIDATE, Attempt, Request
from harness.campaigns.sequence import fault_delays, turn

MOST_REPLACED: Final = 3
SEEDS: Final = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What is gated. `expected_s`: how long a run of each experiment should take.

    `arms`: the candidate, and the baseline if it is run in the same job.
    """

    experiments: tuple[str, ...]
    arms: tuple[str, ...] = (CANDIDATE,)
    rule: Rule = field(default_factory=Rule)
    seed: int = 11
    jitter_s: float = 0.0
    budget_s: float = 3600.0
    expected_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def cells(self) -> tuple[tuple[str, str], ...]:
        """All experiments with all arms; the arms of an experiment stand together."""
        return tuple((name, arm) for name in self.experiments for arm in self.arms)

    def next(self, seen: Sequence[Attempt]) -> Request | None:
        """The next run: a replacement, else the next of the round; None at a decision."""
        if money_violated(seen) or len(replaced(seen)) > MOST_REPLACED:
            return None
        wanted = self._wanted(seen)
        if wanted is None or self.spent_s(seen) + self._takes_s(wanted, seen) > self.budget_s:
            return None
        return wanted

    def _wanted(self, seen: Sequence[Attempt]) -> Request | None:
        valid = {(a.request.cell, a.request.repeat) for a in seen if a.is_valid}
        for repeat in range(self.rule.most):
            for cell in turn(self._open(seen, repeat), repeat):
                if (cell, repeat) not in valid:
                    return self._request(cell, repeat)
        return None

    def _open(self, seen: Sequence[Attempt], repeat: int) -> tuple[tuple[str, str], ...]:
        """The cells that need this repeat: all at first, later those that are undecided."""
        if repeat < self.rule.least:
            return self.cells
        undecided = {
            name
            for name in self.experiments
            if self.decide((name, CANDIDATE), seen, before=repeat).verdict == "UNDECIDED"
        }
        return tuple(cell for cell in self.cells if cell[0] in undecided)

    def decide(
        self, cell: tuple[str, str], seen: Sequence[Attempt], before: int | None = None
    ) -> CellDecision:
        """The decision on one cell from its valid attempts, of the repeats below `before`."""
        most = self.rule.most if before is None else before
        return decide_cell(cell, valid_of(cell, seen, most), self.rule)

    def spent_s(self, seen: Sequence[Attempt]) -> float:
        """The time that the attempts took; an interrupted one is not counted."""
        return sum(attempt.took_s for attempt in seen)

    def _takes_s(self, request: Request, seen: Sequence[Attempt]) -> float:
        """As long as the longest run of that experiment so far, else as long as expected."""
        took = [a.took_s for a in seen if a.request.experiment == request.experiment and a.is_valid]
        return max(took, default=self.expected_s.get(request.experiment, 0.0))

    def _request(self, cell: tuple[str, str], repeat: int) -> Request:
        delays = fault_delays(self.seed, (self.rule.least, self.rule.most), self.jitter_s)
        return Request(
            experiment=cell[0],
            arm=cell[1],
            repeat=repeat,
            seed=(self.seed + repeat) % SEEDS,
            later_s=delays[repeat],
        )


def valid_of(cell: tuple[str, str], seen: Sequence[Attempt], before: int) -> tuple[Attempt, ...]:
    """The first valid attempt of each repeat below `before`, in their order."""
    found: dict[int, Attempt] = {}
    for attempt in seen:
        repeat = attempt.request.repeat
        if attempt.request.cell == cell and attempt.is_valid and repeat < before:
            found.setdefault(repeat, attempt)
    return tuple(found[repeat] for repeat in sorted(found))


def money_violated(seen: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """The attempts of the candidate whose records are wrong, counted as a repeat or not."""
    return tuple(
        a
        for a in seen
        if a.request.arm == CANDIDATE and a.outcome is not None and a.outcome.violations
    )


def replaced(seen: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """The attempts that tell nothing. Those that the campaign's own end cut off are not among."""
    return tuple(a for a in seen if not a.is_valid and not a.interrupted)
