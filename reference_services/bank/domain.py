"""The bank's words and rules: a charge is made once a key, some amounts are declined."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from reference_services.chassis import validation

Status = Literal["charged", "declined"]
DECLINED_REMAINDER: Final = 999  # of amount_minor / 1000: a rule that a load scenario can avoid


class ChargeRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False
):
    """Charge `amount_minor`; `key` makes it unique, `reference` is the caller's own name for it."""

    key: str
    reference: str
    amount_minor: int
    currency: str


class Charge(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The bank's permanent answer for a key."""

    charge_id: str
    key: str
    reference: str
    amount_minor: int
    currency: str
    status: Status


def checked(request: ChargeRequest) -> ChargeRequest:
    """The request itself. Raises InvalidError."""
    validation.name("key", request.key)
    validation.name("reference", request.reference)
    validation.amount_minor(request.amount_minor)
    validation.currency(request.currency)
    return request


def decide(request: ChargeRequest) -> Status:
    """Whether the bank pays."""
    return "declined" if request.amount_minor % 1000 == DECLINED_REMAINDER else "charged"


def same(charge: Charge, request: ChargeRequest) -> bool:
    """Whether a repeated key asks for the same charge."""
    asked = (request.reference, request.amount_minor, request.currency)
    return (charge.reference, charge.amount_minor, charge.currency) == asked
