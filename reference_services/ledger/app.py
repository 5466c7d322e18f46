"""The ledger over HTTP: parse, call the store, answer; and the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from reference_services import defects, service
from reference_services.ledger import domain, settings
from reference_services.ledger.store import SCHEMA, PostgresStore, Store
from reference_services.logs import Log
from reference_services.metrics import Metrics
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
    Database,
    NothingHappenedError,
    PoolLimits,
)
from reference_services.service import Endpoint, Service

Parsed = TypeVar("Parsed")
_REFUSAL_STATUS: Final = {
    "refused": 402,
    "unknown_account": 404,
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

    async def hold(self, request: Request) -> Response:
        """POST /v1/holds."""
        body = domain.checked_hold(await _parsed(request, _hold.decode))
        service.intent(body.reference)
        return _answer(await self.store.hold(body))

    async def post(self, request: Request) -> Response:
        """POST /v1/holds/{payment_id}/post."""
        body = domain.checked_post(await _parsed(request, _post.decode))
        service.intent(body.reference)
        return _answer(await self.store.post(request.path_params["payment_id"], body))

    async def void(self, request: Request) -> Response:
        """POST /v1/holds/{payment_id}/void."""
        body = await _parsed(request, _void.decode)
        service.intent(body.reference)
        return _answer(await self.store.void(request.path_params["payment_id"], body))

    async def entries(self, _: Request) -> Response:
        """GET /evidence/entries."""
        return EvidenceResponse(self.store.entries, CSV)

    async def accounts(self, _: Request) -> Response:
        """GET /evidence/accounts."""
        return EvidenceResponse(self.store.accounts, CSV)


async def _parsed(request: Request, decode: Callable[[bytes], Parsed]) -> Parsed:
    try:
        return decode(await request.body())
    except msgspec.MsgspecError as error:
        raise domain.InvalidError(str(error)) from error


def _answer(result: domain.Result) -> Response:
    status = _REFUSAL_STATUS.get(result.outcome)
    if status is None:
        return json_answer(result)
    kind = (result.reason or result.outcome).replace("_", "-")
    raise ProblemError(status, kind, extra={"transfer_id": result.transfer_id})


def _translated(handler: service.Handler) -> service.Handler:
    """What may go wrong below, in HTTP's words. A deadlock is never "insufficient funds"."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except domain.InvalidError as error:
            raise ProblemError(422, "invalid-request", str(error)) from error
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
    database = Database(chosen.database_url, PoolLimits(), SCHEMA.migrate)
    sound: Store = PostgresStore(database)
    store = swaps.apply("ledger.store", sound)
    handlers = Handlers(store)
    holds = "/v1/holds"
    endpoints = (
        Endpoint(method="POST", path=holds, handler=_translated(handlers.hold)),
        Endpoint(
            method="POST", path=holds + "/{payment_id}/post", handler=_translated(handlers.post)
        ),
        Endpoint(
            method="POST", path=holds + "/{payment_id}/void", handler=_translated(handlers.void)
        ),
        Endpoint(method="GET", path="/evidence/entries", handler=handlers.entries),
        Endpoint(method="GET", path="/evidence/accounts", handler=handlers.accounts),
    )
    made = Service(
        name="ledger",
        log=log,
        metrics=Metrics(),
        endpoints=endpoints,
        parts=(store,),
        ready=store.ready,
    )
    return made, chosen.port


if __name__ == "__main__":
    service.run(build)
