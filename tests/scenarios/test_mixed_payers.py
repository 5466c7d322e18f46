"""Mixed payers: who does what follows from the number, and what is asked is what is sent."""

from __future__ import annotations

import msgspec
import pytest

from harness.load.payer import Answer, Intent, Learned, Request, Wait
from harness.load.records import ErrorClass, Outcome
from scenarios import mixed_payers as mixed
from scenarios.payment_payers import ASK, PAY, PaymentBody

SEED = 11
LOST = Answer(0, ErrorClass.READ_TIMEOUT)


def intent(number: int) -> Intent:
    return Intent(seed=SEED, number=number, key=f"run-{number}", due_s=1.0, stop_s=100.0)


def first(number: int) -> Request:
    found = next(mixed.MixedPayers().payer(intent(number)))
    assert isinstance(found, Request)
    return found


def key_of(request: Request) -> str:
    return dict(request.headers)["Idempotency-Key"]


def captured(body: PaymentBody) -> Answer:
    said = {
        "payment_id": "p",
        "status": "captured",
        "amount_minor": body.amount_minor,
        "currency": "EUR",
    }
    return Answer(201, ErrorClass.NONE, msgspec.json.encode(said), {}, 1.1)


def test_what_is_asked_is_what_is_sent() -> None:
    for number in range(2 * mixed.BLOCK):
        body = msgspec.json.decode(first(number).body, type=PaymentBody)
        row = mixed.MixedAsked().row(SEED, number, f"run-{number}")
        assert row[1:] == (body.payer, body.payee, body.amount_minor, body.currency)


def test_a_second_click_sends_the_request_of_the_arrival_before_and_claims_nothing() -> None:
    for place in mixed.CLICKED:
        one, two = first(place), first(place + 1)
        assert (one.body, key_of(one)) == (two.body, key_of(two))
        assert one.effect
        assert not two.effect


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(201, Outcome.OK), (409, Outcome.OK), (503, Outcome.OK), (0, Outcome.OK), (400, Outcome.FAIL)],
)
def test_a_second_click_must_not_be_refused(status: int, outcome: Outcome) -> None:
    payer = mixed.MixedPayers().payer(intent(mixed.CLICKED[0] + 1))
    next(payer)
    assert payer.send(Answer(status, ErrorClass.NONE)) == Learned(outcome, 0)


def test_two_poor_arrivals_share_an_account_that_can_pay_one_of_them() -> None:
    bodies = [mixed.body_of(SEED, mixed.POOR + more) for more in (0, 1)]
    assert bodies[0].payer == bodies[1].payer
    assert sum(body.amount_minor for body in bodies) > 1_000_000_000
    others = {mixed.body_of(SEED, n).payer for n in range(mixed.BLOCK) if n // 2 != mixed.POOR // 2}
    assert bodies[0].payer not in others


@pytest.mark.parametrize(("status", "digest"), [(422, 0), (201, 1), (0, 0)])
def test_a_changed_amount_under_a_paid_key_must_be_refused(status: int, digest: int) -> None:
    payer = mixed.MixedPayers().payer(intent(mixed.CHANGED[0]))
    paid = next(payer)
    assert isinstance(paid, Request)
    learned = payer.send(captured(mixed.body_of(SEED, mixed.CHANGED[0])))
    assert isinstance(learned, Learned)
    assert learned.outcome is Outcome.OK
    assert isinstance(next(payer), Wait)
    changed = next(payer)
    assert isinstance(changed, Request)
    assert key_of(changed) == key_of(paid)
    assert changed.body != paid.body
    assert payer.send(Answer(status, ErrorClass.NONE)) == Learned(Outcome.OK, digest)


@pytest.mark.parametrize(("status", "digest"), [(201, 0), (409, 0), (0, 0), (400, 1)])
def test_the_same_request_after_a_paid_one_must_not_be_refused(status: int, digest: int) -> None:
    payer = mixed.MixedPayers().payer(intent(mixed.REPEATED[0]))
    paid = next(payer)
    assert isinstance(paid, Request)
    payer.send(captured(mixed.body_of(SEED, mixed.REPEATED[0])))
    assert isinstance(next(payer), Wait)
    again = next(payer)
    assert isinstance(again, Request)
    assert (key_of(again), again.body) == (key_of(paid), paid.body)
    assert payer.send(Answer(status, ErrorClass.NONE)) == Learned(Outcome.OK, digest)


@pytest.mark.parametrize(("number", "name"), [(3, ASK), (4, PAY)])
def test_a_payer_with_a_habit_repeats_one_kind_of_request(number: int, name: str) -> None:
    payer = mixed.MixedPayers().payer(intent(number))
    step, names = next(payer), []
    for _ in range(4):
        payer.send(LOST)
        assert isinstance(next(payer), Wait)
        step = next(payer)
        assert isinstance(step, Request)
        names.append(step.name)
    assert names == [name] * 4
