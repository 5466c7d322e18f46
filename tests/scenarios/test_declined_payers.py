"""For a spell most payers ask for more than they have, under a request name of their own."""

from __future__ import annotations

from harness.load.payer import Answer, Intent, Learned, Request
from harness.load.records import ErrorClass, Outcome
from scenarios.declined_payers import (
    CAN_PAY_EVERY,
    OVERSPEND,
    OVERSPENT_MINOR,
    SPELLS,
    DeclinedPayers,
    body_of,
    overspends,
)
from scenarios.payment_payers import PAY


def first(number: int) -> Request:
    intent = Intent(seed=11, number=number, key=f"run-{number}", due_s=1.0, stop_s=100.0)
    found = next(DeclinedPayers().payer(intent))
    assert isinstance(found, Request)
    return found


def test_in_a_spell_all_but_every_tenth_ask_for_more_than_they_have() -> None:
    for spell in SPELLS:
        names = [first(number).name for number in spell]
        assert names.count(PAY) == len(spell) // CAN_PAY_EVERY
        assert set(names) == {PAY, OVERSPEND}
        assert first(spell.start - 1).name == first(spell.stop + 1).name == PAY


def test_what_is_asked_is_what_is_sent() -> None:
    places = (SPELLS[0].start, SPELLS[0].start + 1)
    amounts = [body_of(11, place).amount_minor == OVERSPENT_MINOR for place in places]
    assert amounts == [overspends(place) for place in places] == [False, True]
    row = DeclinedPayers().asks.row(11, places[1], "run-441")
    assert row[3] == OVERSPENT_MINOR
    assert str(OVERSPENT_MINOR).encode() in first(places[1]).body


def test_a_refusal_ends_the_payment_as_it_ends_that_of_anybody() -> None:
    intent = Intent(seed=11, number=SPELLS[0].start + 1, key="run-1", due_s=1.0, stop_s=100.0)
    payer = DeclinedPayers().payer(intent)
    next(payer)
    assert payer.send(Answer(402, ErrorClass.NONE)) == Learned(Outcome.FAIL, 0)
