"""The ledger over HTTP: parse, call the store, answer; and the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from reference_services import defects
from reference_services.chassis import service, validation
from reference_services.chassis.database import (
    AnswerLostError,
    Database,
    NothingHappenedError,
)
from reference_services.chassis.guards import Guards
from reference_services.chassis.logs import Log
from reference_services.chassis.metrics import Metrics
from reference_services.chassis.pool_limits import WAIT_GUARD, PoolLimits
from reference_services.chassis.problems import (
    CSV,
    EvidenceResponse,
    ProblemError,
    json_answer,
    not_processed,
    unknown,
)
from reference_services.chassis.service import Endpoint, Service
from reference_services.ledger import domain, settings
from reference_services.ledger.store import SCHEMA, PostgresStore, Store

Translate = Callable[[service.Handler], service.Handler]
_REFUSAL_STATUS: Final = {
    "refused": 402,
    "unknown_account": 404,
    "not_a_customer": 403,
    "no_such_hold": 404,
    "conflict": 409,
    "wrong_state": 409,
}
_hold = msgspec.json.Decoder(domain.HoldRequest)
_post = msgspec.json.Decoder(domain.PostRequest)
_void = msgspec.json.Decoder(domain.VoidRequest)


@dataclass(frozen=True, slots=True)
class Handlers:
    """One method an endpoint."""

    store: Store
    guards: Guards

    async def hold(self, request: Request) -> Response:
        """POST /v1/holds."""
        body = domain.checked_hold(await validation.decoded(request, _hold.decode))
        service.intent(body.reference)
        return self._answer(await self.store.hold(body))

    async def post(self, request: Request) -> Response:
        """POST /v1/holds/{payment_id}/post."""
        payment_id = validation.path_parameter(request, "payment_id")
        body = domain.checked_post(await validation.decoded(request, _post.decode))
        service.intent(body.reference)
        return self._answer(await self.store.post(payment_id, body))

    async def void(self, request: Request) -> Response:
        """POST /v1/holds/{payment_id}/void."""
        payment_id = validation.path_parameter(request, "payment_id")
        body = domain.checked_void(await validation.decoded(request, _void.decode))
        service.intent(body.reference)
        return self._answer(await self.store.void(payment_id, body))

    async def entries(self, _: Request) -> Response:
        """GET /evidence/entries."""
        return EvidenceResponse(self.store.entries, CSV, await self.store.version())

    async def accounts(self, _: Request) -> Response:
        """GET /evidence/accounts."""
        return EvidenceResponse(self.store.accounts, CSV, await self.store.version())

    def _answer(self, result: domain.Result) -> Response:
        status = _REFUSAL_STATUS.get(result.outcome)
        if result.outcome == "exists":
            self.guards.absorbed("transfer-ids")
        if status is None:
            return json_answer(result)
        kind = (result.reason or result.outcome).replace("_", "-")
        raise ProblemError(status, kind, extra={"transfer_id": result.transfer_id})


def _translated(handler: service.Handler) -> service.Handler:
    """Database errors as problems. A deadlock is never answered as "insufficient funds"."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except NothingHappenedError as error:
            raise not_processed("database-unavailable", str(error)) from error
        except AnswerLostError as error:
            raise unknown("database-answer-lost", str(error)) from error

    return handle


def build(environ: Mapping[str, str]) -> tuple[Service, int]:
    """The ledger from its environment, and the port to listen on."""
    chosen = settings.read(environ)
    swaps = defects.active(chosen.defect)
    log = Log("ledger", chosen.instance)
    schema = swaps.apply("ledger.schema", SCHEMA)
    limits = swaps.apply("ledger.pool", PoolLimits(size=chosen.pool_size))
    guards = Guards(log)
    waited = partial(guards.absorbed, WAIT_GUARD)
    database = Database(chosen.database_url, limits, schema.migrate, waited)
    sound: Store = PostgresStore(swaps.apply("ledger.database", database))
    store = swaps.apply("ledger.store", sound)
    handlers = Handlers(store, guards)
    translate: Translate = _translated
    guarded = swaps.apply("ledger.translation", translate)
    holds = "/v1/holds"
    endpoints = (
        Endpoint(method="POST", path=holds, handler=guarded(handlers.hold)),
        Endpoint(method="POST", path=holds + "/{payment_id}/post", handler=guarded(handlers.post)),
        Endpoint(method="POST", path=holds + "/{payment_id}/void", handler=guarded(handlers.void)),
        Endpoint(method="GET", path="/evidence/entries", handler=guarded(handlers.entries)),
        Endpoint(method="GET", path="/evidence/accounts", handler=guarded(handlers.accounts)),
    )
    made = Service(
        name="ledger",
        log=log,
        metrics=Metrics(),
        endpoints=endpoints,
        parts=(store,),
        ready=store.ready,
    )
    return swaps.apply("ledger.service", made), chosen.port


if __name__ == "__main__":
    service.run(build)
