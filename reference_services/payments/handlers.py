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

from reference_services import service
from reference_services.logs import Field, Log
from reference_services.payments import domain
from reference_services.payments.edges import StepError
from reference_services.payments.saga import Saga
from reference_services.payments.store import Store
from reference_services.problems import (
    CSV,
    EvidenceResponse,
    ProblemError,
    json_answer,
    not_processed,
    unknown,
)
from reference_services.resilience.database import (
    AnswerLostError,
    DatabaseError,
    NothingHappenedError,
)
from reference_services.resilience.policy import ANSWER_S

_GRACE_S: Final = 0.05  # every wait below ends by ANSWER_S; this is for what nobody thought of
_REPLAYED: Final = {"Idempotency-Replayed": "true"}
_request = msgspec.json.Decoder(domain.PaymentRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """One method an endpoint."""

    store: Store
    saga: Saga
    log: Log

    async def create(self, request: Request) -> Response:
        """POST /v1/payments: an answer within 2.5 s, whatever happens."""
        key, asked = await _parsed(request)
        service.intent(key)
        deadline_s = time.monotonic() + ANSWER_S
        try:
            async with asyncio.timeout(ANSWER_S + _GRACE_S):
                return await self._create(key, asked, deadline_s)
        except TimeoutError as error:
            raise unknown("deadline", "no answer in time; the same key finds out") from error
        except (AnswerLostError, NothingHappenedError) as error:  # now, or at the very end
            raise unknown("database-unavailable", str(error)) from error

    async def _create(self, key: str, asked: domain.PaymentRequest, deadline_s: float) -> Response:
        claim = await self._claim(key, asked)
        payment = claim.payment
        match claim.verdict:
            case "conflict":
                raise ProblemError(422, "key-reused", "this key stands for another payment")
            case "final":
                return _final(payment, replayed=True)
            case "in_progress":
                return _pending(payment)
        failpoints = self.saga.failpoints
        await failpoints.reach("after_claim")
        try:
            payment = await self.saga.finish(payment, deadline_s)
        except StepError as error:
            self.log.event("unfinished", level="warning", error=str(error))
            with contextlib.suppress(DatabaseError):  # the lease ends by itself, only later
                await self.store.release(payment)
            return _pending(payment)
        await failpoints.reach("before_answer")
        return _final(payment, replayed=False)

    async def _claim(self, key: str, asked: domain.PaymentRequest) -> domain.Claim:
        """The claim, unless nothing can be begun now: then nothing has happened."""
        try:
            if self.saga.retry_after_s() <= 0:
                return await self.store.claim(key, f"pay_{secrets.token_hex(12)}", asked)
            known = await self.store.find(key)
        except NothingHappenedError as error:
            raise not_processed("database-unavailable", str(error)) from error
        if known is None:
            raise not_processed("breaker-open", "a service that payments needs is not well")
        verdict = domain.claim_verdict(known, asked, taken=False)
        return domain.Claim(verdict=verdict, payment=known)

    async def status(self, request: Request) -> Response:
        """GET /v1/payments/{key}."""
        key = request.path_params["key"]
        service.intent(key)
        try:
            payment = await self.store.find(key)
        except DatabaseError as error:
            raise unknown("database-unavailable", str(error)) from error
        if payment is None:
            raise ProblemError(404, "no-such-payment", "this key has never arrived")
        return json_answer(domain.view(payment))

    async def evidence(self, _: Request) -> Response:
        """GET /evidence/payments."""
        return EvidenceResponse(self.store.evidence, CSV)


async def _parsed(request: Request) -> tuple[str, domain.PaymentRequest]:
    try:
        key = domain.checked_key(request.headers.get("idempotency-key", ""))
        return key, domain.checked(_request.decode(await request.body()))
    except (msgspec.MsgspecError, domain.InvalidError) as error:
        raise ProblemError(422, "invalid-request", str(error)) from error


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
