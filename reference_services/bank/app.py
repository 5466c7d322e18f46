"""The bank over HTTP: parse, think, charge, answer; and the composition root."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from reference_services import defects, service
from reference_services.bank import domain, settings
from reference_services.bank.store import ChargeFile, FullError
from reference_services.logs import Log
from reference_services.metrics import Metrics
from reference_services.problems import (
    NDJSON,
    EvidenceResponse,
    ProblemError,
    Sink,
    json_answer,
    not_processed,
)
from reference_services.service import Endpoint, Service

_request = msgspec.json.Decoder(domain.ChargeRequest)


@dataclass(frozen=True, slots=True)
class Handlers:
    """One method an endpoint."""

    charges: ChargeFile
    think_s: float

    async def charge(self, request: Request) -> Response:
        """POST /v1/charges."""
        try:
            asked = domain.checked(_request.decode(await request.body()))
        except (msgspec.MsgspecError, domain.InvalidError) as error:
            raise ProblemError(422, "invalid-request", str(error)) from error
        service.intent(asked.reference)
        await asyncio.sleep(self.think_s)
        known = self.charges.find(asked.key)  # from here to the answer nothing awaits: atomic
        if known is not None:
            return _replay(known, asked)
        try:
            return json_answer(self.charges.charge(asked), 201)
        except FullError as error:
            raise not_processed("storage-unavailable", str(error)) from error

    async def status(self, request: Request) -> Response:
        """GET /v1/charges/{key}."""
        known = self.charges.find(request.path_params["key"])
        if known is None:
            raise ProblemError(404, "no-such-charge")
        return json_answer(known)

    async def evidence(self, _: Request) -> Response:
        """GET /evidence/charges."""

        async def produce(sink: Sink) -> None:
            await sink(self.charges.lines())

        return EvidenceResponse(produce, NDJSON)


def _replay(known: domain.Charge, asked: domain.ChargeRequest) -> Response:
    if not domain.same(known, asked):
        raise ProblemError(422, "key-reused", f"key {asked.key} was used for another charge")
    return json_answer(known, 201, {"Idempotency-Replayed": "true"})


async def _always_ready() -> str:
    return ""


def build(environ: Mapping[str, str]) -> tuple[Service, int]:
    """The bank from its environment, and the port to listen on."""
    chosen = settings.read(environ)
    swaps = defects.active(chosen.defect)
    charges = swaps.apply("bank.charges", ChargeFile(chosen.data_dir / "charges.ndjson"))
    handlers = Handlers(charges, chosen.think_s)
    endpoints = (
        Endpoint(method="POST", path="/v1/charges", handler=handlers.charge, in_flight_max=1024),
        Endpoint(method="GET", path="/v1/charges/{key}", handler=handlers.status),
        Endpoint(method="GET", path="/evidence/charges", handler=handlers.evidence),
    )
    made = Service(
        name="bank",
        log=Log("bank", chosen.instance),
        metrics=Metrics(),
        endpoints=endpoints,
        parts=(charges,),
        ready=_always_ready,
    )
    return made, chosen.port


if __name__ == "__main__":
    service.run(build)
