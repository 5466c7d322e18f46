"""Is every cent there: each intent held against ledger, bank and payments, then the books alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.rows import ENTRIES
from reports.answers import AnswersTally
from reports.booked import Booked, strangers
from reports.books import Books, BooksCheck
from reports.cohorts import Block, Flags, Known
from reports.evidence import Evidence
from reports.paid import Paid

Knowledge = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrity:
    """What was counted, and every violation by the name of its intent, account or transfer.

    `proven` has the violations that no imperfect load can explain; `stuck` is not among them,
    since a payer who was cut short never asked again.
    """

    intents: int
    attempts: int
    acknowledged: int
    refused: int
    unknown_at_first: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    ghost: tuple[str, ...]
    stuck: tuple[str, ...]
    answers_differ: tuple[str, ...]
    amounts_differ: tuple[str, ...]
    books: Books

    @property
    def proven(self) -> bool:
        """Money is wrong, whatever else is said of this run."""
        books = self.books
        wrong_books = (books.unbalanced, books.wrong_balances, books.gaps, books.broken_chains)
        wrong = (self.lost, self.doubled, self.ghost, self.answers_differ, self.amounts_differ)
        return any(wrong) or any(wrong_books)

    @property
    def chain_ok(self) -> bool:
        """No gap in any account's sequence, and every hash follows from the one before."""
        return not (self.books.gaps or self.books.broken_chains)


class IntegrityTally:
    """Joins intents with evidence. What evidence does not cover is not claimed (see `missing`)."""

    def __init__(self, evidence: Evidence, prefix: str, size: int) -> None:
        self._evidence, self._prefix = evidence, prefix
        self._known = np.zeros(size, dtype=np.uint8)
        self._books = BooksCheck(evidence)
        self._paid = Paid.of(evidence, size)
        self._answers = AnswersTally(self._paid, size)
        self._attempts, self._unknown_at_first = 0, 0

    @classmethod
    def over(cls, evidence: Evidence, prefix: str, size: int) -> IntegrityTally | None:
        """None without the ledger's entries: nothing can be said of anybody's money."""
        return cls(evidence, prefix, size) if ENTRIES in evidence.found else None

    def add(self, block: Block) -> None:
        """Take in what comes next."""
        cohorts = block.cohorts
        self._known[cohorts.first : cohorts.first + len(cohorts.known)] = cohorts.known
        self._attempts += len(block.attempts)
        self._unknown_at_first += int(np.count_nonzero(cohorts.unknown_us >= 0))
        self._answers.add(block)

    def result(self) -> Integrity:
        """Every intent of the run, then the books alone."""
        size, prefix = len(self._known), f"{self._prefix}-"
        it = Booked.of(self._evidence, self._paid, prefix, size)
        wrong = _judge(self._known, it)
        doubled, ghost = strangers(self._evidence, prefix, size) if it.beyond else ((), ())
        return Integrity(
            intents=size,
            attempts=self._attempts,
            acknowledged=int(np.count_nonzero(self._known == Known.CAPTURED)),
            refused=int(np.count_nonzero(self._known == Known.REFUSED)),
            unknown_at_first=self._unknown_at_first,
            lost=self._named(wrong["lost"]),
            doubled=self._named(wrong["doubled"]) + doubled,
            ghost=self._named(wrong["ghost"]) + ghost,
            stuck=self._named(wrong["stuck"]),
            answers_differ=self._named(self._answers.result()),
            amounts_differ=self._named(wrong["amounts_differ"]),
            books=self._books.result(),
        )

    def _named(self, wrong: Flags) -> tuple[str, ...]:
        return tuple(f"{self._prefix}-{intent}" for intent in np.flatnonzero(wrong).tolist())


def _judge(known: Knowledge, it: Booked) -> dict[str, Flags]:
    """The violations of each intent; it is stuck only if nothing graver is wrong with it."""
    doubled = (it.posted > 1) | (it.charged > 1)
    lost = (known == Known.CAPTURED) & it.is_missing
    never = (known == Known.REFUSED) | (known == Known.UNSTARTED)
    ghost = never & ((it.posted > 0) | (it.charged > 0))
    graver = doubled | lost | ghost | it.amounts_differ
    return {
        "doubled": doubled,
        "lost": lost,
        "ghost": ghost,
        "amounts_differ": it.amounts_differ,
        "stuck": ~graver & ((known == Known.UNKNOWN) | it.is_open),
    }
