"""The tables and columns that the check `payments` reads, so that a system file can be checked.

The checks themselves are in reports/, which nothing here imports; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PAYMENTS_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "payments": (
        "key",
        "payment_id",
        "status",
        "payer",
        "payee",
        "amount_minor",
        "currency",
    ),
    "bank_charges": ("charge_id", "key", "reference", "amount_minor", "currency", "status"),
    "ledger_entries": (
        "entry",
        "transfer_id",
        "reference",
        "account",
        "sequence",
        "amount_minor",
        "currency",
        "balance_minor",
        "kind",
        "hash",
        "prev_hash",
    ),
    "ledger_accounts": ("account", "currency", "balance_minor", "sequence", "hash"),
}
# Columns that are compared and summed: whole numbers, or a part of a unit would be rounded away.
WHOLE: Final = ("amount_minor", "balance_minor", "sequence", "entry")
