"""The bank over HTTP: parse, think, charge, answer; and the composition root."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from reference_services import defects
from reference_services.bank import domain, settings
from reference_services.bank.store import ChargeStore, FullError
from reference_services.chassis import deadlines, service, validation
from reference_services.chassis.guards import Guards
from reference_services.chassis.logs import Log
from reference_services.chassis.metrics import Metrics
from reference_services.chassis.problems import (
    NDJSON,
    EvidenceResponse,
    ProblemError,
    json_answer,
    not_processed,
)
from reference_services.chassis.service import Endpoint, Service

_request = msgspec.json.Decoder(domain.ChargeRequest)


@dataclass(frozen=True, slots=True)
class Handlers:
    """One method an endpoint."""

    charges: ChargeStore
    think_s: float
    guards: Guards

    async def charge(self, request: Request) -> Response:
        """POST /v1/charges."""
        asked = domain.checked(await validation.decoded(request, _request.decode))
        service.intent(asked.reference)
        if deadlines.left_s() <= self.think_s:
            raise not_processed("deadline-expired", "no time left to think about the charge")
        await asyncio.sleep(self.think_s)
        known = self.charges.find(asked.key)  # from here to the answer nothing awaits: atomic
        if known is not None:
            self.guards.absorbed("bank-keys")
            return _replay(known, asked)
        if deadlines.left_s() <= 0:
            raise not_processed("deadline-expired", "the caller waits no longer")
        try:
            return json_answer(self.charges.charge(asked), 201)
        except FullError as error:
            raise not_processed("storage-unavailable", str(error)) from error

    async def status(self, request: Request) -> Response:
        """GET /v1/charges/{key}."""
        known = self.charges.find(validation.path_parameter(request, "key"))
        if known is None:
            raise ProblemError(404, "no-such-charge")
        return json_answer(known)

    async def evidence(self, _: Request) -> Response:
        """GET /evidence/charges."""
        return EvidenceResponse(self.charges.lines, NDJSON, self.charges.version())


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
    charges = swaps.apply("bank.charges", ChargeStore(chosen.data_dir / "charges.sqlite"))
    log = Log("bank", chosen.instance)
    handlers = Handlers(charges, chosen.think_s, Guards(log))
    endpoints = (
        Endpoint(method="POST", path="/v1/charges", handler=handlers.charge, in_flight_max=1024),
        Endpoint(method="GET", path="/v1/charges/{key}", handler=handlers.status),
        Endpoint(method="GET", path="/evidence/charges", handler=handlers.evidence),
    )
    made = Service(
        name="bank",
        log=log,
        metrics=Metrics(),
        endpoints=endpoints,
        parts=(charges,),
        ready=_always_ready,
    )
    return swaps.apply("bank.service", made), chosen.port


if __name__ == "__main__":
    service.run(build)
