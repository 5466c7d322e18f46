"""The names of the reference system's tables, as reference_services/system.yaml declares them."""

from __future__ import annotations

from typing import Final

ENTRIES: Final = "ledger_entries"
ACCOUNTS: Final = "ledger_accounts"
CHARGES: Final = "bank_charges"
PAYMENTS: Final = "payments"
