"""What a payment is, how it may end, and what is known when it has not ended yet."""

from __future__ import annotations

from typing import Literal

import msgspec

from reference_services.chassis import validation

Status = Literal["pending", "captured", "declined", "dead_letter"]
Verdict = Literal["new", "taken_over", "in_progress", "final", "conflict"]


class PaymentRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False
):
    """What a payer asks for. Whether two requests are the same is decided by these four fields."""

    payer: str
    payee: str
    amount_minor: int
    currency: str


class Payment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One payment as stored. `key` is the payer's idempotency key.

    A dead letter is a payment that the sweeper could not finish in a bounded number of attempts:
    no service works on it any more, and its money may be on hold or charged. It is not final for
    its payer, who sees it as pending; a person has to decide it.
    """

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
        """Whether it has an end that its payer may learn."""
        return self.status in ("captured", "declined")

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
    status: Literal["pending", "captured", "declined"]
    amount_minor: int
    currency: str


def view(payment: Payment) -> PaymentView:
    """What its payer may see; a function of the stored payment, so that replays are equal."""
    return PaymentView(
        payment_id=payment.payment_id,
        status="pending" if payment.status == "dead_letter" else payment.status,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
    )


def checked(request: PaymentRequest) -> PaymentRequest:
    """The request itself. Raises InvalidError."""
    validation.two_accounts(request.payer, request.payee)
    validation.amount_minor(request.amount_minor)
    validation.currency(request.currency)
    return request


def claim_verdict(payment: Payment, request: PaymentRequest, *, taken: bool) -> Verdict:
    """What a known key means for this request; `taken`: its lease was stale and is now ours."""
    if not payment.asks(request):
        return "conflict"
    if payment.final:
        return "final"
    return "taken_over" if taken else "in_progress"
