"""Check `payments`: each intent held against ledger, bank and payments service."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from harness.asked import ASKED
from harness.rows import CHARGES, ENTRIES, PAYMENTS
from reports.checks.base import Needs, Violation, ViolationClass, found
from reports.checks.payments.booked import Booked, strangers
from reports.checks.payments.records import RunRecords
from reports.cohorts import Block, Flags, Known

Knowledge = npt.NDArray[np.uint8]


def _payment(name: str, label: str, what: str, *, proven: bool = True) -> ViolationClass:
    one, many = f"payment was {what}", f"payments were {what}"
    return ViolationClass(name=name, label=label, one=one, many=many, proven=proven)


DOUBLED: Final = _payment("doubled", "charged or booked twice", "charged or booked twice")
LOST: Final = _payment("lost", "acknowledged but lost", "acknowledged but not booked everywhere")
GHOST: Final = _payment("ghost", "refused but booked", "refused or never made, but booked")
AMOUNTS_DIFFER: Final = _payment(
    "amounts_differ", "booked with differing amounts", "booked with differing amounts"
)
STUCK: Final = _payment("stuck", "unknown and never resolved", "never resolved", proven=False)


class Reconciliation:
    """Every acknowledged payment is booked once everywhere, and no other."""

    name: ClassVar = "payments"
    needs: ClassVar[Needs] = {
        ASKED: ("key", "payer", "payee", "amount_minor", "currency"),
        ENTRIES: ("reference", "amount_minor", "currency", "kind"),
        CHARGES: ("reference", "amount_minor", "currency", "status"),
        PAYMENTS: ("key", "status", "amount_minor", "currency"),
    }
    classes: ClassVar = (DOUBLED, LOST, GHOST, AMOUNTS_DIFFER, STUCK)

    def __init__(self, records: RunRecords) -> None:
        self._records = records
        self._known = np.zeros(records.size, dtype=np.uint8)

    def add(self, block: Block) -> None:
        """Remember what the payers of the next block know."""
        cohorts = block.cohorts
        self._known[cohorts.first : cohorts.first + len(cohorts.known)] = cohorts.known

    def result(self) -> tuple[Violation, ...]:
        """By the keys of the payments."""
        records = self._records
        prefix = f"{records.prefix}-"
        it = Booked.of(records.evidence, records.paid, prefix, records.size)
        wrong = _judge(self._known, it)
        twice, once = strangers(records.evidence, prefix, records.size) if it.beyond else ((), ())
        return found(
            {
                DOUBLED: self._named(wrong["doubled"]) + twice,
                LOST: self._named(wrong["lost"]),
                GHOST: self._named(wrong["ghost"]) + once,
                AMOUNTS_DIFFER: self._named(wrong["amounts_differ"]),
                STUCK: self._named(wrong["stuck"]),
            }
        )

    def _named(self, wrong: Flags) -> tuple[str, ...]:
        return tuple(self._records.key(intent) for intent in np.flatnonzero(wrong).tolist())


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
