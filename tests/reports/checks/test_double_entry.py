"""Check `double_entry`: planted defects are found by name, and a plain oracle finds the same."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from harness.evidence.declared import AccountsSettings, DoubleEntrySettings, Table
from reports.checks.double_entry import CLASSES, DoubleEntryCheck
from reports.checks.run_records import RunRecords
from tests.support.memory_tables import evidence_of

Found = dict[str, tuple[str, ...]]
ENTRIES = Table(
    name="lines",
    columns={"journal": "text?", "account": "text", "amount": "decimal?", "unit": "text"},
)
ACCOUNTS = Table(
    name="accounts", columns={"account": "text", "unit": "text", "balance_minor": "decimal?"}
)
SETTINGS = DoubleEntrySettings(
    table="lines",
    transfer="journal",
    amount="amount",
    currency="unit",
    accounts=AccountsSettings(table="accounts", currency="unit", lowest=0, unlimited=("bank",)),
)


@dataclass(slots=True)
class Books:
    """The lines of a journal and the balances of its accounts."""

    lines: list[dict[str, object]] = field(default_factory=list)
    balances: dict[tuple[str, str], int] = field(default_factory=dict)
    more: list[dict[str, object]] = field(default_factory=list)

    def line(self, journal: str, account: str, amount: int, unit: str = "EUR") -> None:
        self.lines.append({"journal": journal, "account": account, "amount": amount, "unit": unit})

    def move(self, journal: str, giver: str, receiver: str, amount: int) -> None:
        for account, signed in ((giver, -amount), (receiver, amount)):
            self.line(journal, account, signed)
            was = self.balances.get((account, "EUR"), 0)
            self.balances[account, "EUR"] = was + signed

    def accounts(self) -> list[dict[str, object]]:
        return [
            {"account": account, "unit": unit, "balance_minor": balance}
            for (account, unit), balance in self.balances.items()
        ] + self.more


def found_by_the_check(books: Books) -> Found:
    tables = {"lines": (ENTRIES, books.lines), "accounts": (ACCOUNTS, books.accounts())}
    evidence = evidence_of(tables, "5e1f")
    check = DoubleEntryCheck("double_entry", SETTINGS, RunRecords(evidence, "5e1f", 0))
    return {violation.kind.name: violation.names for violation in check.result()}


def plain_double_entry(books: Books) -> Found:
    """By the rules in docs/invariants.md, line by line."""
    transfers, currencies, totals = (defaultdict[str, Decimal](Decimal) for _ in range(3))
    held, times, below = defaultdict[str, Decimal](Decimal), Counter[str](), set[str]()
    open_, unknown = set[str](), set[str]()
    for it in books.lines:
        amount = Decimal(str(it["amount"] or 0))
        transfer = f"{it['journal'] or 'null'} {it['unit']}"
        transfers[transfer] += amount
        currencies[str(it["unit"])] += amount
        totals[f"{it['account']} {it['unit']}"] += amount
        if it["journal"] is None or it["amount"] is None:
            open_.add(transfer)
    for it in books.accounts():
        name, balance = f"{it['account']} {it['unit']}", Decimal(str(it["balance_minor"] or 0))
        held[name] += balance
        times[name] += 1
        if balance < 0 and it["account"] != "bank":
            below.add(name)
        if it["balance_minor"] is None:
            unknown.add(name)
    wrong = {n for n in totals.keys() | held.keys() if totals[n] != held[n] or times[n] > 1}
    every = {
        "transfer_open": open_ | {n for n, total in transfers.items() if total},
        "currency_open": [n for n, total in currencies.items() if total],
        "balance_differs": wrong | unknown,
        "below_limit": below,
    }
    return {kind: tuple(sorted(names)) for kind, names in every.items() if names}


def sound(draw: random.Random) -> Books:
    books = Books()
    for name in ("ada", "bob", "eve"):
        books.move(f"fund-{name}", "bank", name, 10_000)
    for number in range(6):
        giver, receiver = draw.sample(("ada", "bob", "eve"), 2)
        books.move(f"t{number}", giver, receiver, draw.randint(1, 999))
    return books


def drop_a_line(books: Books, draw: random.Random) -> None:
    del books.lines[draw.randrange(len(books.lines))]


def change_a_unit(books: Books, draw: random.Random) -> None:
    draw.choice(books.lines)["unit"] = "USD"


def lose_the_cents(books: Books, draw: random.Random) -> None:
    """Less than half a unit: as whole numbers the two lines would still agree."""
    line = draw.choice(books.lines)
    line["amount"] = Decimal(str(line["amount"] or 0)) + Decimal("0.4")


def forget_an_amount(books: Books, draw: random.Random) -> None:
    for line in books.lines:
        if line["journal"] == "t0":
            line["amount"] = None
    del draw


def forget_a_transfer(books: Books, draw: random.Random) -> None:
    """Both lines of a payment belong to no transfer, and sum to zero."""
    for line in books.lines:
        if line["journal"] == "t1":
            line["journal"] = None
    del draw


def forget_a_balance(books: Books, draw: random.Random) -> None:
    del draw
    books.more.append({"account": "new", "unit": "EUR", "balance_minor": None})


def change_a_balance(books: Books, draw: random.Random) -> None:
    books.balances[draw.choice(list(books.balances))] += 1


def list_an_account_twice(books: Books, draw: random.Random) -> None:
    del draw
    books.more.append({"account": "ada", "unit": "EUR", "balance_minor": 0})


def spend_more_than_there_is(books: Books, draw: random.Random) -> None:
    books.move("t-big", draw.choice(("ada", "bob", "eve")), "shop", 100_000)


DEFECTS: dict[Callable[[Books, random.Random], None], str] = {
    drop_a_line: "transfer_open",
    lose_the_cents: "transfer_open",
    forget_an_amount: "transfer_open",
    forget_a_transfer: "transfer_open",
    change_a_unit: "currency_open",
    change_a_balance: "balance_differs",
    forget_a_balance: "balance_differs",
    list_an_account_twice: "balance_differs",
    spend_more_than_there_is: "below_limit",
}


def test_sound_books_have_no_violation() -> None:
    books = sound(random.Random(0))
    assert found_by_the_check(books) == plain_double_entry(books) == {}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda it: it.__name__)
def test_a_planted_defect_is_found_by_its_class(
    defect: Callable[[Books, random.Random], None],
) -> None:
    draw = random.Random(5)
    books = sound(draw)
    defect(books, draw)
    assert DEFECTS[defect] in found_by_the_check(books)


def test_every_class_has_a_planted_defect() -> None:
    assert {kind.name for kind in CLASSES} == {*DEFECTS.values()}


@pytest.mark.parametrize("seed", range(30))
def test_the_check_finds_what_the_oracle_finds(seed: int) -> None:
    draw = random.Random(seed)
    books = sound(draw)
    for defect in draw.sample(list(DEFECTS), draw.randint(1, 3)):
        defect(books, draw)
    assert found_by_the_check(books) == plain_double_entry(books)
