"""What each intent asked, by its number, as the generator stored it."""

from __future__ import annotations

from typing import Final

import numpy as np

from harness.errors import StoredRunError
from reports.checks.payments.stored_payments import Marks
from reports.inputs.evidence_tables import Evidence

_MARKS: Final = """
select intent, hash(key, payer, payee, amount_minor, currency) as mark,
       key = concat($prefix, intent) as is_own
from asked"""


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
