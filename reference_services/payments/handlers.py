"""What payments answers: a payment taken, found again, refused or still open."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from dataclasses import dataclass
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from reference_services.chassis import deadlines, service, validation
from reference_services.chassis.database import (
    AnswerLostError,
    DatabaseError,
    NothingHappenedError,
)
from reference_services.chassis.guards import Guards
from reference_services.chassis.logs import Field, Log
from reference_services.chassis.problems import (
    CSV,
    EvidenceResponse,
    ProblemError,
    json_answer,
    not_processed,
    unknown,
)
from reference_services.payments import domain
from reference_services.payments.edges import StepError
from reference_services.payments.saga import Leave, Saga
from reference_services.payments.store import Store
from reference_services.resilience.errors import BreakerOpenError
from reference_services.resilience.policy import ANSWER_S

_GRACE_S: Final = 0.05  # every wait below ends by itself at ANSWER_S; this one is a second bound
_KEY: Final = "idempotency-key"
_REPLAYED: Final = {"Idempotency-Replayed": "true"}
_request = msgspec.json.Decoder(domain.PaymentRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """One method an endpoint."""

    store: Store
    saga: Saga
    log: Log
    guards: Guards

    async def create(self, request: Request) -> Response:
        """POST /v1/payments: an answer within 2.5 s in every case."""
        key = validation.name("Idempotency-Key", validation.single_header(request, _KEY))
        asked = domain.checked(await validation.decoded(request, _request.decode))
        service.intent(key)
        limit_s = min(ANSWER_S, deadlines.left_s())
        deadline_s = time.monotonic() + limit_s
        deadlines.CURRENT_S.set(deadline_s + _GRACE_S)  # a lease can still be given back
        try:
            async with asyncio.timeout(limit_s + _GRACE_S):
                return await self._create(key, asked, deadline_s)
        except TimeoutError as error:
            text = "no answer in time; the same key finds out"
            raise unknown("deadline", text, retry_after_s=1) from error
        except (AnswerLostError, NothingHappenedError) as error:  # after the claim was made
            raise unknown("database-unavailable", str(error), retry_after_s=1) from error

    async def _create(self, key: str, asked: domain.PaymentRequest, deadline_s: float) -> Response:
        try:
            with self.saga.leave(deadline_s) as leave:
                claim = await self._claimed(key, asked)
                return await self._answered(claim, leave)
        except BreakerOpenError as error:  # raised before the block begins: nothing was claimed
            return await self._known(key, asked, error)

    async def _claimed(self, key: str, asked: domain.PaymentRequest) -> domain.Claim:
        """The claim; until it is made nothing has happened."""
        try:
            return await self.store.claim(key, f"pay_{secrets.token_hex(12)}", asked)
        except NothingHappenedError as error:
            raise not_processed("database-unavailable", str(error), retry_after_s=1) from error

    async def _known(
        self, key: str, asked: domain.PaymentRequest, closed: BreakerOpenError
    ) -> Response:
        """What can be said while a breaker is open: a new payment is refused."""
        try:
            known = await self.store.find(key)
        except NothingHappenedError as error:
            raise not_processed("database-unavailable", str(error), retry_after_s=1) from error
        if known is None:
            text = f"a service that payments needs is not available: {closed}"
            raise not_processed("breaker-open", text, retry_after_s=closed.retry_after_s)
        verdict = domain.claim_verdict(known, asked, taken=False)
        return _unfinished(domain.Claim(verdict=verdict, payment=known))

    async def _answered(self, claim: domain.Claim, leave: Leave) -> Response:
        payment = claim.payment
        if claim.verdict not in ("new", "taken_over"):
            self.guards.absorbed("idempotency")
            return _unfinished(claim)
        failpoints = self.saga.failpoints
        await failpoints.reach("after_claim")
        try:
            payment = await self.saga.finish(payment, leave)
        except StepError as error:
            self.log.event("unfinished", level="warning", error=str(error))
            with contextlib.suppress(DatabaseError):  # the lease ends by itself, only later
                await self.store.release(payment)
            return _pending(payment)
        await failpoints.reach("before_answer")
        return _final(payment, replayed=False)

    async def status(self, request: Request) -> Response:
        """GET /v1/payments/{key}."""
        key = validation.path_parameter(request, "key")
        service.intent(key)
        try:
            payment = await self.store.find(key)
        except DatabaseError as error:
            raise unknown("database-unavailable", str(error), retry_after_s=1) from error
        if payment is None:
            raise ProblemError(404, "no-such-payment", "this key has never arrived")
        return json_answer(domain.view(payment))

    async def evidence(self, _: Request) -> Response:
        """GET /evidence/payments."""
        try:
            version = await self.store.version()
        except DatabaseError as error:
            raise unknown("database-unavailable", str(error), retry_after_s=1) from error
        return EvidenceResponse(self.store.evidence, CSV, version)


def _unfinished(claim: domain.Claim) -> Response:
    """The answer to a key that another request has claimed or finished."""
    if claim.verdict == "conflict":
        raise ProblemError(422, "key-reused", "this key was used for another payment")
    if claim.verdict == "final":
        return _final(claim.payment, replayed=True)
    return _pending(claim.payment)


def _pending(payment: domain.Payment) -> Response:
    return json_answer(domain.view(payment), 202)


def _final(payment: domain.Payment, *, replayed: bool) -> Response:
    headers = _REPLAYED if replayed else {}
    if not payment.final:
        return _pending(payment)
    if payment.status == "captured":
        return json_answer(domain.view(payment), 201, headers)
    extra: dict[str, Field] = {
        "payment_id": payment.payment_id,
        "payment_status": payment.status,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
    }
    return ProblemError(402, payment.reason or "declined", headers=headers, extra=extra).response()
