"""The payer of one payment: pays, asks for the status while the outcome is unknown, pays again.

`harness/load/payer.py` says what a payer yields. Both drivers carry this one.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Literal

import msgspec

from harness.files.undecodable import UNDECODABLE
from harness.load.asked import ColumnType, Row
from harness.load.payer import (
    Answer,
    Intent,
    Learned,
    Patience,
    Payer,
    Request,
    Wait,
    hash_of,
    share,
)
from harness.load.records import ErrorClass, Outcome

PAY: Final = "pay"
ASK: Final = "ask"
NAMES: Final = (PAY, ASK)
PAYERS: Final = 1000
PAYEES: Final = 50
AMOUNT_MIN_MINOR: Final = 100
AMOUNT_SPAN_MINOR: Final = 9_900
DECLINED_MODULUS_MINOR: Final = 1000  # the bank declines amounts that end in 999
PATIENCE: Final = Patience()
_UNSENT: Final = (ErrorClass.REFUSED, ErrorClass.CONNECT_TIMEOUT, ErrorClass.POOL)
_MAY_COME_GOOD: Final = (408, 409, 425, 429)
_Says = Literal["captured", "declined", "refused", "untouched", "unknown"]


class PaymentBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a payment."""

    payer: str
    payee: str
    amount_minor: int
    currency: str = "EUR"


class _Promise(msgspec.Struct, frozen=True):
    payment_id: str
    status: str
    amount_minor: int
    currency: str

    def digest(self) -> int:
        text = f"{self.payment_id}|{self.status}|{self.amount_minor}|{self.currency}"
        return zlib.crc32(text.encode())


class _Problem(msgspec.Struct, frozen=True):
    """A refusal (RFC 9457), whose own `status` is the number of the answer."""

    payment_id: str
    payment_status: str
    amount_minor: int
    currency: str


# Members by names of their own: to look one up in its class takes 70 ns, each time.
_OK, _FAIL, _INFO, _ANSWERED = Outcome.OK, Outcome.FAIL, Outcome.INFO, ErrorClass.NONE
_decode_promise = msgspec.json.Decoder(_Promise).decode
_decode_problem = msgspec.json.Decoder(_Problem).decode


class PaymentsAsked:
    """Key, payer, payee, amount and currency of each payment, as rows of a stored table."""

    columns: Final[Mapping[str, ColumnType]] = {
        "key": "text",
        "payer": "text",
        "payee": "text",
        "amount_minor": "integer",
        "currency": "text",
    }

    def row(self, seed: int, intent: int, key: str) -> Row:
        """The payment that this intent makes."""
        it = payment_of(seed, intent)
        return key, it.payer, it.payee, it.amount_minor, it.currency


class PaymentPayers:
    """Makes the payer of each intent: `PAYERS` of a scenario for the lean engine."""

    names = NAMES
    asks = PaymentsAsked()

    def payer(self, intent: Intent) -> Payer:
        """A payment by seed and number; the payer gives up in time for the run's stop."""
        until_s = min(intent.stop_s, intent.due_s + PATIENCE.give_up_s)
        draw = partial(share, intent.seed, intent.number)
        return pay(intent.key, payment_of(intent.seed, intent.number), draw, until_s, PATIENCE)


def payment_of(seed: int, intent: int) -> PaymentBody:
    """Who pays whom how much: by seed and intent alone. No amount asks the bank to decline."""
    drawn = hash_of(f"{seed}/{intent}")
    amount_minor = AMOUNT_MIN_MINOR + (drawn >> 64) % AMOUNT_SPAN_MINOR
    if amount_minor % DECLINED_MODULUS_MINOR == DECLINED_MODULUS_MINOR - 1:
        amount_minor -= 1
    return PaymentBody(
        payer=f"payer-{drawn % PAYERS:04d}",
        payee=f"merchant-{(drawn >> 32) % PAYEES:03d}",
        amount_minor=amount_minor,
    )


