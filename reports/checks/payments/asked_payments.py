"""What each intent asked, by its number, as the generator stored it."""

from __future__ import annotations

from typing import Final

import numpy as np

from harness.errors import StoredRunError
from harness.load.asked import ASKED
from reports.checks.payments.reference_tables import PAYMENTS
from reports.checks.payments.stored_payments import Marks
from reports.checks.run_records import RunRecords
from reports.inputs.evidence_tables import Evidence

_MARKS: Final = """
select intent, hash(key, payer, payee, amount_minor, currency) as mark,
       key = concat($prefix, intent) as is_own
from asked"""


_FROM_PAYMENTS: Final = """
create view asked as
select i.intent as intent, key, payer, payee, amount_minor, currency
from (select unnest(range({size})) as intent) i left join (
    select intent, any_value(key) as key, any_value(payer) as payer, any_value(payee) as payee,
           any_value(amount_minor) as amount_minor, any_value(currency) as currency
    from payments where intent is not null group by intent) p using (intent)"""


def ask_the_payments(records: RunRecords) -> None:
    """Where the scenario does not declare what its intents ask, take it from the payments.

    Then the records are only compared with each other.
    """
    evidence = records.evidence
    if records.asks or ASKED in evidence.columns or PAYMENTS not in evidence.columns:
        return
    evidence.ask(_FROM_PAYMENTS.format(size=records.size))
    columns = ("intent", "key", "payer", "payee", "amount_minor", "currency")
    evidence.columns[ASKED] = frozenset(columns)


def asked_marks(evidence: Evidence, prefix: str, size: int) -> Marks:
    """A mark of each request, comparable with `Paid.mark`, one place an intent.

    Raises StoredRunError unless the table has the row of every intent at its place.
    """
    rows = evidence.ask(_MARKS, prefix=f"{prefix}-")
    found = len(rows["mark"])
    if found != size:
        raise StoredRunError(f"load/asked.parquet has {found} rows for {size} intents")
    if not rows["is_own"].all():
        intent = int(rows["intent"][~rows["is_own"]].min())
        raise StoredRunError(f"load/asked.parquet: row {intent} does not have that intent's key")
    marks = np.empty(size, dtype=np.uint64)
    marks[rows["intent"]] = rows["mark"]
    return marks
