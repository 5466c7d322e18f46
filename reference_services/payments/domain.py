"""What a payment is, how it may end, and what is known when it has not ended yet."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

Status = Literal["pending", "captured", "declined"]
Verdict = Literal["new", "taken_over", "in_progress", "final", "conflict"]
KEY: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
AMOUNT_MAX_MINOR: Final = 10**12


class InvalidError(Exception):
    """The request breaks a rule: final, nothing happened."""


class PaymentRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False
):
    """What a payer asks for. Whether two requests are the same is decided by these four fields."""

    payer: str
    payee: str
    amount_minor: int
    currency: str


class Payment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One payment as stored. `key` is the payer's idempotency key."""

    key: str
    payment_id: str
    payer: str
    payee: str
    amount_minor: int
    currency: str
    status: Status = "pending"
    reason: str = ""

    @property
    def final(self) -> bool:
        """Whether it has ended."""
        return self.status != "pending"

    def asks(self, request: PaymentRequest) -> bool:
        """Whether the request is the one this payment was made for."""
        mine = (self.payer, self.payee, self.amount_minor, self.currency)
        return mine == (request.payer, request.payee, request.amount_minor, request.currency)

    def ended(self, status: Status, reason: str = "") -> Payment:
        """The same payment, ended."""
        return msgspec.structs.replace(self, status=status, reason=reason)


class Claim(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What claiming a key found. new and taken_over: the claimer has a lease and must go on."""

    verdict: Verdict
    payment: Payment


class PaymentView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A payment as its payer sees it."""

    payment_id: str
    status: Status
    amount_minor: int
    currency: str


def view(payment: Payment) -> PaymentView:
    """What its payer may see; a function of the stored payment, so that replays are equal."""
    return PaymentView(
        payment_id=payment.payment_id,
        status=payment.status,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
    )


def checked(request: PaymentRequest) -> PaymentRequest:
    """The request itself. Raises InvalidError."""
    for name in (request.payer, request.payee):
        if not KEY.fullmatch(name):
            raise InvalidError(f"{name[:140]!r} is no account name")
    if not 0 < request.amount_minor <= AMOUNT_MAX_MINOR:
        text = f"amount_minor {request.amount_minor} is not within 1 and {AMOUNT_MAX_MINOR}"
        raise InvalidError(text)
    if len(request.currency) != len("EUR") or not request.currency.isupper():
        raise InvalidError(f"currency {request.currency[:10]!r} is no currency code")
    return request


def checked_key(key: str) -> str:
    """The key itself. Raises InvalidError."""
    if not KEY.fullmatch(key):
        raise InvalidError("Idempotency-Key: 1 to 128 letters, digits and ._:-")
    return key


def claim_verdict(payment: Payment, request: PaymentRequest, *, taken: bool) -> Verdict:
    """What a known key means for this request; `taken`: its lease was stale and is now ours."""
    if not payment.asks(request):
        return "conflict"
    if payment.final:
        return "final"
    return "taken_over" if taken else "in_progress"
