"""The keeper's HTTP interface, for the API server's proxy; a NetworkPolicy keeps pods out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.errors import FaultError, HarnessError, UnknownResourceError
from harness.targets.kubernetes.keeper.faults import KeptFaults
from harness.targets.kubernetes.keeper.protocol import Ask, Told
from harness.targets.records import EdgeStatus

_BODY_BYTES_MAX: Final = 10_000
_BAD, _UNKNOWN, _CONFLICT, _DOWN = 400, 404, 409, 503
_decode: Final = msgspec.json.Decoder(Ask).decode
Do = Callable[[Ask], Awaitable[tuple[EdgeStatus, ...]]]
Healthy = Callable[[], Awaitable[bool]]


def application(faults: KeptFaults, ready: Healthy) -> Starlette:
    """`/health` answers while the keeper lives, `/ready` 200 while all edges work."""

    async def look(_: Request) -> Response:
        return await _told(faults.edges)

    async def health(_: Request) -> Response:
        return Response(status_code=200)

    async def is_ready(_: Request) -> Response:
        return Response(status_code=200 if await ready() else _DOWN)

    async def fault(ask: Ask) -> tuple[EdgeStatus, ...]:
        if ask.fault is None:
            raise FaultError(f"edge {ask.edge}: no fault was given")
        return (await faults.fault(ask.edge, ask.fault, ask.lease_s),)

    async def renew(ask: Ask) -> tuple[EdgeStatus, ...]:
        await faults.renew(ask.edge, ask.lease_s)
        return ()

    async def clear(ask: Ask) -> tuple[EdgeStatus, ...]:
        return (await faults.clear(ask.edge),)

    done = {"/fault": fault, "/renew": renew, "/clear": clear}
    posts = [Route(path, _asked(do), methods=["POST"]) for path, do in done.items()]
    gets = {"/edges": look, "/health": health, "/ready": is_ready}
    return Starlette(routes=[*posts, *(Route(path, answer) for path, answer in gets.items())])


def _asked(do: Do) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _BODY_BYTES_MAX:
                return _answer(_BAD, Told(message=f"more than {_BODY_BYTES_MAX} bytes"))
        try:
            ask = _decode(body)
        except msgspec.MsgspecError as error:
            return _answer(_BAD, Told(message=f"not understood: {error}"))
        return await _told(lambda: do(ask))

    return answer


async def _told(do: Callable[[], Awaitable[tuple[EdgeStatus, ...]]]) -> Response:
    try:
        return _answer(200, Told(edges=await do()))
    except HarnessError as error:
        return _answer(_status_of(error), Told(message=str(error)))


def _status_of(error: HarnessError) -> int:
    if isinstance(error, UnknownResourceError):
        return _UNKNOWN
    return _CONFLICT if isinstance(error, FaultError) else _DOWN


def _answer(status: int, told: Told) -> Response:
    return Response(msgspec.json.encode(told), status, media_type="application/json")
