"""Payments with a story: the one that needed most attempts, and those unknown at first."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from harness.load.records import (
    ERROR_MASK,
    ERROR_SHIFT,
    OUTCOME_SHIFT,
    STATUS_MASK,
    ErrorClass,
    Outcome,
)
from harness.load.traffic import US_PER_S
from reports.inputs.attempts import Records
from reports.inputs.schedule import Ints
from reports.measures.answers import say_answer
from reports.measures.cohorts import NEVER, Block, Known
from reports.measures.page_model import Story, StoryStep, Unknowns

MOST_STEPS: Final = 12
_ENDS: Final = {
    Known.CAPTURED: "the payer was told that it is paid",
    Known.REFUSED: "the payer was refused",
    Known.UNKNOWN: "the payer never learned how it ended",
    Known.UNSTARTED: "no start of it is recorded",
}


def story_of(
    intent: str, attempts: Records, due_us: int, *, names: tuple[str, ...], known: Known
) -> Story:
    """The attempts of one intent in the order of their starts."""
    begin_us = attempts["due_us"].astype(np.int64) + attempts["late_us"]
    mine = attempts[np.lexsort((attempts["attempt"], begin_us))]
    steps = [_step(mine[i : i + 1], due_us, names) for i in range(len(mine))]
    left_out = max(0, len(steps) - MOST_STEPS)
    if left_out:
        half = MOST_STEPS // 2
        steps = steps[:half] + steps[-half:]
    return Story(
        intent=intent,
        due_s=due_us / US_PER_S,
        steps=tuple(steps),
        left_out=left_out,
        ends=_ENDS[known],
    )


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
        named = f"{prefix}-{self._intent}"
        return story_of(named, mine, self._due_us, names=names, known=self._known)


class UnknownTally:
    """Payments whose outcome was unknown at first; the p99 of their time is consistency recovery.

    What was never resolved counts as longer than all others: a lower bound, up to `stop_s`.
    """

    def __init__(self, stop_s: float) -> None:
        self._stop_s = stop_s
        self._begin_s, self._end_s = math.inf, 0.0
        self._took_us = [np.empty(0, np.int64)]
        self._never_s = [np.empty(0, np.float64)]

    def add(self, block: Block) -> None:
        """Take in what comes next."""
        asked_us, settled_us = block.cohorts.unknown_us, block.cohorts.settled_us
        resolved = np.flatnonzero((asked_us != NEVER) & (settled_us != NEVER))
        never = np.flatnonzero((asked_us != NEVER) & (settled_us == NEVER))
        if len(resolved):
            asked, settled = asked_us[resolved], settled_us[resolved]
            self._took_us.append(np.maximum(settled - asked, 0))
            self._span(asked, float(np.maximum(settled, asked).max()) / US_PER_S)
        if len(never):
            asked_s = asked_us[never] / US_PER_S
            self._never_s.append(np.maximum(self._stop_s, asked_s) - asked_s)
            self._span(asked_us[never], max(self._stop_s, float(asked_s.max())))

    def result(self) -> Unknowns:
        """The whole run."""
        took_us, never_s = np.concatenate(self._took_us), np.concatenate(self._never_s)
        count = len(took_us) + len(never_s)
        rank = max(math.ceil(count * 0.99) - 1, 0)
        censored = count > 0 and rank >= len(took_us)
        if censored:
            p99_s = float(never_s[rank - len(took_us)])
        else:
            p99_s = float(np.partition(took_us, rank)[rank]) / US_PER_S if count else 0.0
        return Unknowns(
            count=count,
            unresolved=len(never_s),
            begin_s=self._begin_s if count else 0.0,
            end_s=self._end_s,
            p99_s=p99_s,
            censored=censored,
        )

    def _span(self, asked_us: Ints, end_s: float) -> None:
        self._begin_s = min(self._begin_s, float(asked_us.min()) / US_PER_S)
        self._end_s = max(self._end_s, end_s)


def _step(one: Records, due_us: int, names: tuple[str, ...]) -> StoryStep:
    begin_us = int(one["due_us"][0]) + int(one["late_us"][0]) - due_us
    code = int(one["code"][0])
    name, status = int(one["name"][0]), code & STATUS_MASK
    error = ErrorClass(code >> ERROR_SHIFT & ERROR_MASK)
    answer = say_answer(status, error)
    return StoryStep(
        begin_s=begin_us / US_PER_S,
        end_s=(begin_us + int(one["took_us"][0])) / US_PER_S,
        request=names[name] if name < len(names) else f"request {name}",
        outcome=Outcome(code >> OUTCOME_SHIFT & 3).name.lower(),
        answer=answer,
    )
