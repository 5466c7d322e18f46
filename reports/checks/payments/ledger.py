"""Check `ledger`: sums, balances and sequences of the double-entry books."""

from __future__ import annotations

from typing import ClassVar, Final

from harness.rows import ACCOUNTS, ENTRIES
from reports.checks.base import Needs, Violation, ViolationClass, found
from reports.checks.payments.records import RunRecords
from reports.cohorts import Block

UNBALANCED: Final = ViolationClass(
    name="unbalanced",
    label="sums that are not zero",
    one="transfer or currency does not sum to zero",
    many="transfers or currencies do not sum to zero",
)
BALANCE_WRONG: Final = ViolationClass(
    name="balance_wrong",
    label="balances unlike their entries",
    one="account has a balance that differs from its entries",
    many="accounts have balances that differ from their entries",
)
SEQUENCE_GAP: Final = ViolationClass(
    name="sequence_gap",
    label="gaps in an account's sequence",
    one="account has a gap in the sequence of its entries",
    many="accounts have gaps in the sequence of their entries",
)


class LedgerCheck:
    """Every transfer balances, and every balance is the sum of its entries."""

    name: ClassVar = "ledger"
    needs: ClassVar[Needs] = {
        ENTRIES: ("entry", "transfer_id", "account", "sequence", "amount_minor", "currency"),
        ACCOUNTS: ("account", "currency", "balance_minor", "sequence"),
    }
    classes: ClassVar = (UNBALANCED, BALANCE_WRONG, SEQUENCE_GAP)

    def __init__(self, records: RunRecords) -> None:
        self._reader = records.books

    def add(self, block: Block) -> None:
        """Blocks say nothing of the ledger."""

    def result(self) -> tuple[Violation, ...]:
        """By the names of transfers, currencies and accounts."""
        books = self._reader.books
        return found(
            {
                UNBALANCED: books.unbalanced,
                BALANCE_WRONG: books.wrong_balances,
                SEQUENCE_GAP: books.gaps,
            }
        )
