"""The laws of a payer, held against any sequence of answers, without a network."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from harness.load.payer import Answer, Learned, Patience, Request, Wait, share
from harness.load.records import ErrorClass, Outcome
from scenarios.payment_payers import ASK, PAY, PaymentBody, pay, payment_of

KEY = "run-17"
PAYMENT = PaymentBody(payer="payer-0001", payee="merchant-001", amount_minor=1234)
PATIENCE = Patience(max_attempts=8, give_up_s=40)
UNSENT = (ErrorClass.REFUSED, ErrorClass.CONNECT_TIMEOUT, ErrorClass.POOL)


def body(status: str, payment_id: str = "p1") -> bytes:
    said = {"payment_id": payment_id, "status": status, "amount_minor": 1234, "currency": "EUR"}
    return msgspec.json.encode(said)


CAPTURED = Answer(201, ErrorClass.NONE, body("captured"))
DECLINED = Answer(
    402,
    ErrorClass.NONE,
    b'{"title":"declined","status":402,"payment_id":"p1","payment_status":"declined",'
    b'"amount_minor":1234,"currency":"EUR"}',
)
PENDING = Answer(202, ErrorClass.NONE, b'{"status":"pending"}')
UNTOUCHED = Answer(503, ErrorClass.NONE, b"", {"not-processed": "true"})
BROKEN = Answer(500, ErrorClass.NONE)
TIMED_OUT = Answer(0, ErrorClass.READ_TIMEOUT)
REFUSED = Answer(0, ErrorClass.REFUSED)
FOUND = Answer(200, ErrorClass.NONE, body("captured"))
NOT_FOUND = Answer(404, ErrorClass.NONE)


@dataclass
class Life:
    """What a payer did and learned."""

    requests: list[Request] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    learned: list[Learned] = field(default_factory=list)
    end: Outcome | None = None


def live(answers: Iterator[Answer], *, until_s: float = 1e9, luck: float = 0.5) -> Life:
    """Answer a payer until it ends; each attempt takes 10 ms, each wait its time."""
    life, now_s = Life(), 0.0
    payer = pay(KEY, PAYMENT, lambda _: luck, until_s, PATIENCE)
    step = next(payer)
    try:
        while True:
            assert isinstance(step, Request)
            life.requests.append(step)
            now_s += 0.01
            learned = payer.send(next(answers)._replace(at_s=now_s))
            assert isinstance(learned, Learned)
            life.learned.append(learned)
            wait = next(payer)
            assert isinstance(wait, Wait)
            life.waits.append(wait.seconds)
            now_s += wait.seconds
            step = next(payer)
    except StopIteration as end:
        life.end = end.value
    return life


def names(life: Life) -> list[str]:
    return [request.name for request in life.requests]


ANSWERS = st.builds(
    Answer,
    st.sampled_from([0, 200, 201, 202, 400, 402, 404, 409, 422, 429, 500, 502, 503, 504]),
    st.sampled_from(ErrorClass),
    st.sampled_from([b"", b"{", body("captured"), body("declined"), body("pending")]),
    st.sampled_from([{}, {"not-processed": "true"}]),
)
ANY = st.lists(ANSWERS, min_size=PATIENCE.max_attempts, max_size=PATIENCE.max_attempts)


@given(ANY)
def test_the_key_and_the_body_never_change(answers: list[Answer]) -> None:
    for request in live(iter(answers)).requests:
        if request.name == PAY:
            assert ("Idempotency-Key", KEY) in request.headers
            assert msgspec.json.decode(request.body, type=PaymentBody) == PAYMENT
        else:
            assert request.path == f"/v1/payments/{KEY}"


@given(ANY)
def test_attempts_are_bounded(answers: list[Answer]) -> None:
    assert len(live(iter(answers)).requests) <= PATIENCE.max_attempts


@given(ANY)
def test_a_final_answer_is_the_last(answers: list[Answer]) -> None:
    life = live(iter(answers))
    assert all(known.outcome is not Outcome.OK for known in life.learned[:-1])
    assert all(known.digest == 0 for known in life.learned[:-1])
    assert life.end is life.learned[-1].outcome


@given(ANY)
def test_a_question_once_open_is_closed_only_by_a_final_answer(answers: list[Answer]) -> None:
    opened = False
    for known in live(iter(answers)).learned[:-1]:
        opened = opened or known.outcome is Outcome.INFO
        assert known.outcome is (Outcome.INFO if opened else Outcome.FAIL)


@given(ANY)
def test_it_asks_only_while_the_outcome_is_unknown_and_by_turns(answers: list[Answer]) -> None:
    life = live(iter(answers))
    before = zip(life.requests, life.learned, life.requests[1:], strict=False)
    for asked, known, then in before:
        unknown = known.outcome is Outcome.INFO
        assert (then.name == ASK) is (unknown and asked.name == PAY)


@given(ANY, st.floats(0, 1))
def test_a_wait_is_drawn_from_zero_to_a_doubling_limit(answers: list[Answer], luck: float) -> None:
    for number, wait_s in enumerate(live(iter(answers), luck=luck).waits):
        assert wait_s == luck * min(4.0, 0.1 * 2**number)


@given(ANY, st.floats(0, 30))
def test_no_attempt_begins_after_the_end(answers: list[Answer], until_s: float) -> None:
    life = live(iter(answers), until_s=until_s)
    assert 0.01 * len(life.waits) + sum(life.waits) < max(until_s, 0.01)


def test_a_captured_payment_is_ok_with_the_digest_of_its_promise() -> None:
    life = live(iter([CAPTURED]))
    assert life.learned == [Learned(Outcome.OK, zlib.crc32(b"p1|captured|1234|EUR"))]
    assert life.end is Outcome.OK


def test_a_declined_payment_is_a_fail_at_once() -> None:
    (learned,) = live(iter([DECLINED])).learned
    assert learned == Learned(Outcome.FAIL, zlib.crc32(b"p1|declined|1234|EUR"))


def test_a_refusal_and_the_status_of_the_same_payment_give_the_same_digest() -> None:
    found = Answer(200, ErrorClass.NONE, body("declined"))
    refused, asked = live(iter([TIMED_OUT, NOT_FOUND, DECLINED])), live(iter([TIMED_OUT, found]))
    assert refused.learned[-1] == asked.learned[-1]
    assert refused.end is Outcome.FAIL


def test_a_reused_key_is_a_fail_at_once() -> None:
    assert live(iter([Answer(422, ErrorClass.NONE)])).end is Outcome.FAIL


def test_not_processed_is_paid_again_without_asking() -> None:
    life = live(iter([UNTOUCHED, UNTOUCHED, CAPTURED]))
    assert names(life) == [PAY, PAY, PAY]
    assert [known.outcome for known in life.learned] == [Outcome.FAIL, Outcome.FAIL, Outcome.OK]


def test_a_refused_connection_sent_nothing_and_is_paid_again() -> None:
    assert names(live(iter([REFUSED, CAPTURED]))) == [PAY, PAY]


def test_a_timeout_is_asked_about_and_the_answer_found_is_final() -> None:
    life = live(iter([TIMED_OUT, FOUND]))
    assert names(life) == [PAY, ASK]
    assert life.learned[-1] == Learned(Outcome.OK, zlib.crc32(b"p1|captured|1234|EUR"))


def test_both_ways_to_learn_of_a_payment_give_the_same_digest() -> None:
    paid, asked = live(iter([CAPTURED])), live(iter([BROKEN, FOUND]))
    assert paid.learned[-1].digest == asked.learned[-1].digest != 0


def test_an_unknown_key_stays_open_until_paid_again() -> None:
    life = live(iter([TIMED_OUT, NOT_FOUND, UNTOUCHED, NOT_FOUND, CAPTURED]))
    assert names(life) == [PAY, ASK, PAY, ASK, PAY]
    assert {known.outcome for known in life.learned[:-1]} == {Outcome.INFO}
    assert life.end is Outcome.OK


def test_pending_is_asked_about() -> None:
    pending = Answer(200, ErrorClass.NONE, body("pending"))
    found = Answer(200, ErrorClass.NONE, body("declined"))
    life = live(iter([PENDING, pending, PENDING, found]))
    assert names(life) == [PAY, ASK, PAY, ASK]
    assert life.end is Outcome.FAIL


def test_a_created_payment_that_cannot_be_read_is_unknown() -> None:
    life = live(iter([Answer(201, ErrorClass.NONE, b"<html>"), FOUND]))
    assert [known.outcome for known in life.learned] == [Outcome.INFO, Outcome.OK]


def test_a_bad_request_is_final_unless_an_earlier_attempt_is_open() -> None:
    bad = Answer(400, ErrorClass.NONE)
    assert live(iter([bad])).end is Outcome.FAIL
    assert names(live(iter([TIMED_OUT, NOT_FOUND, bad, FOUND]))) == [PAY, ASK, PAY, ASK]


def test_an_answer_that_is_nested_too_deeply_is_unknown() -> None:
    deep = b'{"x":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    for status in (201, 402):
        life = live(iter([Answer(status, ErrorClass.NONE, deep), FOUND]))
        assert life.end in (Outcome.OK, Outcome.FAIL)


def test_giving_up_on_an_open_question_ends_unknown() -> None:
    life = live(iter([TIMED_OUT] * PATIENCE.max_attempts))
    assert life.end is Outcome.INFO


def test_giving_up_when_nothing_was_ever_processed_is_a_fail() -> None:
    assert live(iter([UNTOUCHED] * PATIENCE.max_attempts)).end is Outcome.FAIL


@given(st.integers(0, 2**31), st.integers(0, 100_000))
def test_an_intent_has_one_payment_and_the_bank_is_not_asked_to_decline_it(
    seed: int, intent: int
) -> None:
    payment = payment_of(seed, intent)
    assert payment == payment_of(seed, intent)
    assert payment.amount_minor % 1000 != 999
    assert 100 <= payment.amount_minor < 10_000


def test_another_seed_or_intent_draws_other_payments() -> None:
    drawn = {msgspec.json.encode(payment_of(seed, i)) for seed in (1, 2) for i in range(500)}
    assert len(drawn) > 990


@given(st.integers(0, 2**31), st.integers(0, 10**6), st.integers(0, 255))
def test_a_share_lies_between_none_and_all(seed: int, intent: int, draw: int) -> None:
    assert 0 <= share(seed, intent, draw) < 1
