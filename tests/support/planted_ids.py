"""Planted defects in ids and in order: a payment under another id, or ended before its hold."""

from __future__ import annotations

import random

from msgspec import structs

from tests.support.planted_defects import (
    Defect,
    change_charge,
    change_moves,
    change_payment,
    victim,
)
from tests.support.planted_script import Script


def swap_two_stored_ids(script: Script, draw: random.Random) -> None:
    """Each payer gets the id of the other payment."""
    _, it = victim(script, draw)
    mine = next(p for p in script.payments if p.key == it.key)
    other = next(p for p in script.payments if p.key != it.key)
    change_payment(script, mine.key, payment_id=other.payment_id)
    change_payment(script, other.key, payment_id=mine.payment_id)


def store_the_id_of_another(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    other = next(p for p in script.payments if p.key != it.key)
    change_payment(script, it.key, payment_id=other.payment_id)


def charge_under_another_id(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    script.charges = [
        structs.replace(c, key="another") if c.reference == it.key else c for c in script.charges
    ]


def post_under_another_id(script: Script, draw: random.Random) -> None:
    change_moves(script, victim(script, draw)[1].key, "post", transfer="another:post")


def charge_under_the_id_of_another(script: Script, draw: random.Random) -> None:
    """Nothing is stored of it: only the bank says that two payments have one id."""
    _, it = victim(script, draw)
    other = next(c for c in script.charges if c.reference != it.key)
    script.payments = [p for p in script.payments if p.key != it.key]
    script.charges = [
        structs.replace(c, key=other.key) if c.reference == it.key else c for c in script.charges
    ]


def hold_under_the_id_of_another(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    other = next(m for m in script.moves if m.kind == "hold" and m.key != it.key)
    change_moves(script, it.key, "hold", transfer=other.transfer)


def share_a_charge(script: Script, draw: random.Random) -> None:
    """The bank moves money once and both payments name that charge."""
    _, it = victim(script, draw)
    other = next(c for c in script.charges if c.reference != it.key)
    change_charge(script, it.key, charge_id=other.charge_id)


def share_a_charge_with_a_declined_one(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    mine = next(c for c in script.charges if c.reference == it.key)
    pair = structs.replace(mine, key="p-other", reference="nobody", status="declined")
    script.charges.append(pair)


def post_before_the_hold(script: Script, draw: random.Random) -> None:
    """What another payment holds covers it, so that no balance is ever below zero."""
    _, it = victim(script, draw)
    held = f"held:{it.payer}"
    moves = [m for m in script.moves if m.key == it.key]
    rest = [m for m in script.moves if m.key != it.key]
    place = next((n + 1 for n, m in enumerate(rest) if m.receiver == held), len(rest))
    script.moves = [*rest[:place], *reversed(moves), *rest[place:]]


IDS: dict[str, tuple[Defect, str]] = {
    **{
        defect.__name__: (defect, "ids_differ")
        for defect in (
            *(swap_two_stored_ids, store_the_id_of_another),
            *(charge_under_another_id, post_under_another_id),
            *(charge_under_the_id_of_another, hold_under_the_id_of_another),
        )
    },
    **{
        defect.__name__: (defect, "charge_shared")
        for defect in (share_a_charge, share_a_charge_with_a_declined_one)
    },
    "post_before_the_hold": (post_before_the_hold, "ended_early"),
}
