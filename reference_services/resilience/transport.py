"""The innermost layer: httpx's seam over connections of our own, with an exact mapping of errors.

httpx's own pool is quadratic in the calls in flight, so that a slow callee burns its caller's CPU.
What an error says about "was it sent?" decides whether a payment may be sent again, hence:
refused, no route, no name -> ConnectError · no answer to SYN in time -> ConnectTimeout · no free
connection in time -> PoolTimeout · no whole answer in time -> ReadTimeout · closed, cut or garbled
after sending -> RemoteProtocolError · reset after sending -> ReadError.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final

import httpx

from reference_services.resilience.connection import Answer, Connection, GarbledError

Origin = tuple[str, int]
_HTTP_PORT: Final = 80


class WholeResponse(httpx.Response):
    """An answer whose body is here already: httpx's own way to say so costs 50 us more."""

    def __init__(self, answer: Answer, request: httpx.Request) -> None:
        super().__init__(
            answer.status,
            headers=answer.headers,
            stream=httpx.ByteStream(answer.body),
            request=request,
        )
        self._body = answer.body

    @property
    def content(self) -> bytes:
        """The whole body."""
        return self._body


class Transport(httpx.AsyncBaseTransport):
    """At most `connections` at a time; plain HTTP/1.1, whole bodies, nothing is sent twice.

    A request has to bring its Host and Content-Length, as `edge.Edge` and httpx make them.
    """

    def __init__(
        self,
        *,
        connections: int,
        keepalive_s: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keepalive_s, self._now = keepalive_s, now
        self._free = asyncio.Semaphore(connections)
        self._idle: dict[Origin, deque[Connection]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send once; raise an httpx.TransportError that says exactly what is known."""
        limits = request.extensions.get("timeout", {})
        await self._acquire(request, limits.get("pool"))
        try:
            return await self._send(request, limits)
        finally:
            self._free.release()

    async def _acquire(self, request: httpx.Request, pool_s: float | None) -> None:
        if not self._free.locked():
            await self._free.acquire()  # free: returns without giving up control
            return
        try:
            async with asyncio.timeout(pool_s):  # in this task: no permit is lost in a race
                await self._free.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("no free connection", request=request) from None

    async def _send(
        self, request: httpx.Request, limits: dict[str, float | None]
    ) -> httpx.Response:
        data = _written(request, await request.aread())
        origin = (request.url.host, request.url.port or _HTTP_PORT)
        connection = self._warm(origin) or await _connected(origin, request, limits.get("connect"))
        try:
            answer = await connection.exchange(data, limits.get("read"))
        except TimeoutError as error:  # before OSError: it is one
            raise httpx.ReadTimeout(str(error), request=request) from error
        except OSError as error:
            raise httpx.ReadError(str(error), request=request) from error
        except (EOFError, GarbledError) as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from error
        self._keep(origin, connection)
        return WholeResponse(answer, request)

    def _warm(self, origin: Origin) -> Connection | None:
        """The connection used last, so that few stay warm."""
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            if connection.usable and self._now() - connection.idle_since_s < self._keepalive_s:
                return connection
            connection.close()
        return None

    def _keep(self, origin: Origin, connection: Connection) -> None:
        if not connection.usable:
            return
        idle = self._idle.setdefault(origin, deque())
        now_s = connection.idle_since_s = self._now()
        idle.append(connection)
        while now_s - idle[0].idle_since_s >= self._keepalive_s:
            idle.popleft().close()

    async def aclose(self) -> None:
        """Close all connections."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()


def _written(request: httpx.Request, body: bytes) -> bytes:
    """The request's bytes. Raises httpx.LocalProtocolError rather than smuggle a line."""
    url, headers = request.url, request.headers.raw
    if url.scheme != "http":
        raise httpx.UnsupportedProtocol(f"{url.scheme}: only http is spoken here", request=request)
    head = b"%b %b HTTP/1.1\r\n%b\r\n" % (
        request.method.encode(),
        request.extensions.get("target", url.raw_path),
        b"".join([b"%b: %b\r\n" % header for header in headers]),
    )
    if head.count(b"\n") != len(headers) + 2 or head.count(b"\r") != len(headers) + 2:
        raise httpx.LocalProtocolError("a line break in a header or path", request=request)
    return head + body


async def _connected(origin: Origin, request: httpx.Request, limit_s: float | None) -> Connection:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(limit_s):
            _, connection = await loop.create_connection(lambda: Connection(loop), *origin)
    except TimeoutError as error:
        raise httpx.ConnectTimeout(f"{origin[0]}:{origin[1]}", request=request) from error
    except OSError as error:
        raise httpx.ConnectError(str(error), request=request) from error
    return connection
