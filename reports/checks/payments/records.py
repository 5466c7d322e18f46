"""What the checks of the reference payment system share, so that no table is read twice."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from reports.checks.payments.asked_payments import asked_marks
from reports.checks.payments.books import BooksReader
from reports.checks.payments.stored_payments import Marks, Paid
from reports.checks.run_records import RunRecords


class PaymentRecords(RunRecords):
    """The records of one run of the reference payment system."""

    @cached_property
    def paid(self) -> Paid:
        """The payments of this run's intents."""
        return Paid.of(self.evidence, self.size)

    @cached_property
    def books(self) -> BooksReader:
        """The ledger; its hashes are computed aside from now on."""
        return BooksReader(self.evidence)

    @cached_property
    def asked(self) -> Marks:
        """A mark of what each intent asked. Raises StoredRunError.

        Where the scenario does not declare it, the stored payments stand for it.
        """
        if not self.asks:
            marks = np.zeros(self.size, dtype=np.uint64)
            marks[self.paid.intent] = self.paid.mark
            return marks
        return asked_marks(self.evidence, self.prefix, self.size)
