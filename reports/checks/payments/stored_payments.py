"""What the payments service has stored, read once: under which intent, in which state, promised."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from reports.checks.payments.reference_tables import PAYMENTS
from reports.inputs.evidence_tables import Evidence
from reports.inputs.schedule import Ints
from reports.measures.cohorts import Flags

# `mark` and `name` stand for a request and for a payment id where they are only compared.
_STORED: Final = """
select coalesce(intent, -1) as intent, hash(payment_id) as name,
       hash(key, payer, payee, amount_minor, currency) as mark, status = 'captured' as captured,
       encode(concat_ws('|', payment_id, status, amount_minor, currency)) as text
from payments"""
Marks = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """One place a row of an intent; rows under other keys are left out.

    `mark` stands for key, payer, payee, amount and currency; `promised` is the digest of the answer
    that the row promises. `distinct`: no row was left out, and no two rows share a payment id or an
    intent.
    """

    intent: Ints
    captured: Flags
    mark: Marks
    promised: npt.NDArray[np.uint32]
    distinct: bool

    @classmethod
    def of(cls, evidence: Evidence, size: int) -> Paid:
        """The payments of the first `size` intents; none if there is no such evidence."""
        if PAYMENTS not in evidence.found:
            none = np.empty(0, dtype=np.int64)
            return cls(
                intent=none,
                captured=none.astype(np.bool_),
                mark=none.astype(np.uint64),
                promised=none.astype(np.uint32),
                distinct=False,
            )
        rows = evidence.ask(_STORED)
        intent, texts = rows["intent"], rows["text"]
        promised = np.fromiter(map(zlib.crc32, texts), np.uint32, len(texts))
        ours = (intent >= 0) & (intent < size)
        whole = bool(ours.all())
        return cls(
            intent=intent if whole else intent[ours],
            captured=rows["captured"] if whole else rows["captured"][ours],
            mark=rows["mark"] if whole else rows["mark"][ours],
            promised=promised if whole else promised[ours],
            distinct=whole and differ(rows["name"]) and differ(intent),
        )


def differ(values: Marks | Ints) -> bool:
    """Whether no value is there twice."""
    in_order = np.sort(values)
    return not (in_order[1:] == in_order[:-1]).any()
