"""What the payments service has stored, read once: under which intent, in which state, promised."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from harness.rows import PAYMENTS
from reports.evidence import Evidence
from reports.schedule import Ints

_STORED: Final = """
select coalesce(intent, -1) as intent, hash(amount_minor, currency) as worth,
       case when status = 'captured' then 0 when status in ('pending', 'dead_letter') then 1
            else 2 end::tinyint as what,
       encode(concat_ws('|', payment_id, status, amount_minor, currency)) as text
from payments"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A row each, of intents only.

    `what`: 0 captured, 1 pending or dead letter, 2 anything else; `worth` is a hash of amount and
    currency; `promised` is the digest of the answer that the row promises.
    """

    intent: Ints
    what: npt.NDArray[np.int8]
    worth: npt.NDArray[np.uint64]
    promised: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, evidence: Evidence, size: int) -> Paid:
        """The payments of the first `size` intents; none if there is no such evidence."""
        if PAYMENTS not in evidence.found:
            none = np.empty(0, dtype=np.int64)
            return cls(
                intent=none,
                what=none.astype(np.int8),
                worth=none.astype(np.uint64),
                promised=none.astype(np.uint32),
            )
        rows = evidence.ask(_STORED)
        intent, texts = rows["intent"], rows["text"]
        promised = np.fromiter(map(zlib.crc32, texts), np.uint32, len(texts))
        ours = (intent >= 0) & (intent < size)
        if ours.all():
            return cls(intent=intent, what=rows["what"], worth=rows["worth"], promised=promised)
        return cls(
            intent=intent[ours],
            what=rows["what"][ours],
            worth=rows["worth"][ours],
            promised=promised[ours],
        )
