"""A sound ledger, bank and payments store in memory, whose rows a test may spoil."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from tests.support.plain_links import plain_link
from tests.support.reference_rows import Account, Charge, Entry, Payment

FUNDS = 1_000_000
PAYERS = 7


@dataclass(slots=True)
class Books:
    """Rows as the services would hand them out, in the order in which they were made."""

    entries: list[Entry] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    heads: dict[str, Account] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number in range(PAYERS):
            self.fund(f"payer-{number}")

    @property
    def accounts(self) -> list[Account]:
        return [self.heads[name] for name in sorted(self.heads)]

    def fund(self, payer: str) -> None:
        self.move(f"fund:{payer}", "", ("equity", payer), FUNDS, "fund")

    def pay(self, key: str, payment_id: str, payer: str, amount: int) -> int:
        """Hold, charge, post, store; returns the digest that the answer promises."""
        self.move(f"{payment_id}:hold", key, (payer, f"held:{payer}"), amount, "hold")
        self.charge(key, payment_id, amount)
        self.move(f"{payment_id}:post", key, (f"held:{payer}", "merchant-1"), amount, "post")
        return self.store(key, payment_id, payer, amount)

    def charge(self, key: str, payment_id: str, amount: int) -> None:
        charge = Charge(
            charge_id=f"c{len(self.charges)}",
            key=payment_id,
            reference=key,
            amount_minor=amount,
            currency="EUR",
            status="charged",
        )
        self.charges.append(charge)

    def store(self, key: str, payment_id: str, payer: str, amount: int) -> int:
        row = Payment(
            key=key,
            payment_id=payment_id,
            status="captured",
            amount_minor=amount,
            currency="EUR",
            payer=payer,
            payee="merchant-1",
        )
        self.payments.append(row)
        return zlib.crc32(f"{payment_id}|captured|{amount}|EUR".encode())

    def move(
        self, transfer: str, key: str, between: tuple[str, str], amount: int, kind: str
    ) -> None:
        giver, receiver = between
        heads = (self._head(giver), self._head(receiver))
        link = plain_link(*heads, kind, transfer, key, amount, "EUR", giver, receiver)
        for account, signed in zip(between, (-amount, amount), strict=True):
            self.append((transfer, key, kind), account, signed, link)

    def append(self, of: tuple[str, str, str], account: str, amount: int, link: str) -> None:
        """One leg alone; `of` is the transfer, its reference and its kind."""
        transfer, key, kind = of
        before = self.heads.get(account)
        sequence = before.sequence + 1 if before else 1
        balance = (before.balance_minor if before else 0) + amount
        entry = Entry(
            entry=len(self.entries) + 1,
            transfer_id=transfer,
            reference=key,
            account=account,
            sequence=sequence,
            amount_minor=amount,
            currency="EUR",
            balance_minor=balance,
            hash=link,
            prev_hash=self._head(account),
            kind=kind,
        )
        self.entries.append(entry)
        self.heads[account] = Account(
            account=account, currency="EUR", balance_minor=balance, sequence=sequence, hash=link
        )

    def _head(self, account: str) -> str:
        return self.heads[account].hash if account in self.heads else "0" * 48
