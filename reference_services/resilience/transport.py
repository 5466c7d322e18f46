"""The innermost layer: aiohttp's client under httpx's transport interface, with exact errors.

httpx's own pool is quadratic in the calls in flight, so a slow callee burns its caller's CPU; this
is the only file that imports aiohttp. What an error says about "was it sent?" decides whether a
payment may be sent again:

refused, no route, no name            -> ConnectError         nothing was sent
no answer to SYN in time              -> ConnectTimeout       nothing was sent
no free connection in time            -> PoolTimeout          nothing was sent
no whole answer in time               -> ReadTimeout          may have been heard
closed, cut or garbled after sending  -> RemoteProtocolError  may have been heard
reset after sending                   -> ReadError            may have been heard
a line break in a header or the path  -> LocalProtocolError   nothing was sent

Only POST and PATCH are sent: aiohttp repeats other methods by itself when an idle connection turns
out to be closed, and attempts are counted by `Retry` alone.
"""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
import httpx
import yarl

BODY_BYTES_MAX: Final = 4_194_304
_BREAKS: Final = frozenset(b"\r\n\0")
_SENT_ONCE: Final = frozenset({"POST", "PATCH"})


class Transport(httpx.AsyncBaseTransport):
    """At most `connections` at a time; plain HTTP/1.1, whole bodies, nothing is sent twice.

    A request has to bring its Host and Content-Length, as `edge.Edge` and httpx make them.
    """

    def __init__(self, *, connections: int, keepalive_s: float) -> None:
        self._keepalive_s = keepalive_s
        self._free = asyncio.Semaphore(connections)
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send once; raise an httpx.TransportError that says exactly what is known."""
        limits = request.extensions.get("timeout", {})
        url, headers = _checked(request)
        await self._acquire(request, limits.get("pool"))
        try:
            return await self._send(request, url, headers, limits)
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
        self,
        request: httpx.Request,
        url: yarl.URL,
        headers: list[tuple[str, str]],
        limits: dict[str, float | None],
    ) -> httpx.Response:
        body = await request.aread()
        timeout = aiohttp.ClientTimeout(sock_connect=limits.get("connect"))
        sending = self._opened().request(
            request.method, url, headers=headers, data=body, timeout=timeout
        )
        try:
            async with asyncio.timeout(limits.get("read")), sending as answer:
                content = await _whole(answer)
        except aiohttp.ConnectionTimeoutError as error:  # before TimeoutError: it is one
            raise httpx.ConnectTimeout(f"{url.host}:{url.port}", request=request) from error
        except TimeoutError as error:
            raise httpx.ReadTimeout("no whole answer in time", request=request) from error
        except aiohttp.ClientConnectorError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        except OSError as error:  # ClientOSError: the connection was reset
            raise httpx.ReadError(str(error), request=request) from error
        except aiohttp.ClientError as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from error
        return httpx.Response(
            answer.status, headers=answer.raw_headers, content=content, request=request
        )

    def _opened(self) -> aiohttp.ClientSession:
        """Made with the first call: aiohttp wants a running loop."""
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=0, keepalive_timeout=self._keepalive_s, use_dns_cache=False
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
                trust_env=False,
            )
        return self._session

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()


def _checked(request: httpx.Request) -> tuple[yarl.URL, list[tuple[str, str]]]:
    """URL and headers for aiohttp. Raises httpx.UnsupportedProtocol, httpx.LocalProtocolError."""
    url = request.url
    if url.scheme != "http" or request.method not in _SENT_ONCE:
        text = f"{request.method} {url.scheme}: allowed are POST and PATCH over http"
        raise httpx.UnsupportedProtocol(text, request=request)
    target: bytes = request.extensions.get("target", url.raw_path)
    for part in (target, *(part for header in request.headers.raw for part in header)):
        if not _BREAKS.isdisjoint(part):
            raise httpx.LocalProtocolError("a line break in a header or path", request=request)
    port = f":{url.port}" if url.port else ""
    whole = yarl.URL(f"http://{url.host}{port}{target.decode('ascii')}", encoded=True)
    headers = [(name.decode(), value.decode("latin-1")) for name, value in request.headers.raw]
    return whole, headers


async def _whole(answer: aiohttp.ClientResponse) -> bytes:
    """The body. Raises aiohttp.ClientPayloadError if it is too long or its end is not certain."""
    headers = answer.headers
    if "Content-Length" not in headers and "Transfer-Encoding" not in headers:
        raise aiohttp.ClientPayloadError("an answer without a length cannot be known to be whole")
    content = await answer.content.read(BODY_BYTES_MAX + 1)
    parts = [content]
    while not answer.content.at_eof():
        content = await answer.content.readany()
        parts.append(content)
        if sum(map(len, parts)) > BODY_BYTES_MAX:
            raise aiohttp.ClientPayloadError(f"the answer is longer than {BODY_BYTES_MAX} bytes")
    return b"".join(parts)
