"""The ledger and the bank as payments sees them: the steps of a saga, each safe to repeat.

StepError            the outcome of a step is not certain yet; the saga stays open
└── ContractError    the answer breaks the contract: a retry may not help
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import httpx
import msgspec

from reference_services.chassis.logs import CURRENT
from reference_services.payments.domain import Payment
from reference_services.resilience.breaker import Permit
from reference_services.resilience.edge import Call, Edge

_OK, _CREATED = 200, 201
_REFUSED: Final = frozenset({402, 403, 404})  # no money, not a customer account, no such account
_SERVER_ERROR: Final = 500
Body = dict[str, str | int]


class StepError(Exception):
    """The step's outcome is not known, or it could not be made."""


class ContractError(StepError):
    """An answer outside the contract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under what terms a step calls: monotonic seconds, and leave to call claimed beforehand."""

    deadline_s: float
    permit: Permit


class Ledger(Protocol):
    """What the saga needs of the ledger. Raises StepError."""

    def reserve(self) -> Permit:
        """Leave to call. Raises BreakerOpenError."""

    async def hold(self, payment: Payment, terms: Terms) -> str:
        """Set the money aside; the reason if the ledger refuses, else ""."""

    async def post(self, payment: Payment, terms: Terms) -> None:
        """Give it to the payee."""

    async def void(self, payment: Payment, terms: Terms) -> None:
        """Give it back to the payer."""


class Bank(Protocol):
    """What the saga needs of the bank. Raises StepError."""

    def reserve(self) -> Permit:
        """Leave to call. Raises BreakerOpenError."""

    async def charge(self, payment: Payment, terms: Terms) -> bool:
        """Charge once; False if the bank declines."""


class _Kind(msgspec.Struct, frozen=True, gc=False):
    type: str = ""


class _Charge(msgspec.Struct, frozen=True, gc=False):
    status: str


_kind = msgspec.json.Decoder(_Kind)
_charge = msgspec.json.Decoder(_Charge)


class HttpLedger:
    """The ledger over its edge."""

    def __init__(self, edge: Edge, base_url: str) -> None:
        self._edge, self._holds = edge, httpx.URL(f"{base_url}/v1/holds")

    def reserve(self) -> Permit:
        """Leave to call. Raises BreakerOpenError."""
        return self._edge.reserve()

    async def hold(self, payment: Payment, terms: Terms) -> str:
        """Set the money aside; the reason if the ledger refuses, else ""."""
        body: Body = {
            "payment_id": payment.payment_id,
            "reference": payment.key,
            "payer": payment.payer,
            "payee": payment.payee,
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
        }
        answer = await _send(self._edge, self._holds, body, terms)
        if answer.status_code == _OK:
            return ""
        if answer.status_code in _REFUSED:
            return _problem(answer)
        raise _unexpected("hold", answer)

    async def post(self, payment: Payment, terms: Terms) -> None:
        """Give it to the payee."""
        body: Body = {
            "payee": payment.payee,
            "reference": payment.key,
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
        }
        target = self._target(payment, b"post")
        answer = await _send(self._edge, self._holds, body, terms, target)
        if answer.status_code != _OK:
            raise _unexpected("post", answer)

    async def void(self, payment: Payment, terms: Terms) -> None:
        """Give it back to the payer."""
        body: Body = {"reference": payment.key}
        target = self._target(payment, b"void")
        answer = await _send(self._edge, self._holds, body, terms, target)
        if answer.status_code != _OK:
            raise _unexpected("void", answer)

    def _target(self, payment: Payment, end: bytes) -> bytes:
        return b"%b/%b/%b" % (self._holds.raw_path, payment.payment_id.encode(), end)


class HttpBank:
    """The bank over its edge."""

    def __init__(self, edge: Edge, base_url: str) -> None:
        self._edge, self._url = edge, httpx.URL(f"{base_url}/v1/charges")

    def reserve(self) -> Permit:
        """Leave to call. Raises BreakerOpenError."""
        return self._edge.reserve()

    async def charge(self, payment: Payment, terms: Terms) -> bool:
        """Charge once; False if the bank declines."""
        body: Body = {
            "key": payment.payment_id,
            "reference": payment.key,
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
        }
        answer = await _send(self._edge, self._url, body, terms)
        if answer.status_code != _CREATED:
            raise _unexpected("charge", answer)
        return _charge.decode(answer.content).status == "charged"


async def _send(
    edge: Edge, url: httpx.URL, body: Body, terms: Terms, target: bytes = b""
) -> httpx.Response:
    headers = (
        (b"content-type", b"application/json"),
        (b"traceparent", CURRENT.get().traceparent().encode()),
    )
    call = Call(
        method="POST",
        url=url,
        deadline_s=terms.deadline_s,
        permit=terms.permit,
        body=msgspec.json.encode(body),
        target=target,
        headers=headers,
    )
    try:
        return await edge.send(call)
    except httpx.TransportError as error:
        raise StepError(
            f"{target.decode() or url.path}: {type(error).__name__}: {error}"
        ) from error


def _problem(answer: httpx.Response) -> str:
    try:
        return _kind.decode(answer.content).type.rpartition(":")[2] or "refused"
    except msgspec.MsgspecError as error:
        raise ContractError(f"a problem that cannot be read: {answer.content[:100]!r}") from error


def _unexpected(step: str, answer: httpx.Response) -> StepError:
    text = f"{step}: status {answer.status_code} {answer.content[:200]!r}"
    return StepError(text) if answer.status_code >= _SERVER_ERROR else ContractError(text)
