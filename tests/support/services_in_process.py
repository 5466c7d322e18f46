"""A service in this process, asked without a socket, over its real store and database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx

from reference_services.bank import app as bank_app
from reference_services.chassis.service import Drain, Service, application
from reference_services.ledger import app as ledger_app
from reference_services.payments import app as payments_app
from tests.support.postgres_server import free_port
from tests.support.services_waiting import until

HOLD: dict[str, object] = {
    "payment_id": "p1",
    "reference": "k1",
    "payer": "payer-0001",
    "payee": "merchant-001",
    "amount_minor": 100,
    "currency": "EUR",
}
PAYMENT: dict[str, object] = {name: HOLD[name] for name in list(HOLD)[2:]}
CHARGE: dict[str, object] = {"key": "p1", "reference": "k1", "amount_minor": 1, "currency": "EUR"}


@asynccontextmanager
async def asking(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service; its parts are started and ready."""
    async with AsyncExitStack() as stack:
        for part in service.parts:
            await part.start()
            stack.push_async_callback(part.stop)

        async def ready() -> bool:
            return not await service.ready()

        await until(ready, 10.0)
        transport = httpx.ASGITransport(application(service, Drain()))
        client = httpx.AsyncClient(transport=transport, base_url="http://test")
        yield await stack.enter_async_context(client)


def body_of(fields: dict[str, object]) -> bytes:
    """JSON as any client can write it: lone surrogates and NUL as escapes."""
    return json.dumps(fields, ensure_ascii=True).encode()


def is_refused(answer: httpx.Response) -> bool:
    kind = answer.headers["content-type"]
    return answer.status_code in (413, 422) and kind == "application/problem+json"


async def version(client: httpx.AsyncClient, path: str) -> str:
    return (await client.head(path)).headers["evidence-version"]


@asynccontextmanager
async def ledger(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(ledger_app.build({"PORT": "0", "DATABASE_URL": url})[0]) as client:
        yield client


@asynccontextmanager
async def payments(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Nothing listens where it would call: a request that goes on stays pending."""
    other = f"http://127.0.0.1:{free_port()}"
    environ = {"PORT": "0", "DATABASE_URL": url, "LEDGER_URL": other, "BANK_URL": other}
    async with asking(payments_app.build(environ)[0]) as client:
        yield client


@asynccontextmanager
async def bank(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(bank_app.build({"PORT": "0", "DATA_DIR": str(folder)})[0]) as client:
        yield client
