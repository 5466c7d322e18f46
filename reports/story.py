"""Payments with a story: the one that needed most attempts, and those unknown at first."""

from __future__ import annotations

from typing import Final

import numpy as np

from harness.records import NAME_SHIFT, OUTCOME_SHIFT, STATUS_MASK, ErrorClass, Outcome
from harness.traffic import US_PER_S
from reports.attempts import Records
from reports.cohorts import Block, Known
from reports.picture import Step, Story, Unknowns
from reports.schedule import Floats

MOST_STEPS: Final = 12
_ENDS: Final = {
    Known.CAPTURED: "the payer was told that it is paid",
    Known.REFUSED: "the payer was refused",
    Known.UNKNOWN: "the payer never learned how it ended",
    Known.UNSTARTED: "it never started",
}


class HardestTally:
    """The intent that took most attempts; of equals the longest, then the first."""

    def __init__(self) -> None:
        self._attempts, self._took_us = 1, 0
        self._records: Records | None = None
        self._intent, self._due_us, self._known = 0, 0, Known.UNSTARTED

    def add(self, block: Block) -> None:
        """Take in what comes next."""
        cohorts = block.cohorts
        attempts = int(cohorts.attempts.max(initial=0))
        if attempts < max(self._attempts, 2):
            return
        most = np.flatnonzero(cohorts.attempts == attempts)
        took_us = cohorts.ended_us[most] - cohorts.due_us[most]
        place = int(most[int(np.argmax(took_us))])
        if (attempts, int(took_us.max())) > (self._attempts, self._took_us):
            self._attempts, self._took_us = attempts, int(took_us.max())
            self._intent, self._due_us = cohorts.first + place, int(cohorts.due_us[place])
            self._known = Known(int(cohorts.known[place]))
            self._records = block.attempts[block.attempts["intent"] == self._intent]

    def result(self, prefix: str, names: tuple[str, ...]) -> Story | None:
        """Its story; None when every payment needed one attempt."""
        mine = self._records
        if mine is None:
            return None
        begin_us = mine["due_us"].astype(np.int64) + mine["late_us"]
        mine = mine[np.lexsort((mine["attempt"], begin_us))]
        steps = [_step(mine[i : i + 1], self._due_us, names) for i in range(len(mine))]
        left_out = max(0, len(steps) - MOST_STEPS)
        if left_out:
            half = MOST_STEPS // 2
            steps = steps[:half] + steps[-half:]
        return Story(
            intent=f"{prefix}-{self._intent}",
            due_s=self._due_us / US_PER_S,
            steps=tuple(steps),
            left_out=left_out,
            ends=_ENDS[self._known],
        )


class UnknownTally:
    """Payments whose outcome was unknown at first; the p99 of their time is consistency recovery.

    What was never resolved counts as longer than all others: a lower bound, up to `stop_s`.
    """

    def __init__(self, stop_s: float) -> None:
        self._stop_s = stop_s
        self._asked: list[Floats] = []
        self._settled: list[Floats] = []

    def add(self, block: Block) -> None:
        """Take in what comes next."""
        open_ = block.cohorts.unknown_us >= 0
        if open_.any():
            self._asked.append(block.cohorts.unknown_us[open_] / US_PER_S)
            self._settled.append(block.cohorts.settled_us[open_] / US_PER_S)

    def result(self) -> Unknowns:
        """The whole run."""
        asked = np.concatenate((np.empty(0), *self._asked))
        settled = np.concatenate((np.empty(0), *self._settled))
        never = settled < 0
        end = np.where(never, np.maximum(self._stop_s, asked), np.maximum(settled, asked))
        took = np.where(never, np.inf, end - asked)
        rank = max(int(np.ceil(len(took) * 0.99)) - 1, 0)
        at = np.argsort(took, kind="stable")[rank] if len(took) else 0
        return Unknowns(
            count=len(asked),
            unresolved=int(never.sum()),
            begin_s=float(asked.min()) if len(asked) else 0.0,
            end_s=float(end.max()) if len(asked) else 0.0,
            p99_s=float((end - asked)[at]) if len(asked) else 0.0,
            censored=bool(never[at]) if len(asked) else False,
        )


def _step(one: Records, due_us: int, names: tuple[str, ...]) -> Step:
    begin_us = int(one["due_us"][0]) + int(one["late_us"][0]) - due_us
    code = int(one["code"][0])
    name, status, error = code >> NAME_SHIFT, code & STATUS_MASK, ErrorClass(int(one["error"][0]))
    answer = f"answer {status}" if error is ErrorClass.NONE else error.name.lower()
    return Step(
        begin_s=begin_us / US_PER_S,
        end_s=(begin_us + int(one["took_us"][0])) / US_PER_S,
        request=names[name] if name < len(names) else f"request {name}",
        outcome=Outcome(code >> OUTCOME_SHIFT & 3).name.lower(),
        answer=answer.replace("_", " "),
    )
