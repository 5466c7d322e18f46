"""What a request must satisfy before a service does anything with it.

Each check returns its value or raises InvalidError, which the chassis answers with 422.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec
from starlette.requests import Request

from reference_services.chassis.errors import InvalidError
from reference_services.chassis.problems import ProblemError

Parsed = TypeVar("Parsed")

AMOUNT_MAX_MINOR: Final = 10**12
BODY_TIMEOUT_S: Final = 2.0
_NAME: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_CUSTOMER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_FUNDING: Final = frozenset({"equity", "world"})
_SHOWN: Final = 40


def name(field: str, value: str) -> str:
    """A key, reference or id: 1 to 128 letters, digits and `._:-`."""
    if not _NAME.fullmatch(value):
        raise InvalidError(f"{field}: {_shown(value)}: allowed are 1 to 128 of A-Z a-z 0-9 . _ : -")
    return value


def customer_account(field: str, value: str) -> str:
    """An account of a payer or payee: no colon (`held:...`), not a funding account."""
    if not _CUSTOMER.fullmatch(value) or value.lower() in _FUNDING:
        allowed = "a customer account, 1 to 64 of A-Z a-z 0-9 . _ -, is allowed"
        raise InvalidError(f"{field}: {_shown(value)}: only {allowed}")
    return value


def two_accounts(payer: str, payee: str) -> None:
    """Payer and payee: customer accounts, and not the same one."""
    customer_account("payer", payer)
    customer_account("payee", payee)
    if payer == payee:
        raise InvalidError(f"payee: {_shown(payee)} is the payer; name another account")


def currency(value: str) -> str:
    """Three capital letters, as in ISO 4217."""
    if not _CURRENCY.fullmatch(value):
        raise InvalidError(f"currency: {_shown(value)}: allowed are three letters A-Z")
    return value


def amount_minor(value: int) -> int:
    """Minor units of the currency, from 1 to AMOUNT_MAX_MINOR."""
    if not 0 < value <= AMOUNT_MAX_MINOR:
        raise InvalidError(f"amount_minor: allowed are 1 to {AMOUNT_MAX_MINOR}")
    return value


def path_parameter(request: Request, field: str) -> str:
    """A path parameter that is a name."""
    return name(field, request.path_params[field])


def single_header(request: Request, field: str) -> str:
    """The value of a header that must be sent once."""
    values = request.headers.getlist(field)
    if len(values) != 1:
        raise InvalidError(f"{field}: must be sent once, was sent {len(values)} times")
    return values[0]


async def decoded(request: Request, decode: Callable[[bytes], Parsed]) -> Parsed:
    """The body. Raises InvalidError, or ProblemError (408) if it does not arrive in time."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            body = await request.body()
    except TimeoutError:
        raise ProblemError(408, "body-timeout", f"no whole body in {BODY_TIMEOUT_S} s") from None
    try:
        return decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidError(f"body: {str(error)[:200]}") from error


def _shown(value: str) -> str:
    return ascii(value[:_SHOWN]) + ("..." if len(value) > _SHOWN else "")
