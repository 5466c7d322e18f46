"""What ledger, bank and payments hold under the key of each intent, and under keys of nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from harness.rows import CHARGES, ENTRIES, PAYMENTS
from reports.checks.payments.stored_payments import Paid
from reports.cohorts import Flags
from reports.evidence import Evidence
from reports.schedule import Ints

# `worth` stands for amount and currency where they only have to be compared. A transfer is counted
# once, by the leg that receives.
_QUERIES: Final = {
    ENTRIES: """
        select coalesce(intent, -1) as intent, hash(amount_minor, currency) as worth,
               case kind when 'post' then 0 when 'hold' then 1 else 2 end::tinyint as what
        from ledger_entries
        where starts_with(reference, $prefix) and amount_minor > 0 and kind <> 'fund'""",
    CHARGES: """
        select coalesce(intent, -1) as intent, hash(amount_minor, currency) as worth,
               case status when 'charged' then 0 else 1 end::tinyint as what
        from bank_charges where starts_with(reference, $prefix)""",
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


# Each capture was posted and charged once, of the same worth, and each hold has ended once: told by
# sums of marks, for all intents at once.
_ALIKE: Final = """
select posts = charges and posts = captures and holds = ends as alike, captured from (
    select coalesce(sum(mark) filter (where kind = 'post'), 0) as posts,
           coalesce(sum(mark) filter (where kind = 'hold'), 0) as holds,
           coalesce(sum(mark) filter (where kind <> 'hold'), 0) as ends
    from (select kind, hash(hash(reference, amount_minor, currency)) as mark from ledger_entries
          where starts_with(reference, $prefix) and amount_minor > 0 and kind <> 'fund')), (
    select coalesce(sum(hash(hash(reference, amount_minor, currency))), 0) as charges
    from bank_charges where starts_with(reference, $prefix) and status = 'charged'), (
    select coalesce(sum(hash(hash(key, amount_minor, currency))), 0) as captures,
           count(*) as captured
    from payments where starts_with(key, $prefix) and status = 'captured')"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """One place an intent.

    `posted` and `charged` count how often money moved for good at the ledger and the bank.
    `is_missing`: not captured at every place that was asked. `is_open`: money still on hold, taken
    at one place only, or a payment not decided. `beyond`: money moved under a key of this run that
    is no intent's.
    """

    posted: Ints
    charged: Ints
    amounts_differ: Flags
    is_missing: Flags
    is_open: Flags
    beyond: bool

    @classmethod
    def of(cls, evidence: Evidence, paid: Paid, prefix: str, size: int) -> Booked:
        """Everything under the keys of the first `size` intents: the prefix and a number.

        Where ledger and bank hold what payments holds, this alone is counted.
        """
        count = _Counting(evidence, prefix, size)
        captured, pending, _ = count.add(paid.intent, paid.what, paid.worth)
        if are_alike(evidence, prefix, int(captured.sum())):
            return cls(
                posted=captured,
                charged=captured,
                amounts_differ=count.worth.differs,
                is_missing=captured == 0,
                is_open=pending > 0,
                beyond=False,
            )
        posted, held, voided = count.states(ENTRIES)
        charged, _, _ = count.states(CHARGES)
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
            amounts_differ=count.worth.differs,
            is_missing=is_missing,
            is_open=is_open,
            beyond=count.beyond,
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


class _Counting:
    """How often what was found under each intent's key; `worth` and `beyond` of all sources."""

    def __init__(self, evidence: Evidence, prefix: str, size: int) -> None:
        self._evidence, self._prefix, self._size = evidence, prefix, size
        self.worth, self.beyond = _Worth(size), False

    def states(self, source: str) -> tuple[Ints, Ints, Ints]:
        """How often each of the source's three states was found, the final one first."""
        if source not in self._evidence.found:
            none = np.zeros(self._size, dtype=np.int64)
            return none, none, none
        rows = self._evidence.ask(_QUERIES[source], prefix=self._prefix)
        intent, state, worth = rows["intent"], rows["what"], rows["worth"]
        known = (intent >= 0) & (intent < self._size)
        if not known.all():
            self.beyond |= bool((state[~known] == 0).any())
            intent, state, worth = intent[known], state[known], worth[known]
        return self.add(intent, state, worth)

    def add(
        self, intent: Ints, state: npt.NDArray[np.int8], worth: npt.NDArray[np.uint64]
    ) -> tuple[Ints, Ints, Ints]:
        """Count rows of intents by their state."""
        final = state == 0
        self.worth.add(intent[final], worth[final])
        by_state = (intent[state == wanted] for wanted in range(3))
        first, second, third = (np.bincount(one, minlength=self._size) for one in by_state)
        return first, second, third


def are_alike(evidence: Evidence, prefix: str, captured: int) -> bool:
    """Whether the three sources tell the same; `captured`: of intents, so no stranger is among."""
    if not {ENTRIES, CHARGES, PAYMENTS} <= evidence.found:
        return False
    found = evidence.ask(_ALIKE, prefix=prefix)
    return bool(found["alike"][0]) and int(found["captured"][0]) == captured


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
