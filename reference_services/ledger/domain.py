"""The ledger's words and rules, without a database: transfers, their outcomes, the hash chain."""

from __future__ import annotations

import hashlib
from typing import Final, Literal

import msgspec

from reference_services.chassis import validation

Outcome = Literal[
    "booked",
    "exists",
    "refused",
    "unknown_account",
    "not_a_customer",
    "no_such_hold",
    "conflict",
    "wrong_state",
]
FIRST_HASH: Final = "0" * 48


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Frozen, keyword-only; an unknown key is an error."""


class HoldRequest(_Strict, frozen=True, kw_only=True):
    """Set `amount_minor` of the payer's money aside for one payment to `payee`."""

    payment_id: str
    reference: str
    payer: str
    payee: str
    amount_minor: int
    currency: str


class PostRequest(_Strict, frozen=True, kw_only=True):
    """Give held money to the payee. All fields must be those of the hold."""

    payee: str
    reference: str
    amount_minor: int
    currency: str


class VoidRequest(_Strict, frozen=True, kw_only=True):
    """Give held money back to the payer. The reference must be that of the hold."""

    reference: str


class Result(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of a transfer. `reason` says why it was refused, else it is ""."""

    transfer_id: str
    outcome: Outcome
    reason: str = ""


def checked_hold(request: HoldRequest) -> HoldRequest:
    """The request itself. Raises InvalidError."""
    validation.name("payment_id", request.payment_id)
    validation.name("reference", request.reference)
    validation.two_accounts(request.payer, request.payee)
    validation.amount_minor(request.amount_minor)
    validation.currency(request.currency)
    return request


def checked_post(request: PostRequest) -> PostRequest:
    """The request itself. Raises InvalidError."""
    validation.name("reference", request.reference)
    validation.customer_account("payee", request.payee)
    validation.amount_minor(request.amount_minor)
    validation.currency(request.currency)
    return request


def checked_void(request: VoidRequest) -> VoidRequest:
    """The request itself. Raises InvalidError."""
    validation.name("reference", request.reference)
    return request


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a transfer in the order in which its link hashes them."""

    kind: str
    transfer_id: str
    reference: str
    amount_minor: int
    currency: str
    giver: str
    receiver: str


def link(gave: str, received: str, transfer: Transfer) -> str:
    """The next link of both accounts: `gave` and `received` are the last link of each.

    48 hex digits: the first 192 bits of the SHA-256 of the 24 bytes of the giver's last link, the
    24 of the receiver's, and each field of the transfer as length in bytes, colon, UTF-8. The
    lengths make the text unambiguous. schema.sql computes the same; tests compare the two.
    Sequences and balances are not hashed: they follow from the amounts.
    """
    values = (str(value).encode() for value in msgspec.structs.astuple(transfer))
    text = b"".join(b"%d:%b" % (len(value), value) for value in values)
    hashed = hashlib.sha256(bytes.fromhex(gave + received) + text)
    return hashed.hexdigest()[: len(FIRST_HASH)]
