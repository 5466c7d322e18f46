"""The innermost layer: httpx's seam over aiohttp's client, with an exact mapping of errors.

httpx's own pool is quadratic in the calls in flight, so that a slow callee burns its caller's CPU.
What an error says about "was it sent?" decides whether a payment may be sent again, hence:
refused, no route, no name -> ConnectError · no answer to SYN in time -> ConnectTimeout · no free
connection in time -> PoolTimeout · silence after sending -> ReadTimeout · closed or cut after
sending -> RemoteProtocolError · reset after sending -> ReadError.
"""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
import httpx

_UNWANTED: Final = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
_MEANING: Final[tuple[tuple[type[Exception], type[httpx.TransportError]], ...]] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),  # first match: special before general
    (TimeoutError, httpx.ReadTimeout),  # aiohttp's SocketTimeoutError is one
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError),
    (aiohttp.ClientConnectionError, httpx.ReadError),  # with it all resets: ClientOSError
    (aiohttp.ClientError, httpx.RemoteProtocolError),  # cut or garbled answers
    (OSError, httpx.ReadError),
)


class WholeResponse(httpx.Response):
    """An answer whose body is here already: httpx's own way to say so costs 50 us more."""

    def __init__(self, answer: aiohttp.ClientResponse, body: bytes, request: httpx.Request) -> None:
        super().__init__(
            answer.status,
            headers=answer.raw_headers,
            stream=httpx.ByteStream(body),
            request=request,
        )
        self._body = body

    @property
    def content(self) -> bytes:
        """The whole body."""
        return self._body


class Wire(httpx.AsyncBaseTransport):
    """At most `connections` at a time; whole bodies only, no redirects, no cookies, no proxies."""

    def __init__(self, *, connections: int, keepalive_s: float) -> None:
        self._keepalive_s = keepalive_s
        self._free = asyncio.Semaphore(connections)
        self._session: aiohttp.ClientSession | None = None

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
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=limits.get("connect"), sock_read=limits.get("read")
        )
        try:
            async with self._opened().request(
                request.method,
                str(request.url),
                headers=request.headers.multi_items(),
                data=await request.aread() or None,
                allow_redirects=False,
                timeout=timeout,
            ) as answer:
                return WholeResponse(answer, await answer.read(), request)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _mapped(error, request) from error

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:  # made inside the running loop
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=self._keepalive_s)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=_UNWANTED,
            )
        return self._session

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()


def _mapped(error: Exception, request: httpx.Request) -> httpx.TransportError:
    kind = next(meant for seen, meant in _MEANING if isinstance(error, seen))
    return kind(str(error) or type(error).__name__, request=request)
