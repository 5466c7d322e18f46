"""What evidence consists of: for each source that the judge knows, one record a row.

A service hands rows out as NDJSON (an object a line, further members are ignored) or as CSV (a
header line with the names; quotes and commas as in RFC 4180, but never a line break in a value).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

ENTRIES: Final = "ledger_entries"
ACCOUNTS: Final = "ledger_accounts"
CHARGES: Final = "bank_charges"
PAYMENTS: Final = "payments"
DEAD_LETTER: Final = "dead_letter"  # Payment.status: given up without a final state, a violation
Hash = Annotated[str, Meta(pattern="^[0-9a-f]{48}$")]


class Entry(Struct, frozen=True, kw_only=True):
    """One of the two legs of a transfer; amounts are signed, in minor units of the currency.

    `hash` is the link of the transfer, the same in both legs: the first 24 bytes of the SHA-256 of
    the giver's `prev_hash` (24 bytes), the receiver's `prev_hash` (24 bytes) and seven fields of
    the receiving leg: kind, transfer_id, reference, amount_minor (decimal), currency, giver,
    receiver. Each field is its length in bytes (decimal), a colon, and the field in UTF-8, so two
    different transfers never give the same text. `prev_hash` is the previous link of the same
    account, zeros in its first entry. Rows come oldest first; the check is fastest if the two legs
    of a transfer are adjacent, the giver first.
    """

    entry: int
    transfer_id: str
    reference: str
    account: str
    sequence: int
    amount_minor: int
    currency: str
    balance_minor: int
    hash: Hash
    prev_hash: Hash
    kind: Literal["fund", "hold", "post", "void"]


class Account(Struct, frozen=True, kw_only=True):
    """One account as the ledger holds it now."""

    account: str
    currency: str
    balance_minor: int
    sequence: int
    hash: Hash


class Charge(Struct, frozen=True, kw_only=True):
    """One charge at the bank; `reference` is the intent's key."""

    charge_id: str
    key: str
    reference: str
    amount_minor: int
    currency: str
    status: Literal["charged", "declined"]


class Payment(Struct, frozen=True, kw_only=True):
    """One payment as the payments service stores it under the intent's key.

    `status` is pending, captured, declined or dead_letter. A dead letter is a payment that the
    sweeper could not finish: nobody works on it any more, and money may be on hold or charged.
    """

    key: str
    payment_id: str
    status: str
    amount_minor: int
    currency: str
    payer: str
    payee: str


KINDS: Final[Mapping[str, type[Struct]]] = {
    ENTRIES: Entry,
    ACCOUNTS: Account,
    CHARGES: Charge,
    PAYMENTS: Payment,
}
