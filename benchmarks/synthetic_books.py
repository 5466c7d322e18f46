"""Evidence of a sound system after any number of payments, as its services would stream it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from harness.load.asked import ColumnType, Row

PAYERS: Final = 1000
MERCHANTS: Final = 50
FUNDS_MINOR: Final = 1_000_000_000_000
FIRST_HASH: Final = "0" * 48


class SyntheticBooks:
    """A ledger in memory: only the head of each account is kept."""

    def __init__(self) -> None:
        self._heads: dict[str, tuple[int, int, str]] = {}
        self._entries = 0

    def transfer(
        self, transfer_id: str, reference: str, between: tuple[str, str], amount: int, kind: str
    ) -> Iterator[str]:
        """One line a leg, as PostgreSQL's json_build_object writes it: who gives, who receives."""
        before = [self._heads.get(account, (0, 0, FIRST_HASH)) for account in between]
        fields = (kind, transfer_id, reference, str(amount), "EUR", *between)
        text = "".join(f"{len(field)}:{field}" for field in fields)  # the rule: docs/invariants.md
        came = bytes.fromhex(before[0][2] + before[1][2])
        link = sha256(came + text.encode()).hexdigest()[: len(FIRST_HASH)]
        for account, signed, (sequence, balance, prev) in zip(
            between, (-amount, amount), before, strict=True
        ):
            self._heads[account] = sequence + 1, balance + signed, link
            self._entries += 1
            yield (
                f'{{"entry" : {self._entries}, "transfer_id" : "{transfer_id}", '
                f'"reference" : "{reference}", "account" : "{account}", '
                f'"sequence" : {sequence + 1}, "amount_minor" : {signed}, "currency" : "EUR", '
                f'"balance_minor" : {balance + signed}, "hash" : "{link}", "prev_hash" : "{prev}", '
                f'"kind" : "{kind}"}}\n'
            )

    def accounts(self) -> Iterator[str]:
        """The head of each account."""
        for account, (sequence, balance, digest) in sorted(self._heads.items()):
            yield (
                f'{{"account" : "{account}", "currency" : "EUR", "balance_minor" : {balance}, '
                f'"sequence" : {sequence}, "hash" : "{digest}"}}\n'
            )


class SyntheticAsked:
    """What each intent asks (harness/load/asked.py)."""

    columns: Final[Mapping[str, ColumnType]] = {
        "key": "text",
        "payer": "text",
        "payee": "text",
        "amount_minor": "integer",
        "currency": "text",
    }

    def row(self, seed: int, intent: int, key: str) -> Row:
        """The payment of that intent; all seeds ask the same."""
        del seed
        return key, _payer(intent), _payee(intent), amount_of(intent), "EUR"


def write_evidence(folder: Path, prefix: str, payments: int) -> None:
    """Four NDJSON files: intents 0 to `payments`, each captured once, of `amount_of` it."""
    books = SyntheticBooks()
    _write(folder / "ledger_entries.ndjson", _entries(books, prefix, payments))
    _write(folder / "ledger_accounts.ndjson", books.accounts())
    _write(folder / "bank_charges.ndjson", (charge_line(prefix, i) for i in range(payments)))
    _write(folder / "payments.ndjson", (_payment(prefix, i) for i in range(payments)))


def answer_of(intent: int) -> int:
    """The digest that the payer of that intent was promised."""
    return zlib.crc32(f"{_payment_id(intent)}|captured|{amount_of(intent)}|EUR".encode())


def amount_of(intent: int) -> int:
    """What is paid, in minor units."""
    return 100 + intent * 7919 % 9900


def _entries(books: SyntheticBooks, prefix: str, payments: int) -> Iterator[str]:
    for number in range(PAYERS):
        payer = f"payer-{number:04}"
        yield from books.transfer(f"fund:{payer}", "", ("equity", payer), FUNDS_MINOR, "fund")
    for intent in range(payments):
        payment, amount, key = _payment_id(intent), amount_of(intent), f"{prefix}-{intent}"
        payer, payee = _payer(intent), _payee(intent)
        held = f"held:{payer}"
        yield from books.transfer(f"{payment}:hold", key, (payer, held), amount, "hold")
        yield from books.transfer(f"{payment}:post", key, (held, payee), amount, "post")


def charge_line(prefix: str, intent: int) -> str:
    """One charge, as the bank keeps it and hands it out."""
    return (
        f'{{"charge_id":"ch_{_scatter(intent):016x}","key":"{_payment_id(intent)}",'
        f'"reference":"{prefix}-{intent}","amount_minor":{amount_of(intent)},"currency":"EUR",'
        f'"status":"charged"}}\n'
    )


def _payment(prefix: str, intent: int) -> str:
    return (
        f'{{"key" : "{prefix}-{intent}", "payment_id" : "{_payment_id(intent)}", '
        f'"status" : "captured", "amount_minor" : {amount_of(intent)}, "currency" : "EUR", '
        f'"payer" : "{_payer(intent)}", "payee" : "{_payee(intent)}"}}\n'
    )


def _payment_id(intent: int) -> str:
    return f"pay_{_scatter(intent):024x}"


def _payer(intent: int) -> str:
    return f"payer-{_scatter(intent) % PAYERS:04}"


def _payee(intent: int) -> str:
    return f"merchant-{_scatter(intent) // PAYERS % MERCHANTS:03}"


def _scatter(number: int) -> int:
    """Spread over 64 bits, one to one, as random names are."""
    return (number + 1) * 0x9E3779B97F4A7C15 % (1 << 64)


def _write(path: Path, lines: Iterator[str]) -> None:
    with path.open("w", encoding="ascii") as out:
        out.writelines(lines)
