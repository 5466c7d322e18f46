"""Planted defects of payments: each changes a script before its ledger is built.

`DEFECTS` maps the name of a defect to the class that must report it. docs/invariants.md lists both.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from msgspec import structs

from tests.support.planted_script import Move, Script, charge_of, pay
from tests.support.runs_asked import Asks

Defect = Callable[[Script, random.Random], None]


def victim(script: Script, draw: random.Random) -> tuple[int, Asks]:
    """A captured intent that is stored and booked; other defects may have changed it already."""
    keys = {row.key for row in script.payments} & {move.key for move in script.moves}
    able = [i for i, it in enumerate(script.asked) if it.key in keys]
    intent = draw.choice([i for i in able if script.ends[i] == "captured"])
    return intent, script.asked[intent]


def change_moves(script: Script, key: str, which: str, **change: object) -> None:
    """Change the transfers of one kind under a key."""
    script.moves = [
        m._replace(**change) if (m.key, m.kind) == (key, which) else m  # type: ignore[arg-type]
        for m in script.moves
    ]


def change_payment(script: Script, key: str, **change: object) -> None:
    """Change the stored payments of a key."""
    script.payments = [structs.replace(p, **change) if p.key == key else p for p in script.payments]


def change_charge(script: Script, key: str, **change: object) -> None:
    """Change the charges of a key."""
    script.charges = [
        structs.replace(c, **change) if c.reference == key else c for c in script.charges
    ]


def post_back_to_the_payer(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    change_moves(script, it.key, "post", receiver=it.payer)


def post_to_another_merchant(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    change_moves(script, it.key, "post", receiver="merchant-9")


def post_out_of_another_hold(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    others = [m for m in script.moves if m.kind == "hold" and m.giver != it.payer]
    other = draw.choice(others).receiver if others else "held:payer-9"
    change_moves(script, it.key, "post", giver=other)


def hold_from_another_payer(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    other = next(p for p in ("payer-0", "payer-1") if p != it.payer)
    change_moves(script, it.key, "hold", giver=other)


def swap_the_legs_of_a_hold(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    change_moves(script, it.key, "hold", giver=f"held:{it.payer}", receiver=it.payer)


def store_another_payee(script: Script, draw: random.Random) -> None:
    change_payment(script, victim(script, draw)[1].key, payee="merchant-9")


def store_another_payer(script: Script, draw: random.Random) -> None:
    change_payment(script, victim(script, draw)[1].key, payer="payer-9")


def move_between_customers(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    script.moves.append(Move("x:post", it.key, "post", "payer-1", "payer-2", it.amount_minor))


def pay_another_merchant_everywhere(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    change_moves(script, it.key, "post", receiver="merchant-9")
    change_payment(script, it.key, payee="merchant-9")


def book_less_everywhere(script: Script, draw: random.Random) -> None:
    """The whole system asks for the amount and books, charges, stores and answers a tenth."""
    _, it = victim(script, draw)
    less = it.amount_minor // 10
    change_payment(script, it.key, amount_minor=less)
    change_charge(script, it.key, amount_minor=less)
    for kind in ("hold", "post"):
        change_moves(script, it.key, kind, amount=less)


def charge_and_post_less(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    change_charge(script, it.key, amount_minor=it.amount_minor - 50)
    change_moves(script, it.key, "post", amount=it.amount_minor - 50)


def charge_more(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    change_charge(script, it.key, amount_minor=it.amount_minor + 1)


def charge_a_negative_amount(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    change_charge(script, it.key, amount_minor=-it.amount_minor)


def charge_another_currency(script: Script, draw: random.Random) -> None:
    change_charge(script, victim(script, draw)[1].key, currency="USD")


def store_another_currency(script: Script, draw: random.Random) -> None:
    change_payment(script, victim(script, draw)[1].key, currency="USD")


def store_a_negative_amount(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    change_payment(script, it.key, amount_minor=-it.amount_minor)


def book_another_currency(script: Script, draw: random.Random) -> None:
    change_moves(script, victim(script, draw)[1].key, "post", currency="USD")


def post_nothing(script: Script, draw: random.Random) -> None:
    change_moves(script, victim(script, draw)[1].key, "post", amount=0)


def void_what_was_posted(script: Script, draw: random.Random) -> None:
    intent, it = victim(script, draw)
    held = f"held:{it.payer}"
    script.moves.append(Move(f"p{intent}:void", it.key, "void", held, it.payer, it.amount_minor))


def void_five_times_the_amount(script: Script, draw: random.Random) -> None:
    intent, it = victim(script, draw)
    held, five = f"held:{it.payer}", 5 * it.amount_minor
    script.moves.append(Move(f"p{intent}:void", it.key, "void", held, it.payer, five))


def hold_twice(script: Script, draw: random.Random) -> None:
    intent, it = victim(script, draw)
    held = f"held:{it.payer}"
    script.moves.append(Move(f"p{intent}:hold2", it.key, "hold", it.payer, held, it.amount_minor))


def post_twice(script: Script, draw: random.Random) -> None:
    intent, it = victim(script, draw)
    held = f"held:{it.payer}"
    script.moves.append(Move(f"p{intent}:post2", it.key, "post", held, it.payee, it.amount_minor))


def charge_twice(script: Script, draw: random.Random) -> None:
    intent, it = victim(script, draw)
    script.charges.append(charge_of(it, f"p{intent}-again"))


def pay_twice(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    pay(script, it, "p-again", "captured")


def store_twice(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    script.payments += [p for p in script.payments if p.key == it.key]


DEFECTS: dict[str, tuple[Defect, str]] = {
    defect.__name__: (defect, kind)
    for kind, defects in {
        "wrong_party": (
            *(post_back_to_the_payer, post_to_another_merchant, post_out_of_another_hold),
            *(hold_from_another_payer, swap_the_legs_of_a_hold, store_another_payee),
            *(store_another_payer, move_between_customers, pay_another_merchant_everywhere),
        ),
        "amounts_differ": (
            *(book_less_everywhere, charge_and_post_less, charge_more, charge_a_negative_amount),
            *(charge_another_currency, store_another_currency, store_a_negative_amount),
            *(book_another_currency, post_nothing, void_five_times_the_amount),
        ),
        "ended_twice": (void_what_was_posted,),
        "doubled": (hold_twice, post_twice, charge_twice, pay_twice, store_twice),
    }.items()
    for defect in defects
}
