"""One HTTP/1.1 connection as an asyncio protocol: a request's bytes out, one whole answer back.

httptools (llhttp) parses; a client that can do more costs its caller five times the CPU. An answer
has to tell its length (all of ours do): one that ends with its connection counts as cut off.
"""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple, cast

import httptools

BODY_BYTES_MAX: Final = 4_194_304
_FINAL_STATUS: Final = 200  # below: "continue" and the like, the answer is still to come


class Answer(NamedTuple):
    """What came back: header names as they were sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class GarbledError(Exception):
    """What came back is no answer to one request."""


class Connection(asyncio.Protocol):
    """One exchange at a time. `usable` until it closes or anything is out of order."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = b""
        self.idle_since_s = 0.0

    @property
    def usable(self) -> bool:
        """Whether another request may be sent."""
        return self._transport is not None and not self._transport.is_closing()

    async def exchange(self, request: bytes, limit_s: float | None) -> Answer:
        """Send, and wait for the whole answer.

        Raises TimeoutError (not here within `limit_s`), EOFError (closed or cut off), OSError
        (reset), GarbledError. After any of them, or a cancellation, the connection is closed.
        """
        if self._transport is None or self._answer is not None:
            raise RuntimeError("a connection carries one exchange at a time")
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._answer = answer
        timer = None if limit_s is None else self._loop.call_later(limit_s, self._too_late)
        self._transport.write(request)
        try:
            return await answer
        except BaseException:  # cancelled too: a late answer must never meet the next request
            self.close()
            raise
        finally:
            self._answer = None
            if timer is not None:
                timer.cancel()

    def close(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The loop's: connected."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """The loop's: closed by the other side, or by us."""
        self._fail(exc or EOFError("the connection was closed before the whole answer came"))

    def data_received(self, data: bytes) -> None:
        """The loop's: some bytes."""
        if self._answer is None or self._answer.done():
            self.close()  # nobody asked
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._garbled(str(error))

    def on_message_begin(self) -> None:
        """The parser's: an answer begins; a second one to one request is out of order."""
        self._headers, self._body = [], b""
        if self._answer is None or self._answer.done():
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser's: one header."""
        self._headers.append((name, value))

    def on_body(self, part: bytes) -> None:
        """The parser's: a part of the body."""
        self._body = self._body + part if self._body else part
        if len(self._body) > BODY_BYTES_MAX:
            self._garbled(f"the answer is longer than {BODY_BYTES_MAX} bytes")

    def on_message_complete(self) -> None:
        """The parser's: the answer is whole."""
        status = self._parser.get_status_code()
        if status < _FINAL_STATUS or self._answer is None or self._answer.done():
            return
        self._answer.set_result(Answer(status, self._headers, self._body))
        if self._transport is not None and not self._parser.should_keep_alive():
            self._transport.close()

    def _too_late(self) -> None:
        self._fail(TimeoutError("no whole answer in time"))

    def _garbled(self, why: str) -> None:
        self._fail(GarbledError(why))
        self.close()

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
