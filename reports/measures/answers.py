"""Attempts that did not end ok, counted by request and by what came back."""

from __future__ import annotations

from typing import Final

import numpy as np

from harness.load.records import (
    ERROR_MASK,
    ERROR_SHIFT,
    NAME_SHIFT,
    OUTCOME_SHIFT,
    STATUS_MASK,
    ErrorClass,
    Outcome,
)
from harness.load.traffic import US_PER_S
from reports.measures.cohorts import Block
from reports.measures.page_model import AnswerCount

_CODE_BITS: Final = 0x7FFF  # without the bit that says whether the attempt claims an effect


class AnswerTally:
    """Counts by request, outcome and answer; sound attempts are not looked at."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[int, int, int]] = {}

    def add(self, block: Block) -> None:
        """Count the next block."""
        code = block.attempts["code"]
        bad = np.flatnonzero((code >> OUTCOME_SHIFT & 3) != Outcome.OK)
        if not len(bad):
            return
        mine = block.attempts[bad]
        kind = (mine["code"] & _CODE_BITS).astype(np.int64)
        kind |= mine["name"].astype(np.int64) << NAME_SHIFT
        ended_us = mine["due_us"].astype(np.int64) + mine["late_us"] + mine["took_us"]
        kinds, inverse = np.unique(kind, return_inverse=True)
        for place, number in enumerate(kinds.tolist()):
            at_us = ended_us[inverse == place]
            count, first, last = self._found.get(number, (0, int(at_us[0]), 0))
            self._found[number] = (
                count + len(at_us),
                min(first, int(at_us.min())),
                max(last, int(at_us.max())),
            )

    def result(self, names: tuple[str, ...]) -> tuple[AnswerCount, ...]:
        """The most frequent first."""
        rows = [_row(kind, found, names) for kind, found in self._found.items()]
        return tuple(sorted(rows, key=lambda row: (-row.count, row.request, row.answer)))


def say_answer(status: int, error: ErrorClass) -> str:
    """`status 503`, or why there was no answer."""
    if error is ErrorClass.NONE:
        return f"status {status}"
    return error.name.lower().replace("_", " ")


def _row(kind: int, found: tuple[int, int, int], names: tuple[str, ...]) -> AnswerCount:
    count, first_us, last_us = found
    name = kind >> NAME_SHIFT
    return AnswerCount(
        request=names[name] if name < len(names) else f"request {name}",
        outcome=Outcome(kind >> OUTCOME_SHIFT & 3).name.lower(),
        answer=say_answer(kind & STATUS_MASK, ErrorClass(kind >> ERROR_SHIFT & ERROR_MASK)),
        count=count,
        first_s=first_us / US_PER_S,
        last_s=last_us / US_PER_S,
    )
