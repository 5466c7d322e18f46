"""Check `responses`: the answers of payers match the payments that are stored."""

from __future__ import annotations

from collections import defaultdict
from typing import ClassVar, Final

import numpy as np

from reports.checks.base import Needs, Violation, ViolationClass
from reports.checks.payments.proof import proof_of_answers
from reports.checks.payments.records import PaymentRecords
from reports.checks.payments.reference_tables import PAYMENTS
from reports.measures.cohorts import Block

ANSWERS_DIFFER: Final = ViolationClass(
    name="answers_differ",
    label="different answers for one key",
    one="payment was answered in two ways under one key",
    many="payments were answered in two ways under one key",
)


class ResponsesCheck:
    """Finds intents with two answers, or with an answer unlike the stored payment.

    An answer is known by its digest; an answer without one says nothing that can be compared.
    """

    name: ClassVar = "responses"
    needs: ClassVar[Needs] = {PAYMENTS: ("key", "payment_id", "status", "amount_minor", "currency")}
    joins: ClassVar[tuple[str, ...]] = (PAYMENTS,)
    classes: ClassVar = (ANSWERS_DIFFER,)

    def __init__(self, records: PaymentRecords) -> None:
        paid, size = records.paid, records.size
        self._records = records
        self._wrong = np.zeros(size, dtype=np.bool_)
        self._rows = np.bincount(paid.intent, minlength=size)
        self._promised = np.zeros(size, dtype=np.uint32)
        self._ambiguous: dict[int, set[int]] = defaultdict(set)
        self._promised[paid.intent] = paid.promised
        for place in np.flatnonzero(self._rows[paid.intent] > 1).tolist():
            self._ambiguous[int(paid.intent[place])].add(int(paid.promised[place]))

    def add(self, block: Block) -> None:
        """Compare the answers of the next block with the stored payments."""
        first, contradicted = block.cohorts.first, block.cohorts.contradicted
        self._wrong[first : first + len(contradicted)] |= contradicted
        attempts = block.attempts
        told = attempts["answer"] != 0
        intent, answer = attempts["intent"][told], attempts["answer"][told]
        unlike = (self._rows[intent] > 0) & (self._promised[intent] != answer)
        for place in np.flatnonzero(unlike).tolist():
            number = int(intent[place])
            if int(answer[place]) not in self._ambiguous.get(number, ()):
                self._wrong[number] = True

    def result(self) -> tuple[Violation, ...]:
        """By the keys of the payments."""
        names = tuple(self._records.key(intent) for intent in np.flatnonzero(self._wrong).tolist())
        if not names:
            return ()
        proof = proof_of_answers(self._records.evidence, names[0])
        return (Violation(kind=ANSWERS_DIFFER, names=names, proof=proof),)
