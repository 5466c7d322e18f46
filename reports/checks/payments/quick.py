"""Decides by sums of marks whether all payments are sound, for all of them at once.

Two tables hold the same rows, in whatever order, if the sums of their rows' marks are equal. It is
enough for the usual run; where anything differs, `facts.py` looks at each payment.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from reports.checks.payments.records import PaymentRecords
from reports.checks.payments.stored_payments import Marks, differ
from reports.measures.cohorts import Known

Knowledge = npt.NDArray[np.uint8]


def _leg(account: str, kind: str, sign: str) -> str:
    """The sum of the marks of one leg of every payment's hold or post."""
    name, amount = f"payment_id || ':{kind}'", f"{sign}amount_minor"
    return f"sum(hash(hash({name}, key, {account}, '{kind}', {amount}, currency)))"


_LEGS: Final = " + ".join(
    (
        _leg("payer", "hold", "-"),
        _leg("'held:' || payer", "hold", ""),
        _leg("'held:' || payer", "post", "-"),
        _leg("payee", "post", ""),
    )
)
_BOOKED: Final = f"select coalesce({_LEGS}, 0) as marks from payments"  # noqa: S608  # own names
_CHARGED: Final = """
select coalesce(charges = charged, false) as alike from (
    select coalesce(sum(hash(hash(key, payment_id, amount_minor, currency, 'charged'))), 0)
               as charged
    from payments), (
    select coalesce(sum(hash(hash(reference, key, amount_minor, currency, status))), 0) as charges
    from bank_charges)"""
# The hold of each payment precedes its post in the sequence of the hold account, whose leg is the
# positive one of a hold and the negative one of a post (the marks above hold for both).
_EARLY: Final = """
select coalesce(bool_or(ended < held), false) as early from (
    select min(sequence) filter (kind = 'hold') as held,
           min(sequence) filter (kind <> 'hold') as ended
    from ledger_entries where (kind = 'hold') = (amount_minor > 0) group by hash(reference))"""
_CHARGE_IDS: Final = "select hash(charge_id) as mark from bank_charges"


def are_sound(records: PaymentRecords, known: Knowledge, asked: Marks) -> bool:
    """Whether every payment is stored as asked, charged once, held and posted once, and no more.

    False does not mean that something is wrong: only that each payment has to be looked at.
    """
    paid = records.paid
    stored = np.zeros(records.size, dtype=np.bool_)
    stored[paid.intent] = True
    never = (known == Known.REFUSED) | (known == Known.UNSTARTED)
    agreed = np.where(stored, known == Known.CAPTURED, never)
    if not (paid.distinct and paid.captured.all() and agreed.all()):
        return False
    if (asked[paid.intent] != paid.mark).any():
        return False
    if not records.evidence.ask(_CHARGED)["alike"][0]:
        return False
    if not differ(records.evidence.ask(_CHARGE_IDS)["mark"]):
        return False
    if not records.books.entries.are_booked(_BOOKED):
        return False
    return not records.evidence.ask(_EARLY)["early"][0]
