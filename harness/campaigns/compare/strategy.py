"""The strategy of a comparison: every arm in every column, in turn, with the same arrivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.campaigns.gate import MOST_REPLACED, SEEDS, replaced
from harness.campaigns.records import Attempt, Request
from harness.campaigns.sequence import turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """What is compared. `expected_s`: how long a run of each column should take."""

    columns: tuple[str, ...]
    arms: tuple[str, ...]
    repeats: int
    seed: int
    budget_s: float
    expected_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def cells(self) -> tuple[tuple[str, str], ...]:
        """All columns with all arms; the arms of a column stand together."""
        return tuple((column, arm) for column in self.columns for arm in self.arms)

    def next(self, seen: Sequence[Attempt]) -> Request | None:
        """The next run: a replacement, else the next of the round."""
        if wrong_records(seen) or len(replaced(seen)) > MOST_REPLACED:
            return None
        wanted = self._wanted(seen)
        if wanted is None or spent_s(seen) + self._takes_s(wanted, seen) > self.budget_s:
            return None
        return wanted

    def _wanted(self, seen: Sequence[Attempt]) -> Request | None:
        valid = {(a.request.cell, a.request.repeat) for a in seen if a.is_valid}
        for repeat in range(self.repeats):
            for column, arm in turn(self.cells, repeat):
                if ((column, arm), repeat) not in valid:
                    seed = (self.seed + repeat) % SEEDS
                    return Request(experiment=column, arm=arm, repeat=repeat, seed=seed)
        return None

    def _takes_s(self, request: Request, seen: Sequence[Attempt]) -> float:
        took = [a.took_s for a in seen if a.request.experiment == request.experiment and a.is_valid]
        return max(took, default=self.expected_s.get(request.experiment, 0.0))


def spent_s(seen: Sequence[Attempt]) -> float:
    """The time that the attempts took."""
    return sum(attempt.took_s for attempt in seen)


def wrong_records(seen: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """The attempts whose records are wrong, of any arm, counted as a repeat or not."""
    return tuple(a for a in seen if a.outcome is not None and a.outcome.violations)
