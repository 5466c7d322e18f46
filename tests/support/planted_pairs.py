"""Planted defects that keep every sum: two payments change places, or one is booked in parts."""

from __future__ import annotations

import random

from msgspec import structs

from tests.support.planted_defects import Defect, change_charge, change_moves, victim
from tests.support.planted_script import Move, Script
from tests.support.runs_asked import Asks


def two_victims(script: Script, draw: random.Random) -> tuple[Asks, Asks]:
    """Two intents that are stored, charged and booked; the first three of a sound script are."""
    _, one = victim(script, draw)
    others = [it for it in script.asked[:3] if it.key != one.key]
    return one, draw.choice(others)


def swap_two_payees(script: Script, draw: random.Random) -> None:
    """Each merchant gets the money of the other one's payment."""
    one, other = two_victims(script, draw)
    away = "merchant-8" if one.payee == other.payee else other.payee
    change_moves(script, one.key, "post", receiver=away)
    change_moves(script, other.key, "post", receiver=one.payee)


def swap_the_references_of_two_charges(script: Script, draw: random.Random) -> None:
    one, other = two_victims(script, draw)
    keys = {one.key: other.key, other.key: one.key}
    script.charges = [
        structs.replace(c, reference=keys.get(c.reference, c.reference)) for c in script.charges
    ]


def swap_the_ids_of_two_holds(script: Script, draw: random.Random) -> None:
    one, other = two_victims(script, draw)
    ids = {m.key: m.transfer for m in script.moves if m.kind == "hold"}
    mine, theirs = ids.get(one.key, "x:hold"), ids.get(other.key, "y:hold")
    change_moves(script, one.key, "hold", transfer=theirs)
    change_moves(script, other.key, "hold", transfer=mine)


def post_in_two_halves(script: Script, draw: random.Random) -> None:
    intent, it = victim(script, draw)
    half = it.amount_minor // 2
    change_moves(script, it.key, "post", amount=it.amount_minor - half)
    held = f"held:{it.payer}"
    script.moves.append(Move(f"p{intent}:post-2", it.key, "post", held, it.payee, half))


def hold_in_another_currency(script: Script, draw: random.Random) -> None:
    change_moves(script, victim(script, draw)[1].key, "hold", currency="USD")


def charge_in_small_letters(script: Script, draw: random.Random) -> None:
    change_charge(script, victim(script, draw)[1].key, currency="eur")


def pay_back_to_the_payer(script: Script, draw: random.Random) -> None:
    """A refund that is booked as another post."""
    _, it = victim(script, draw)
    script.moves.append(Move("x:post", it.key, "post", it.payee, it.payer, it.amount_minor))


def hold_and_void_once_more(script: Script, draw: random.Random) -> None:
    """Nothing is left of it but its entries."""
    intent, it = victim(script, draw)
    held, amount = f"held:{it.payer}", it.amount_minor
    script.moves += [
        Move(f"p{intent}:again:hold", it.key, "hold", it.payer, held, amount),
        Move(f"p{intent}:again:void", it.key, "void", held, it.payer, amount),
    ]


def pass_it_on(script: Script, draw: random.Random) -> None:
    """The payee pays somebody else in the name of the payment."""
    _, it = victim(script, draw)
    script.moves.append(Move("x:post", it.key, "post", it.payee, "merchant-9", it.amount_minor))


def store_a_refund(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    row = next(p for p in script.payments if p.key == it.key)
    script.payments.append(structs.replace(row, payment_id="x", status="refunded"))


def fund_a_negative_amount(script: Script, draw: random.Random) -> None:
    del draw
    script.moves.insert(3, Move("fund:minus", "", "fund", "equity", "payer-0", -5))


PAIRS: dict[str, tuple[Defect, str]] = {
    defect.__name__: (defect, kind)
    for kind, defects in {
        "wrong_party": (swap_two_payees, pay_back_to_the_payer, pass_it_on),
        "ids_differ": (swap_the_references_of_two_charges, swap_the_ids_of_two_holds),
        "doubled": (post_in_two_halves, hold_and_void_once_more, store_a_refund),
        "amounts_differ": (hold_in_another_currency, charge_in_small_letters),
        "wrong_funds": (fund_a_negative_amount,),
    }.items()
    for defect in defects
}
