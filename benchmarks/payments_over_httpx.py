"""The payments service as most would write it: httpx's own client for every call, nothing else.

A peer for the row `payments`, run in the place of `reference_services.payments.app`. It has no
bulkhead, breaker, retry or budget, so it is the cheaper half of a plain service; no production
code asks for it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

import httpx

from reference_services.chassis import service
from reference_services.chassis.service import Service
from reference_services.payments import app
from reference_services.resilience.breaker import EdgeBreaker
from reference_services.resilience.edge import Call, Edge
from reference_services.resilience.observer import EdgeObserver
from reference_services.resilience.policy import EdgePolicy

CONNECTIONS: Final = 100  # httpx's own default
_LEAST_S: Final = 0.001


class PlainEdge(Edge):
    """One shared `httpx.AsyncClient`; a call's time is bounded by its deadline."""

    def __init__(self, policy: EdgePolicy, observer: EdgeObserver) -> None:
        self._client = httpx.AsyncClient(
            limits=httpx.Limits(max_connections=CONNECTIONS), trust_env=False
        )
        super().__init__(httpx.AsyncHTTPTransport(), EdgeBreaker(policy, observer))

    async def send(self, call: Call) -> httpx.Response:
        """As the documentation of httpx shows it."""
        url = call.url.copy_with(raw_path=call.target) if call.target else call.url
        return await self._client.request(
            call.method,
            url,
            content=call.body,
            headers=list(call.headers),
            timeout=max(_LEAST_S, call.deadline_s - time.monotonic()),
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()
        await super().aclose()


def build(environ: Mapping[str, str]) -> tuple[Service, int]:
    """Payments, its edges made of plain httpx."""
    return app.build(environ, PlainEdge)


if __name__ == "__main__":
    service.run(build)