def pay(
    key: str,
    payment: PaymentBody,
    draw: Callable[[int], float],
    until_s: float,
    patience: Patience = PATIENCE,
) -> Payer:
    """One intent: one key, as many attempts as it takes, none after `until_s`.

    `draw(attempt)` gives the share (0 to 1) of the longest wait. While the outcome is unknown the
    payer asks for the status and pays again with the same key, by turns.
    """
    paying = request = _to_pay(key, payment)
    unknown, attempt = False, 1
    while True:
        answer = yield request
        if answer is None:  # the engine's mistake, not the system's
            raise TypeError("a request is repaid with an answer")
        says, digest = _read(request.name, answer)
        unknown = unknown or says == "unknown"
        outcome, final = _outcome(says, unknown)
        yield Learned(outcome, digest if final else 0)
        if final or attempt >= patience.max_attempts:
            return outcome
        limit_s = min(patience.backoff_max_s, patience.backoff_s * 2.0 ** (attempt - 1))
        wait_s = draw(attempt) * limit_s
        if answer.at_s + wait_s >= until_s:
            return outcome
        yield Wait(wait_s)
        asks = request is paying if not patience.habit else patience.habit == ASK
        request = _to_ask(key) if unknown and asks else paying
        attempt += 1


def _to_pay(key: str, payment: PaymentBody) -> Request:
    headers = (("Idempotency-Key", key), ("Content-Type", "application/json"))
    body = msgspec.json.encode(payment)
    return Request(PAY, "POST", "/v1/payments", headers, body, effect=True)


def _to_ask(key: str) -> Request:
    return Request(ASK, "GET", f"/v1/payments/{key}")


def _outcome(says: _Says, unknown: bool) -> tuple[Outcome, bool]:
    """What is known now, and whether that is the last word.

    A refusal of one attempt does not close a question that an earlier attempt left open.
    """
    if says == "captured":
        return _OK, True
    if says == "declined":
        return _FAIL, True
    if unknown:
        return _INFO, False
    return _FAIL, says == "refused"


def _read(name: str, answer: Answer) -> tuple[_Says, int]:
    if answer.error is not _ANSWERED:
        unsent = name == PAY and answer.error in _UNSENT
        return ("untouched" if unsent else "unknown"), 0
    return _read_status(answer) if name == ASK else read_payment(answer)


def read_payment(answer: Answer) -> tuple[_Says, int]:
    """What an answer to a payment says of it, and the digest of a final one (else 0)."""
    status = answer.status
    if status in (200, 201):
        says, digest = _read_promise(answer)
        return (says, digest) if says == "captured" else ("unknown", 0)
    if status in (402, 422):
        return "declined", _digest_of_refusal(answer)
    if status == 503 and answer.headers.get("not-processed") == "true":  # noqa: PLR2004  # HTTP
        return "untouched", 0
    if 400 <= status < 500 and status not in _MAY_COME_GOOD:  # noqa: PLR2004  # HTTP's own classes
        return "refused", 0
    return "unknown", 0


def _digest_of_refusal(answer: Answer) -> int:
    """Equal to what the status tells of the same payment; 0 where the problem names no payment."""
    try:
        problem = _decode_problem(answer.body)
    except UNDECODABLE:
        return 0
    return _Promise(
        payment_id=problem.payment_id,
        status=problem.payment_status,
        amount_minor=problem.amount_minor,
        currency=problem.currency,
    ).digest()


def _read_status(answer: Answer) -> tuple[_Says, int]:
    return _read_promise(answer) if answer.status == 200 else ("unknown", 0)  # noqa: PLR2004  # OK


def _read_promise(answer: Answer) -> tuple[_Says, int]:
    try:
        promise = _decode_promise(answer.body)
    except UNDECODABLE:
        return "unknown", 0
    if promise.status == "captured":
        return "captured", promise.digest()
    if promise.status == "declined":
        return "declined", promise.digest()
    return "unknown", 0
