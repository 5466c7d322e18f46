"""A row of each of the reference system's tables, for oracles and built runs."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from harness.files.record_check import record
from harness.files.yaml_file import read_document
from harness.system import System

SYSTEM_FILE = Path(__file__).parents[2] / "reference_services/system.yaml"
TABLES = {it.name: it for it in record(read_document(SYSTEM_FILE).root, System).tables}
_TEXT = SYSTEM_FILE.read_text(encoding="utf-8")
# The blocks `tables:` and `checks:` of the reference system file, for system files of tests.
BLOCKS = _TEXT[_TEXT.index("tables:") : _TEXT.index("events:")]


class Entry(Struct, frozen=True, kw_only=True):
    """One of the two legs of a transfer."""

    entry: int
    transfer_id: str
    reference: str
    account: str
    sequence: int
    amount_minor: int
    currency: str
    balance_minor: int
    hash: str
    prev_hash: str
    kind: str


class Account(Struct, frozen=True, kw_only=True):
    """One account as the ledger holds it now."""

    account: str
    currency: str
    balance_minor: int
    sequence: int
    hash: str


class Charge(Struct, frozen=True, kw_only=True):
    """One charge at the bank."""

    charge_id: str
    key: str
    reference: str
    amount_minor: int
    currency: str
    status: str


class Payment(Struct, frozen=True, kw_only=True):
    """One payment as the payments service stores it."""

    key: str
    payment_id: str
    status: str
    amount_minor: int
    currency: str
    payer: str
    payee: str
