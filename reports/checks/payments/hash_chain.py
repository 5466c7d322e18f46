"""Check `hash_chain`: every link of every account's chain is computed again."""

from __future__ import annotations

from typing import ClassVar, Final

from reports.checks.base import Needs, Violation, ViolationClass
from reports.checks.payments.proof import proof_of_account
from reports.checks.payments.records import PaymentRecords
from reports.checks.payments.reference_tables import ACCOUNTS, ENTRIES
from reports.measures.cohorts import Block

CHAIN_BROKEN: Final = ViolationClass(
    name="chain_broken",
    label="breaks in an account's hash chain",
    one="account has a broken hash chain",
    many="accounts have broken hash chains",
)


class HashChainCheck:
    """Every link follows from the links before it, and the last one is the account's own."""

    name: ClassVar = "hash_chain"
    needs: ClassVar[Needs] = {
        ENTRIES: ("transfer_id", "account", "amount_minor", "currency", "hash", "prev_hash"),
        ACCOUNTS: ("account", "sequence", "hash"),
    }
    joins: ClassVar[tuple[str, ...]] = ()
    classes: ClassVar = (CHAIN_BROKEN,)

    def __init__(self, records: PaymentRecords) -> None:
        self._reader, self._evidence = records.books, records.evidence

    def add(self, block: Block) -> None:
        """Blocks say nothing of the ledger."""

    def result(self) -> tuple[Violation, ...]:
        """By the names of accounts."""
        names = self._reader.books.broken_chains
        if not names:
            return ()
        proof = proof_of_account(self._evidence, names[0])
        return (Violation(kind=CHAIN_BROKEN, names=names, proof=proof),)
