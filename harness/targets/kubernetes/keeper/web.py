"""The keeper's HTTP interface, for the API server's proxy; a NetworkPolicy keeps pods out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final, Protocol

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.errors import FaultError, HarnessError, UnknownResourceError
from harness.targets.kubernetes.keeper.faults import KeptFaults
from harness.targets.kubernetes.keeper.protocol import Ask, Told
from harness.targets.kubernetes.keeper.reach import reach
from harness.targets.records import EdgeStatus

_BODY_BYTES_MAX: Final = 10_000
_BAD, _UNKNOWN, _CONFLICT, _DOWN = 400, 404, 409, 503
_decode: Final = msgspec.json.Decoder(Ask).decode
Do = Callable[[Ask], Awaitable[tuple[EdgeStatus, ...]]]


class Playing(Protocol):
    """What plays the edges."""

    @property
    def upstreams(self) -> Mapping[str, str]:
        """Where each edge leads."""

    async def is_ready(self) -> bool:
        """Whether all of it answers."""


def application(faults: KeptFaults, parts: Playing) -> Starlette:
    """All paths of the keeper."""
    return Starlette(routes=[*_changes(faults), *_looks(faults, parts), *_probes(parts)])


def _changes(faults: KeptFaults) -> Iterator[Route]:
    async def fault(ask: Ask) -> tuple[EdgeStatus, ...]:
        if ask.fault is None:
            raise FaultError(f"edge {ask.edge}: no fault was given")
        return (await faults.fault(ask.edge, ask.fault, ask.lease_s),)

    async def renew(ask: Ask) -> tuple[EdgeStatus, ...]:
        await faults.renew(ask.edge, ask.lease_s)
        return ()

    async def clear(ask: Ask) -> tuple[EdgeStatus, ...]:
        return (await faults.clear(ask.edge),)

    for path, do in {"/fault": fault, "/renew": renew, "/clear": clear}.items():
        yield Route(path, _asked(do), methods=["POST"])


def _looks(faults: KeptFaults, parts: Playing) -> Iterator[Route]:
    async def edges(_: Request) -> Response:
        return await _told(faults.edges)

    async def reached(request: Request) -> Response:
        upstream = parts.upstreams.get(request.query_params.get("edge", ""))
        if upstream is None:
            return _answer(_UNKNOWN, Told(message="no such edge"))
        return Response(msgspec.json.encode(await reach(upstream)), media_type="application/json")

    yield Route("/edges", edges)
    yield Route("/reach", reached)


def _probes(parts: Playing) -> Iterator[Route]:
    """`/health`: the keeper lives. `/ready`: what plays the edges answers."""

    async def health(_: Request) -> Response:
        return Response(status_code=200)

    async def is_ready(_: Request) -> Response:
        return _answer(200 if await parts.is_ready() else _DOWN, Told())

    yield Route("/health", health)
    yield Route("/ready", is_ready)


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
