"""What an intent of the payers asks, as a row of the table that is stored with a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.load.asked import ColumnType, Row
from scenarios.payment_payers import payment_of


class PaymentsAsked:
    """Key, payer, payee, amount and currency of each payment."""

    columns: Final[Mapping[str, ColumnType]] = {
        "key": "text",
        "payer": "text",
        "payee": "text",
        "amount_minor": "integer",
        "currency": "text",
    }

    def row(self, seed: int, intent: int, key: str) -> Row:
        """The payment that this intent makes."""
        it = payment_of(seed, intent)
        return key, it.payer, it.payee, it.amount_minor, it.currency
