"""What ledger, bank and payments hold under the key of each intent, and under keys of nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from reports.cohorts import Flags
from reports.evidence import CHARGES, ENTRIES, PAYMENTS, Evidence
from reports.schedule import Ints

# `worth` stands for amount and currency where they only have to be compared. A transfer is counted
# once, by the leg that receives.
_QUERIES: Final = {
    ENTRIES: """
        select intent, hash(amount_minor, currency) as worth,
               case kind when 'post' then 0 when 'hold' then 1 else 2 end::tinyint as what
        from ledger_entries
        where intent between 0 and $last and amount_minor > 0 and kind <> 'fund'""",
    CHARGES: """
        select intent, hash(amount_minor, currency) as worth,
               case status when 'charged' then 0 else 1 end::tinyint as what
        from bank_charges where intent between 0 and $last""",
    PAYMENTS: """
        select intent, hash(amount_minor, currency) as worth,
               case status when 'captured' then 0 when 'pending' then 1 else 2 end::tinyint as what
        from payments where intent between 0 and $last""",
}
_STRANGERS: Final = {
    ENTRIES: """
        select reference as key, 1 as posted, 0 as charged from ledger_entries
        where starts_with(reference, $prefix) and coalesce(intent not between 0 and $last, true)
          and amount_minor > 0 and kind = 'post'""",
    CHARGES: """
        select reference as key, 0 as posted, 1 as charged from bank_charges
        where starts_with(reference, $prefix) and coalesce(intent not between 0 and $last, true)
          and status = 'charged'""",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """One place an intent.

    `posted` and `charged` count how often money moved for good at the ledger and the bank.
    `is_missing`: not captured at every place that was asked. `is_open`: money still on hold, taken
    at one place only, or a payment not decided.
    """

    posted: Ints
    charged: Ints
    amounts_differ: Flags
    is_missing: Flags
    is_open: Flags

    @classmethod
    def of(cls, evidence: Evidence, size: int) -> Booked:
        """Everything under the keys of the first `size` intents."""
        worth = _Worth(size)
        posted, held, voided = _counted(evidence, ENTRIES, size, worth)
        charged, _, _ = _counted(evidence, CHARGES, size, worth)
        captured, pending, _ = _counted(evidence, PAYMENTS, size, worth)
        final = {ENTRIES: posted, CHARGES: charged, PAYMENTS: captured}
        is_missing = np.zeros(size, dtype=np.bool_)
        for source in final.keys() & evidence.found:
            is_missing |= final[source] == 0
        is_open = (held > posted + voided) | (pending > 0)
        if {ENTRIES, CHARGES} <= evidence.found:
            is_open |= (posted > 0) != (charged > 0)
        return cls(
            posted=posted,
            charged=charged,
            amounts_differ=worth.differs,
            is_missing=is_missing,
            is_open=is_open,
        )


class _Worth:
    """The lowest and the highest mark of what was moved for good, by intent."""

    def __init__(self, size: int) -> None:
        self._low = np.full(size, np.iinfo(np.uint64).max, dtype=np.uint64)
        self._high = np.zeros(size, dtype=np.uint64)

    def add(self, intent: Ints, worth: npt.NDArray[np.uint64]) -> None:
        np.minimum.at(self._low, intent, worth)
        np.maximum.at(self._high, intent, worth)

    @property
    def differs(self) -> Flags:
        return self._low < self._high


def strangers(
    evidence: Evidence, prefix: str, size: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Keys of this run that nobody scheduled: moved more than once, and once.

    Other runs' keys may share a database; they are not ours.
    """
    parts = " union all ".join(_STRANGERS[s] for s in (ENTRIES, CHARGES) if s in evidence.found)
    query = f"select key, greatest(sum(posted), sum(charged))::bigint as moved from ({parts})"  # noqa: S608  # own text
    found = evidence.ask(f"{query} group by key order by key", prefix=prefix, last=size - 1)
    moved = dict(zip(found["key"].tolist(), found["moved"].tolist(), strict=True))
    twice = tuple(key for key, times in moved.items() if times > 1)
    return twice, tuple(key for key, times in moved.items() if times == 1)


def _counted(evidence: Evidence, source: str, size: int, worth: _Worth) -> tuple[Ints, Ints, Ints]:
    """How often each of the source's three states was found, the final one first."""
    if source not in evidence.found:
        none = np.zeros(size, dtype=np.int64)
        return none, none, none
    rows = evidence.ask(_QUERIES[source], last=size - 1)
    final = rows["what"] == 0
    worth.add(rows["intent"][final], rows["worth"][final])
    by_state = (rows["intent"][rows["what"] == state] for state in range(3))
    first, second, third = (np.bincount(intent, minlength=size) for intent in by_state)
    return first, second, third
