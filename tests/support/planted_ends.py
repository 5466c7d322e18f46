"""Planted defects in how a payment ends: lost, refused and booked, left on hold, never resolved."""

from __future__ import annotations

import random

from tests.support.planted_defects import (
    Defect,
    change_charge,
    change_moves,
    change_payment,
    victim,
)
from tests.support.planted_script import Move, Script, pay


def void_instead_of_post(script: Script, draw: random.Random) -> None:
    """Acknowledged, charged and stored, but the money went back."""
    _, it = victim(script, draw)
    change_moves(script, it.key, "post", kind="void", receiver=it.payer)


def do_not_charge(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    script.charges = [c for c in script.charges if c.reference != it.key]


def do_not_post(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    script.moves = [m for m in script.moves if (m.key, m.kind) != (it.key, "post")]


def post_without_a_hold(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    script.moves = [m for m in script.moves if (m.key, m.kind) != (it.key, "hold")]


def lose_all_of_it(script: Script, draw: random.Random) -> None:
    _, it = victim(script, draw)
    script.moves = [m for m in script.moves if m.key != it.key]
    script.charges = [c for c in script.charges if c.reference != it.key]
    script.payments = [p for p in script.payments if p.key != it.key]


def decline_at_the_bank_and_post(script: Script, draw: random.Random) -> None:
    change_charge(script, victim(script, draw)[1].key, status="declined")


def refuse_and_book(script: Script, draw: random.Random) -> None:
    script.ends[victim(script, draw)[0]] = "refused"


def book_what_was_never_sent(script: Script, draw: random.Random) -> None:
    script.ends[victim(script, draw)[0]] = "unstarted"


def store_what_was_never_sent(script: Script, draw: random.Random) -> None:
    """A captured row alone, under the key of an intent that never started."""
    intent, it = victim(script, draw)
    row = next(p for p in script.payments if p.key == it.key)
    lose_all_of_it_of(script, it.key)
    script.payments.append(row)
    script.ends[intent] = "unstarted"


def lose_all_of_it_of(script: Script, key: str) -> None:
    """No record of a key is left."""
    script.moves = [m for m in script.moves if m.key != key]
    script.charges = [c for c in script.charges if c.reference != key]
    script.payments = [p for p in script.payments if p.key != key]


def decline_without_compensation(script: Script, draw: random.Random) -> None:
    """The bank declined, the payer got that answer, and the hold was never voided."""
    intent, it = victim(script, draw)
    lose_all_of_it_of(script, it.key)
    script.ends[intent] = "declined"
    pay(script, it, f"p{intent}", "declined")
    script.moves = [m for m in script.moves if (m.key, m.kind) != (it.key, "void")]


def void_a_part(script: Script, draw: random.Random) -> None:
    decline_without_compensation(script, draw)
    hold = next(m for m in reversed(script.moves) if m.kind == "hold")
    part = hold.amount // 2
    void = Move(hold.transfer[:-4] + "void", hold.key, "void", hold.receiver, hold.giver, part)
    script.moves.append(void)


def hold_what_was_refused(script: Script, draw: random.Random) -> None:
    intent, it = victim(script, draw)
    lose_all_of_it_of(script, it.key)
    script.ends[intent] = "refused"
    held = f"held:{it.payer}"
    script.moves.append(Move(f"p{intent}:hold", it.key, "hold", it.payer, held, it.amount_minor))


def charge_what_was_declined(script: Script, draw: random.Random) -> None:
    intent, it = victim(script, draw)
    lose_all_of_it_of(script, it.key)
    script.ends[intent] = "unknown"
    pay(script, it, f"p{intent}", "declined")
    change_charge(script, it.key, status="charged")


def decline_a_payer_who_can_pay(script: Script, draw: random.Random) -> None:
    """Refused, stored as such, and nothing was asked of the bank; the payee is one that exists."""
    intent, it = victim(script, draw)
    others = [p.payee for p in script.payments if p.key != it.key and p.status == "captured"]
    asked = it._replace(payee=next(iter(others), it.payee))
    lose_all_of_it_of(script, it.key)
    script.asked[intent], script.ends[intent] = asked, "declined"
    pay(script, asked, f"p{intent}", "declined")
    script.moves = [m for m in script.moves if m.key != it.key]
    script.charges = [c for c in script.charges if c.reference != it.key]


def leave_pending(script: Script, draw: random.Random) -> None:
    intent, it = victim(script, draw)
    script.ends[intent] = "unknown"
    change_payment(script, it.key, status="pending")


def never_tell(script: Script, draw: random.Random) -> None:
    script.ends[victim(script, draw)[0]] = "unknown"


def store_an_undefined_status(script: Script, draw: random.Random) -> None:
    intent, it = victim(script, draw)
    script.ends[intent] = "unknown"
    change_payment(script, it.key, status="settled")


def refund_at_the_bank(script: Script, draw: random.Random) -> None:
    change_charge(script, victim(script, draw)[1].key, status="refunded")


def refund_in_the_ledger(script: Script, draw: random.Random) -> None:
    """A transfer of a kind that the ledger does not have."""
    intent, it = victim(script, draw)
    amount = it.amount_minor
    script.moves.append(Move(f"p{intent}:refund", it.key, "refund", it.payee, it.payer, amount))


def answer_another_amount(script: Script, draw: random.Random) -> None:
    script.told[victim(script, draw)[0]] = 12345


ENDS: dict[str, tuple[Defect, str]] = {
    defect.__name__: (defect, kind)
    for kind, defects in {
        "lost": (
            *(do_not_charge, do_not_post, lose_all_of_it, decline_at_the_bank_and_post),
            void_instead_of_post,
        ),
        "ghost": (refuse_and_book, book_what_was_never_sent, store_what_was_never_sent),
        "left_on_hold": (
            *(post_without_a_hold, decline_without_compensation, void_a_part),
            hold_what_was_refused,
        ),
        "ends_differ": (charge_what_was_declined,),
        "refused_without_cause": (decline_a_payer_who_can_pay,),
        "stuck": (leave_pending, never_tell),
        "unknown_status": (store_an_undefined_status, refund_at_the_bank, refund_in_the_ledger),
        "answers_differ": (answer_another_amount,),
    }.items()
    for defect in defects
}
