"""Check `payments`: asked = answered = stored = charged at the bank = booked in the ledger.

docs/invariants.md lists what must hold; each class of payment_classes.py is one way in which it
does not.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from harness.load.asked import ASKED
from reports.checks.base import Needs, Violation, ViolationClass
from reports.checks.payments import payment_classes as kinds
from reports.checks.payments.facts import Facts, open_hold_accounts, strangers
from reports.checks.payments.proof import proof_of_account, proof_of_key
from reports.checks.payments.quick import Knowledge, are_sound
from reports.checks.payments.records import PaymentRecords
from reports.checks.payments.reference_tables import CHARGES, ENTRIES, PAYMENTS
from reports.measures.cohorts import Block, Flags, Known

_PAYMENT_COLUMNS = ("payer", "payee", "amount_minor", "currency")


class Reconciliation:
    """Holds every intent against all records, and every record against the intents."""

    name: ClassVar = "payments"
    needs: ClassVar[Needs] = {
        ASKED: ("key", *_PAYMENT_COLUMNS),
        PAYMENTS: ("key", "payment_id", "status", *_PAYMENT_COLUMNS),
        CHARGES: ("charge_id", "key", "reference", "amount_minor", "currency", "status"),
        ENTRIES: (
            *("transfer_id", "reference", "account", "sequence"),
            *("amount_minor", "currency", "balance_minor", "kind"),
        ),
    }
    joins: ClassVar[tuple[str, ...]] = (PAYMENTS, CHARGES, ENTRIES)
    classes: ClassVar = kinds.PAYMENT_CLASSES

    def __init__(self, records: PaymentRecords) -> None:
        self._records = records
        _ = records.books  # its pass over all entries takes longest, so it begins first
        self._known: Knowledge = np.zeros(records.size, dtype=np.uint8)

    def add(self, block: Block) -> None:
        """Remember what the payers of the next block know of their payments.

        An intent that claims no effect sent no payment.
        """
        cohorts = block.cohorts
        known = np.where(cohorts.claims, cohorts.effect, Known.UNSTARTED)
        self._known[cohorts.first : cohorts.first + len(known)] = known

    def result(self) -> tuple[Violation, ...]:
        """By the keys of the payments, and by the names of hold accounts."""
        if are_sound(self._records, self._known, self._records.asked):
            return ()
        found = self._found()
        return tuple(
            Violation(kind=kind, names=found[kind], proof=self._proof(kind, found[kind][0]))
            for kind in kinds.PAYMENT_CLASSES
            if found.get(kind)
        )

    def _found(self) -> dict[ViolationClass, tuple[str, ...]]:
        records = self._records
        facts = Facts.of(records.evidence, records.size)
        by_intent = judge_each(self._known, facts, complete=records.complete)
        found = {
            kind: tuple(records.key(intent) for intent in np.flatnonzero(wrong).tolist())
            for kind, wrong in by_intent.items()
        }
        found[kinds.UNKNOWN_KEY] = strangers(records.evidence, records.size)
        found[kinds.HOLD_ACCOUNT_OPEN] = open_hold_accounts(records.evidence)
        return found

    def _proof(self, kind: ViolationClass, name: str) -> str:
        if kind is kinds.HOLD_ACCOUNT_OPEN:
            return proof_of_account(self._records.evidence, name)
        return proof_of_key(self._records.evidence, name)


def judge_each(
    known: Knowledge, it: Facts, *, complete: bool = True
) -> dict[ViolationClass, Flags]:
    """The violations of each intent; it is stuck only if nothing graver is wrong with it.

    `complete`: an intent without a record was never sent.
    """
    moved = (it.posts > 0) | (it.charged > 0) | (it.captured > 0)
    everywhere = (it.posts > 0) & (it.charged > 0) & (it.captured > 0)
    touched = (it.legs > 0) | (it.charges > 0) | (it.stored > 0)
    lost = (known == Known.CAPTURED) & ~everywhere
    unsent = (known == Known.UNSTARTED) & complete
    ghost = (known == Known.REFUSED) & moved | unsent & touched
    decided = it.pending == 0
    repeated = (it.holds > 1) | (it.posts > 1) | (it.voids > 1)
    graver = {
        kinds.DOUBLED: (it.stored > 1) | (it.charges > 1) | repeated,
        kinds.LOST: lost,
        kinds.GHOST: ghost,
        kinds.WRONG_PARTY: it.wrong_party,
        kinds.AMOUNTS_DIFFER: it.wrong_amount,
        kinds.ENDED_TWICE: (it.posts > 0) & (it.voids > 0),
        kinds.LEFT_ON_HOLD: it.held & decided,
        kinds.ENDS_DIFFER: moved & ~everywhere & decided & ~lost & ~ghost,
        kinds.REFUSED_WITHOUT_CAUSE: it.uncaused,
        kinds.UNKNOWN_STATUS: it.odd > 0,
        kinds.IDS_DIFFER: it.wrong_id,
        kinds.CHARGE_SHARED: it.shared_charge,
        kinds.ENDED_EARLY: it.early,
    }
    open_ = (known == Known.UNKNOWN) | ~decided
    return {**graver, kinds.STUCK: open_ & ~np.logical_or.reduce([*graver.values()])}
