"""What the system says of itself at the end of a run, parsed once into frozen rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeVar

import msgspec

from harness.store import RunFolder

T = TypeVar("T")
ENTRIES: Final = "ledger_entries"
ACCOUNTS: Final = "ledger_accounts"
CHARGES: Final = "bank_charges"
PAYMENTS: Final = "payments"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One leg of a transfer; amounts are signed, in minor units of the currency."""

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
    kind: Literal["fund", "hold", "post", "void"]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account as the ledger holds it now."""

    account: str
    currency: str
    balance_minor: int
    sequence: int
    hash: str


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """One charge at the bank; `reference` is the intent's key."""

    charge_id: str
    key: str
    reference: str
    amount_minor: int
    currency: str
    status: Literal["charged", "declined"]


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """One payment as the payments service stores it under the intent's key."""

    key: str
    payment_id: str
    status: str
    amount_minor: int
    currency: str
    payer: str
    payee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All rows that were found. `None` means not there; `missing` says so, a sentence each."""

    entries: tuple[Entry, ...] | None = None
    accounts: tuple[Account, ...] | None = None
    charges: tuple[Charge, ...] | None = None
    payments: tuple[Payment, ...] | None = None
    missing: tuple[str, ...] = ()


def read_evidence(folder: RunFolder, named: tuple[str, ...]) -> Evidence:
    """Read the sources that the experiment names; what cannot be read is told, not raised."""
    missing: list[str] = []
    if ENTRIES not in named:
        missing.append(f"the experiment does not ask for {ENTRIES}, so no payment can be checked")
    for name in named:
        if name not in (ENTRIES, ACCOUNTS, CHARGES, PAYMENTS):
            _rows(folder, name, dict[str, object], missing)
    return Evidence(
        entries=_rows(folder, ENTRIES, Entry, missing) if ENTRIES in named else None,
        accounts=_rows(folder, ACCOUNTS, Account, missing) if ACCOUNTS in named else None,
        charges=_rows(folder, CHARGES, Charge, missing) if CHARGES in named else None,
        payments=_rows(folder, PAYMENTS, Payment, missing) if PAYMENTS in named else None,
        missing=tuple(missing),
    )


def _rows(folder: RunFolder, name: str, kind: type[T], missing: list[str]) -> tuple[T, ...] | None:
    try:
        raw = folder.evidence(name).read_bytes()
        return tuple(msgspec.json.Decoder(kind).decode_lines(raw))
    except OSError:
        missing.append(f"evidence {name} was not fetched")
    except msgspec.MsgspecError as error:
        missing.append(f"evidence {name} cannot be read: {error}")
    return None
