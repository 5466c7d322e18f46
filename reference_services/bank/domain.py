"""The bank's words and rules: a charge is made once a key, some amounts are declined."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

Status = Literal["charged", "declined"]
NAME: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
DECLINED_REMAINDER: Final = 999  # of amount_minor / 1000: a rule that whoever sends load can avoid


class InvalidError(Exception):
    """The request breaks a rule."""


class ChargeRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False
):
    """Charge `amount_minor`; `key` makes it unique, `reference` is the caller's own name for it."""

    key: str
    reference: str
    amount_minor: int
    currency: str


class Charge(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the bank did for a key, for ever."""

    charge_id: str
    key: str
    reference: str
    amount_minor: int
    currency: str
    status: Status


def checked(request: ChargeRequest) -> ChargeRequest:
    """The request itself. Raises InvalidError."""
    if not (NAME.fullmatch(request.key) and NAME.fullmatch(request.reference)):
        raise InvalidError("key and reference: 1 to 128 letters, digits and ._:-")
    if request.amount_minor <= 0:
        raise InvalidError(f"amount_minor {request.amount_minor} is not above 0")
    return request


def decide(request: ChargeRequest) -> Status:
    """Whether the bank pays."""
    return "declined" if request.amount_minor % 1000 == DECLINED_REMAINDER else "charged"


def same(charge: Charge, request: ChargeRequest) -> bool:
    """Whether a repeated key asks for the same charge."""
    asked = (request.reference, request.amount_minor, request.currency)
    return (charge.reference, charge.amount_minor, charge.currency) == asked
