"""What payers were told, held against what payments has stored."""

from __future__ import annotations

import zlib
from collections import defaultdict
from typing import Final

import numpy as np

from harness.rows import PAYMENTS
from reports.cohorts import Block, Flags
from reports.evidence import Evidence

_STORED: Final = """
select coalesce(intent, -1) as intent,
       encode(concat_ws('|', payment_id, status, amount_minor, currency)) as text
from payments"""


class AnswersTally:
    """Intents that were told two things, or another thing than what payments has stored."""

    def __init__(self, evidence: Evidence, size: int) -> None:
        self._wrong = np.zeros(size, dtype=np.bool_)
        self._rows = np.zeros(size, dtype=np.int64)
        self._promised = np.zeros(size, dtype=np.uint32)
        self._ambiguous: dict[int, set[int]] = defaultdict(set)
        if PAYMENTS in evidence.found:
            self._read(evidence, size)

    def add(self, block: Block) -> None:
        """Take in what comes next."""
        first, contradicted = block.cohorts.first, block.cohorts.contradicted
        self._wrong[first : first + len(contradicted)] |= contradicted
        told = block.attempts["answer"] != 0
        intent, answer = block.attempts["intent"][told], block.attempts["answer"][told]
        unlike = (self._rows[intent] > 0) & (self._promised[intent] != answer)
        for place in np.flatnonzero(unlike).tolist():
            number = int(intent[place])
            if int(answer[place]) not in self._ambiguous.get(number, ()):
                self._wrong[number] = True

    def result(self) -> Flags:
        """One place an intent."""
        return self._wrong

    def _read(self, evidence: Evidence, size: int) -> None:
        stored = evidence.ask(_STORED)
        intent, texts = stored["intent"], stored["text"]
        promised = np.fromiter(map(zlib.crc32, texts), np.uint32, len(texts))
        ours = (intent >= 0) & (intent < size)
        if not ours.all():
            intent, promised = intent[ours], promised[ours]
        self._rows = np.bincount(intent, minlength=size)
        self._promised[intent] = promised
        for place in np.flatnonzero(self._rows[intent] > 1).tolist():
            self._ambiguous[int(intent[place])].add(int(promised[place]))
