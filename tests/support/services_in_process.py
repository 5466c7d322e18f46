"""A service in this process, asked without a socket, over its real store and database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from reference_services.chassis.service import Drain, Service, application
from tests.support.services_waiting import until


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
