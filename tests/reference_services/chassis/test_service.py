"""The short way answers as the long way would, and leaves everything else to it."""

from __future__ import annotations

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from reference_services.chassis.logs import Log
from reference_services.chassis.metrics import Metrics
from reference_services.chassis.problems import not_processed
from reference_services.chassis.service import Drain, Endpoint, Service, application

pytestmark = pytest.mark.anyio


async def _fine() -> str:
    return ""


async def _named(request: Request) -> Response:
    return PlainTextResponse(f"{request.path_params['name']} {(await request.body()).decode()}")


async def _unable(_: Request) -> Response:
    raise not_processed("closed", "nobody is here")


async def _broken(_: Request) -> Response:
    raise LookupError("a mistake of ours")


def client() -> httpx.AsyncClient:
    lines: list[bytes] = []
    service = Service(
        name="test",
        log=Log("test", "test-1", lines.append),
        metrics=Metrics(),
        endpoints=(
            Endpoint(method="POST", path="/v1/things/{name}/take", handler=_named),
            Endpoint(method="GET", path="/v1/unable", handler=_unable),
            Endpoint(method="GET", path="/v1/broken", handler=_broken),
            Endpoint(method="GET", path="/v1/full", handler=_unable, in_flight_max=0),
        ),
        parts=(),
        ready=_fine,
    )
    transport = httpx.ASGITransport(application(service, Drain()))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_a_handler_gets_its_path_s_parameters_and_the_body() -> None:
    async with client() as to:
        got = await to.post("/v1/things/a%20cup/take", content=b"of tea")
    assert (got.status_code, got.text) == (200, "a cup of tea")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/things/cup/take", 405),
        ("POST", "/v1/things/cup/saucer/take", 404),
        ("POST", "/v1/things/cup", 404),
        ("GET", "/nowhere", 404),
        ("HEAD", "/v1/unable", 503),
        ("GET", "/v1/unable", 503),
        ("GET", "/v1/broken", 500),
        ("GET", "/health", 200),
        ("GET", "/ready", 200),
        ("GET", "/metrics", 200),
    ],
)
async def test_what_it_does_not_know_is_answered_as_ever(
    method: str, path: str, status: int
) -> None:
    async with client() as to:
        got = await to.request(method, path)
    assert got.status_code == status


async def test_a_full_endpoint_says_that_nothing_happened() -> None:
    async with client() as to:
        got = await to.get("/v1/full")
    assert (got.status_code, got.headers["not-processed"]) == (503, "true")
