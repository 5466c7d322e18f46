"""Payers of all kinds: most pay once; some are declined, impatient, poor, or use a key twice.

What an intent does follows from its number alone, in blocks of `BLOCK` arrivals:

- DECLINED: the bank declines the amount, so the money has to go back.
- CLICKED: the next arrival sends the request of this one again, with the same key. It fails where
  the answer refuses the request.
- POOR: this and the next arrival have one payer, who can pay only one of the two.
- CHANGED: once it is paid, the same key is sent with another amount, which must be refused.
- REPEATED: once it is paid, the same request is sent again, which must not be refused.
- ASKS, PAYS: while the outcome is unknown they only ask for the status, or only pay again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from harness.load.asked import Row
from harness.load.payer import Answer, Intent, Learned, Patience, Payer, Request, Wait, share
from harness.load.records import Outcome
from scenarios.payment_payers import (
    ASK,
    NAMES,
    PATIENCE,
    PAY,
    PaymentBody,
    PaymentsAsked,
    pay,
    payment_of,
    read_payment,
)

BLOCK: Final = 200
DECLINED: Final = (10, 70, 140)
CLICKED: Final = (20, 50, 80, 120, 150, 180)
POOR: Final = 30
CHANGED: Final = (60, 90, 160, 190)
REPEATED: Final = (65, 95, 165, 195)
POOR_PAYERS: Final = 100  # the last of the thousand; each of them is poor once
POOR_AMOUNT_MINOR: Final = 600_000_000  # of the 1,000,000,000 that every payer has
DECLINED_AMOUNT_MINOR: Final = 1999  # the bank declines amounts that end in 999
_RICH: Final = 1000 - POOR_PAYERS
_ACCEPTED: Final = 300


class MixedAsked(PaymentsAsked):
    """What each intent asks for."""

    def row(self, seed: int, intent: int, key: str) -> Row:
        """The payment that this intent makes."""
        it = body_of(seed, intent)
        return key, it.payer, it.payee, it.amount_minor, it.currency


class MixedPayers:
    """Makes the payer of each intent: `PAYERS` of a scenario for the lean engine."""

    names = NAMES
    asks = MixedAsked()

    def payer(self, intent: Intent) -> Payer:
        """By its place in its block."""
        place = intent.number % BLOCK
        if place - 1 in CLICKED:
            return second_click(intent)
        if place in CHANGED:
            return then_changed(intent)
        if place in REPEATED:
            return then_repeated(intent)
        return paying(intent, _habit(intent.number))


def body_of(seed: int, intent: int) -> PaymentBody:
    """Who pays whom how much: by seed and intent alone."""
    drawn, place = payment_of(seed, intent), intent % BLOCK
    if place - 1 in CLICKED:
        return body_of(seed, intent - 1)
    if place in (POOR, POOR + 1):
        payer = f"payer-{_RICH + intent // BLOCK % POOR_PAYERS:04d}"
        return msgspec.structs.replace(drawn, payer=payer, amount_minor=POOR_AMOUNT_MINOR)
    payer = f"payer-{int(drawn.payer[-4:]) % _RICH:04d}"
    amount_minor = DECLINED_AMOUNT_MINOR if place in DECLINED else drawn.amount_minor
    return msgspec.structs.replace(drawn, payer=payer, amount_minor=amount_minor)


def paying(intent: Intent, habit: str = "") -> Payer:
    """One payment; with a habit all further requests are of that name."""
    until_s = min(intent.stop_s, intent.due_s + PATIENCE.give_up_s)
    draw: Callable[[int], float] = partial(share, intent.seed, intent.number)
    body = body_of(intent.seed, intent.number)
    return pay(intent.key, body, draw, until_s, Patience(habit=habit))


def second_click(intent: Intent) -> Payer:
    """The request of the arrival before, with its key: it moves nothing, and is not refused."""
    prefix = intent.key.removesuffix(str(intent.number))
    answer = yield _repeated(f"{prefix}{intent.number - 1}", body_of(intent.seed, intent.number))
    refused = answer is not None and read_payment(answer)[0] == "refused"
    outcome = Outcome.FAIL if refused else Outcome.OK
    yield Learned(outcome, 0)
    return outcome


def then_changed(intent: Intent) -> Payer:
    """Pay, then use the key for another amount. An acceptance is told as an answer about it."""
    changed = msgspec.structs.replace(body_of(intent.seed, intent.number), amount_minor=1)
    return (yield from _paid_then(intent, changed, lambda it: 0 < it.status < _ACCEPTED))


def then_repeated(intent: Intent) -> Payer:
    """Pay, then send the same again. A refusal is told as another answer about the payment."""
    same = body_of(intent.seed, intent.number)
    return (yield from _paid_then(intent, same, lambda it: read_payment(it)[0] == "refused"))


def _paid_then(intent: Intent, body: PaymentBody, is_wrong: Callable[[Answer], bool]) -> Payer:
    """Pay, then send `body` under the same key; a wrong answer has another digest."""
    outcome = yield from paying(intent)
    if outcome is not Outcome.OK:
        return outcome
    yield Wait(0.0)
    answer = yield _repeated(intent.key, body)
    yield Learned(Outcome.OK, 1 if answer is not None and is_wrong(answer) else 0)
    return Outcome.OK


def _habit(number: int) -> str:
    """Of ten arrivals two only ask and two only pay again."""
    return {3: ASK, 7: ASK, 4: PAY, 8: PAY}.get(number % 10, "")


def _repeated(key: str, body: PaymentBody) -> Request:
    headers = (("Idempotency-Key", key), ("Content-Type", "application/json"))
    return Request(PAY, "POST", "/v1/payments", headers, msgspec.json.encode(body))
