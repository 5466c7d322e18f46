"""Ledgers that a forger books with sound hashes, sums and balances: each is judged FAIL by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from reports.verdict.judge import judge
from tests.support.runs_builder import PREFIX, RunsBuilder, sound_run

VICTIM = 700
KEY = f"{PREFIX}-{VICTIM}"
AMOUNT = 100 + VICTIM % 900
PAYER, HELD, MERCHANT = "payer-0", "held:payer-0", "merchant-1"
Booking = Callable[[RunsBuilder], int]


def rebuilt(booking: Booking) -> RunsBuilder:
    """A sound run, but the victim's payment is booked in this way, and answered as stored."""
    run, fresh = sound_run(), RunsBuilder([])
    fresh.due_us = run.due_us
    fresh.events = run.events
    for attempt in run.attempts:
        answer = attempt.answer
        if answer:
            answer = booking(fresh) if attempt.intent == VICTIM else fresh.book(attempt.intent)
        fresh.attempts.append(attempt._replace(answer=answer))
    return fresh


def book(run: RunsBuilder, *, hold: int = AMOUNT, moved: int = AMOUNT, **post: str) -> int:
    """Hold, charge, post and store; `giver` and `receiver` of the post may be others."""
    books = run.books
    if PAYER not in books.heads:
        books.fund(PAYER)
    books.move("p700:hold", KEY, (PAYER, HELD), hold, "hold")
    books.charge(KEY, "p700", moved)
    between = (post.get("giver", HELD), post.get("receiver", MERCHANT))
    books.move("p700:post", KEY, between, moved, "post")
    return books.store(KEY, "p700", PAYER, moved)


def post_back_to_the_payer(run: RunsBuilder) -> int:
    return book(run, receiver=PAYER)


def post_to_another_merchant(run: RunsBuilder) -> int:
    return book(run, receiver="merchant-2")


def post_out_of_another_hold(run: RunsBuilder) -> int:
    run.books.move("x:hold", f"{PREFIX}-1", ("payer-1", "held:payer-1"), AMOUNT, "hold")
    return book(run, giver="held:payer-1")


def hold_more_than_is_charged(run: RunsBuilder) -> int:
    return book(run, hold=AMOUNT, moved=AMOUNT - 100)


def post_and_void(run: RunsBuilder) -> int:
    answer = book(run)
    run.books.move("p700:void", KEY, (HELD, PAYER), AMOUNT, "void")
    return answer


def hold_again(run: RunsBuilder) -> int:
    answer = book(run)
    run.books.move("p700:hold2", KEY, (PAYER, HELD), AMOUNT, "hold")
    return answer


def void_five_times(run: RunsBuilder) -> int:
    answer = book(run)
    run.books.move("p700:void", KEY, (HELD, PAYER), 5 * AMOUNT, "void")
    return answer


def book_a_tenth_everywhere(run: RunsBuilder) -> int:
    return book(run, hold=AMOUNT // 10, moved=AMOUNT // 10)


def charge_without_a_reference(run: RunsBuilder) -> int:
    run.books.charge("", "x", AMOUNT)
    return book(run)


def charge_under_a_retry_key(run: RunsBuilder) -> int:
    run.books.charge(f"retry-of-{KEY}", "x", AMOUNT)
    return book(run)


def post_without_a_reference(run: RunsBuilder) -> int:
    answer = book(run)
    run.books.move("x:post", "", (PAYER, MERCHANT), AMOUNT, "post")
    return answer


def fund_after_the_start(run: RunsBuilder) -> int:
    answer = book(run)
    run.books.move("x:fund", "", ("equity", MERCHANT), AMOUNT, "fund")
    return answer


def book_again_as_fund(run: RunsBuilder) -> int:
    answer = book(run)
    run.books.move("x:fund", KEY, (PAYER, MERCHANT), AMOUNT, "fund")
    return answer


def store_what_was_never_sent(run: RunsBuilder) -> int:
    run.books.store(f"{PREFIX}-99999", "x", PAYER, AMOUNT)
    return book(run)


def pay_the_wrong_merchant_ten_times_as_much(run: RunsBuilder) -> int:
    answer = book(run, hold=10 * AMOUNT, moved=10 * AMOUNT, receiver="merchant-2")
    run.books.payments[-1] = structs.replace(run.books.payments[-1], payee="merchant-2")
    return answer


@pytest.mark.parametrize(
    ("booking", "code", "name"),
    [
        (post_back_to_the_payer, "wrong_party", KEY),
        (post_to_another_merchant, "wrong_party", KEY),
        (post_out_of_another_hold, "wrong_party", KEY),
        (hold_more_than_is_charged, "left_on_hold", KEY),
        (post_and_void, "ended_twice", KEY),
        (hold_again, "doubled", KEY),
        (void_five_times, "amounts_differ", KEY),
        (book_a_tenth_everywhere, "amounts_differ", KEY),
        (charge_without_a_reference, "unknown_key", "''"),
        (charge_under_a_retry_key, "unknown_key", f"retry-of-{KEY}"),
        (post_without_a_reference, "unknown_key", "''"),
        (fund_after_the_start, "wrong_funds", "x:fund"),
        (book_again_as_fund, "wrong_funds", "x:fund"),
        (store_what_was_never_sent, "unknown_key", f"{PREFIX}-99999"),
        (pay_the_wrong_merchant_ten_times_as_much, "wrong_party", KEY),
        (pay_the_wrong_merchant_ten_times_as_much, "amounts_differ", KEY),
    ],
)
def test_a_wrong_ledger_fails_by_name(
    booking: Booking, code: str, name: str, tmp_path: Path
) -> None:
    card = judge(rebuilt(booking).write(tmp_path / "run"))
    assert card.verdict == "FAIL"
    told = {reason.code: reason.text for reason in card.reasons}
    assert name in told[code].split(": ", 1)[1]


def test_the_same_payment_booked_as_asked_passes(tmp_path: Path) -> None:
    assert judge(rebuilt(book).write(tmp_path / "run")).verdict == "PASS"
