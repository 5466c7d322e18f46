"""Check `ledger`: transfers, balances, sequences, funds and limits of the double-entry books."""

from __future__ import annotations

from typing import ClassVar, Final

from reports.checks.base import Needs, Violation, ViolationClass
from reports.checks.payments import transfers
from reports.checks.payments.proof import proof_of_account, proof_of_transfer
from reports.checks.payments.records import PaymentRecords
from reports.checks.payments.reference_tables import ACCOUNTS, ENTRIES
from reports.measures.cohorts import Block

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
MALFORMED: Final = ViolationClass(
    name="transfer_malformed",
    label="transfers that are not two legs",
    one="transfer is not one giving and one receiving entry that agree",
    many="transfers are not one giving and one receiving entry that agree",
)
WRONG_FUNDS: Final = ViolationClass(
    name="wrong_funds",
    label="wrong opening funds",
    one="transfer of kind fund is not the opening balance of one account",
    many="transfers of kind fund are not the opening balance of one account",
)
OVERDRAWN: Final = ViolationClass(
    name="overdrawn",
    label="accounts below zero",
    one="account was below zero",
    many="accounts were below zero",
)
WRONG_CURRENCY: Final = ViolationClass(
    name="currency_wrong",
    label="accounts with a foreign currency",
    one="account has entries of another currency than its own",
    many="accounts have entries of another currency than their own",
)
LISTED_TWICE: Final = ViolationClass(
    name="account_twice",
    label="accounts listed twice",
    one="account is listed more than once",
    many="accounts are listed more than once",
)
_OF_TRANSFERS: Final = (MALFORMED, WRONG_FUNDS)


class LedgerCheck:
    """Every transfer is whole, every balance is the sum of its entries and within its limit."""

    name: ClassVar = "ledger"
    needs: ClassVar[Needs] = {
        ENTRIES: (
            *("entry", "transfer_id", "reference", "account", "sequence"),
            *("amount_minor", "currency", "balance_minor", "kind"),
        ),
        ACCOUNTS: ("account", "currency", "balance_minor", "sequence"),
    }
    joins: ClassVar[tuple[str, ...]] = ()
    classes: ClassVar = (
        *(UNBALANCED, MALFORMED, WRONG_FUNDS, OVERDRAWN, BALANCE_WRONG),
        *(SEQUENCE_GAP, WRONG_CURRENCY, LISTED_TWICE),
    )

    def __init__(self, records: PaymentRecords) -> None:
        self._reader, self._evidence = records.books, records.evidence

    def add(self, block: Block) -> None:
        """Blocks say nothing of the ledger."""

    def result(self) -> tuple[Violation, ...]:
        """By the names of transfers, currencies and accounts."""
        evidence, books = self._evidence, self._reader.books
        names = {
            UNBALANCED: books.unbalanced,
            WRONG_FUNDS: transfers.wrong_funds(evidence),
            BALANCE_WRONG: books.wrong_balances,
            SEQUENCE_GAP: books.gaps,
            LISTED_TWICE: transfers.listed_twice(evidence),
        }
        if not (self._reader.are_sound and transfers.ids_differ(evidence)):
            names |= {
                MALFORMED: transfers.malformed(evidence),
                OVERDRAWN: transfers.overdrawn(evidence),
                WRONG_CURRENCY: transfers.wrong_currency(evidence),
            }
        return tuple(
            Violation(kind=kind, names=names[kind], proof=self._proof(kind, names[kind][0]))
            for kind in self.classes
            if names.get(kind)
        )

    def _proof(self, kind: ViolationClass, name: str) -> str:
        if kind is UNBALANCED:
            what, _, name = name.partition(" ")
            return proof_of_transfer(self._evidence, name) if what == "transfer" else ""
        look_up = proof_of_transfer if kind in _OF_TRANSFERS else proof_of_account
        return look_up(self._evidence, name)
