"""Planted defects under unknown keys, in opening funds, and in the built ledger itself."""

from __future__ import annotations

import random

from msgspec import structs

from tests.support.planted_defects import Defect, victim
from tests.support.planted_script import PREFIX, Move, Script, charge_of, pay
from tests.support.runs_asked import Asks


def charge_without_a_reference(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    script.charges.append(charge_of(it._replace(key=""), "x"))


def charge_under_a_retry_key(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    script.charges.append(charge_of(it._replace(key=f"retry-of-{it.key}"), "x"))


def decline_an_unknown_key(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    script.charges.append(charge_of(it._replace(key="0000-1"), "x", "declined"))


def post_without_a_reference(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    script.moves.append(Move("x:post", "", "post", it.payer, it.payee, it.amount_minor))


def pay_under_another_spelling(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    spelling = draw.choice((it.key.upper(), f"{it.key} ", f" {it.key}", f"{it.key}\t"))
    pay(script, it._replace(key=spelling), "x", "captured")


def pay_beyond_the_last_intent(script: Script, draw: random.Random) -> None:
    number = draw.choice((f"{len(script.asked)}", "00", "-1", "+1", "x"))
    pay(script, Asks(f"{PREFIX}-{number}", "payer-1", "merchant-1", 500), "x", "captured")


def store_an_unknown_key(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    row = next(p for p in script.payments if p.key == it.key)
    script.payments.append(structs.replace(row, key="0000-1", payment_id="x"))


def book_under_another_run(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    held = f"held:{it.payer}"
    script.moves.append(Move("x:hold", "0000-1", "hold", it.payer, held, 5))
    script.moves.append(Move("x:void", "0000-1", "void", held, it.payer, 5))


def fund_after_the_start(script: Script, draw: random.Random) -> None:
    script.moves.append(Move("fund:late", "", "fund", "equity", "merchant-7", draw.randint(1, 99)))


def fund_again(script: Script, draw: random.Random) -> None:
    payer = draw.choice(("payer-0", "payer-1"))
    script.moves.insert(3, Move("fund:again", "", "fund", "equity", payer, 7))


def fund_out_of_a_customer(script: Script, draw: random.Random) -> None:
    script.moves.insert(3, Move("fund:x", "", "fund", "payer-0", "merchant-8", draw.randint(1, 9)))


def fund_a_hold_account(script: Script, draw: random.Random) -> None:
    held = f"held:payer-{draw.randrange(3)}"
    script.moves.insert(0, Move("fund:h", "", "fund", "equity", held, 5))


def leave_funds_on_a_hold_account(script: Script, draw: random.Random) -> None:
    """The only defect of a ledger whose payments are all sound; it is also a wrong fund."""
    fund_a_hold_account(script, draw)


def fund_under_a_payment(script: Script, draw: random.Random) -> None:
    """The same payment booked again, as kind fund."""
    _, it = victim(script, draw)
    script.moves.append(Move("x:fund", it.key, "fund", it.payer, it.payee, it.amount_minor))


def spend_more_than_there_is(script: Script, draw: random.Random) -> None:
    """The opening funds of a payer are a cent."""
    _, it = victim(script, draw)
    script.moves = [
        m._replace(amount=1) if (m.kind, m.receiver) == ("fund", it.payer) else m
        for m in script.moves
    ]


def transfer_to_itself(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    script.moves.append(Move("x:post", it.key, "post", it.payee, it.payee, it.amount_minor))


def use_an_id_twice(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    first = next(m for m in script.moves if m.key == it.key)
    script.moves = [
        m._replace(transfer=first.transfer) if m.key == it.key else m for m in script.moves
    ]


def add_a_third_leg(script: Script, draw: random.Random) -> None:
    entry = draw.choice(script.entries)
    script.entries.append(structs.replace(entry, account="extra", amount_minor=1, sequence=1))


def add_legs_of_nothing(script: Script, draw: random.Random) -> None:
    entry = draw.choice(script.entries)
    script.entries += [structs.replace(entry, amount_minor=0, transfer_id="x")] * 2


def drop_a_leg(script: Script, draw: random.Random) -> None:
    del script.entries[draw.randrange(len(script.entries))]


def change_one_amount(script: Script, draw: random.Random) -> None:
    change_entry(script, draw, amount_minor=7_777)


def change_one_balance(script: Script, draw: random.Random) -> None:
    change_entry(script, draw, balance_minor=7_777_777)


def change_one_sequence(script: Script, draw: random.Random) -> None:
    change_entry(script, draw, sequence=77)


def change_one_hash(script: Script, draw: random.Random) -> None:
    change_entry(script, draw, hash="ab" * 24)


def change_one_previous_hash(script: Script, draw: random.Random) -> None:
    change_entry(script, draw, prev_hash="ab" * 24)


def change_one_reference(script: Script, draw: random.Random) -> None:
    change_entry(script, draw, reference=f"{PREFIX}-2x")


def change_entry(script: Script, draw: random.Random, **change: object) -> None:
    """Change one entry alone."""
    place = draw.randrange(len(script.entries))
    script.entries[place] = structs.replace(script.entries[place], **change)


def change_an_account_balance(script: Script, draw: random.Random) -> None:
    name = draw.choice(sorted(script.accounts))
    row = script.accounts[name]
    script.accounts[name] = structs.replace(row, balance_minor=row.balance_minor + 1)


def add_an_account_with_money(script: Script, draw: random.Random) -> None:
    row = draw.choice(list(script.accounts.values()))
    script.more_accounts.append(structs.replace(row, account="extra", balance_minor=5))


def list_an_account_twice(script: Script, draw: random.Random) -> None:
    script.more_accounts.append(draw.choice(list(script.accounts.values())))


def change_an_account_currency(script: Script, draw: random.Random) -> None:
    name = draw.choice(sorted(script.accounts))
    script.accounts[name] = structs.replace(script.accounts[name], currency="USD")


def forget_an_account(script: Script, draw: random.Random) -> None:
    del script.accounts[draw.choice(sorted(script.accounts))]


def change_an_account_head(script: Script, draw: random.Random) -> None:
    name = draw.choice(sorted(script.accounts))
    script.accounts[name] = structs.replace(script.accounts[name], hash="ab" * 24)


STRANGERS: dict[str, tuple[Defect, str]] = {
    defect.__name__: (defect, kind)
    for kind, defects in {
        "unknown_key": (
            *(charge_without_a_reference, charge_under_a_retry_key, decline_an_unknown_key),
            *(post_without_a_reference, pay_under_another_spelling, pay_beyond_the_last_intent),
            *(store_an_unknown_key, book_under_another_run),
        ),
        "wrong_funds": (
            *(fund_after_the_start, fund_again, fund_out_of_a_customer, fund_a_hold_account),
            fund_under_a_payment,
        ),
        "hold_account_open": (leave_funds_on_a_hold_account,),
        "overdrawn": (spend_more_than_there_is,),
        "transfer_malformed": (transfer_to_itself, use_an_id_twice),
    }.items()
    for defect in defects
}
BUILT: dict[str, tuple[Defect, str]] = {
    defect.__name__: (defect, kind)
    for kind, defects in {
        "transfer_malformed": (add_a_third_leg, add_legs_of_nothing, change_one_reference),
        "unbalanced": (drop_a_leg, change_one_amount),
        "balance_wrong": (
            *(change_one_balance, change_an_account_balance, add_an_account_with_money),
            forget_an_account,
        ),
        "sequence_gap": (change_one_sequence,),
        "chain_broken": (change_one_hash, change_one_previous_hash, change_an_account_head),
        "account_twice": (list_an_account_twice,),
        "currency_wrong": (change_an_account_currency,),
    }.items()
    for defect in defects
}
