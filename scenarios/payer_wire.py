"""One payer's connection: an attempt goes out once, ends in time, and its error is told exactly.

Not geventhttpclient's own client: it repeats a GET by itself, cannot tell a timeout while
connecting from one while reading, and bounds each read, not the whole attempt.
"""

from __future__ import annotations

import errno
import time
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import gevent.socket
from geventhttpclient.response import HTTPParseError, HTTPResponse

from harness.records import ErrorClass
from scenarios.payment_payers import Answer, Request

CONNECT_TIMEOUT_S: Final = 1.0
_BLOCK_BYTES: Final = 16_384
_OUT_OF: Final = (errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS)


class WireError(Exception):
    """There is no answer; carries the class of the error."""

    def __init__(self, error: ErrorClass) -> None:
        super().__init__(error.name)
        self.error = error


class Wire:
    """At most one connection to one HTTP host, kept alive between attempts."""

    def __init__(self, base_url: str) -> None:
        """Raises ValueError for an address that is not plain HTTP."""
        parts = urlsplit(base_url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"{base_url}: payers speak plain http://host:port")
        self._host, self._port = parts.hostname, parts.port or 80
        self._prefix = parts.path.rstrip("/")
        self._netloc = parts.netloc
        self._socket: Any = None

    def exchange(self, request: Request, patience_s: float) -> Answer:
        """Send once and wait at most `patience_s` in all. Never raises for what a network does."""
        ends_s = time.monotonic() + patience_s
        try:
            self._connect(ends_s)
            response = self._converse(self._bytes(request), request.method, ends_s)
        except WireError as failed:
            self.close()
            return Answer(0, failed.error)
        except BaseException:  # killed in the middle: the connection is of no more use
            self.close()
            raise
        headers = {str(name).lower(): str(value) for name, value in response.items()}
        answer = Answer(response.get_code(), ErrorClass.NONE, response.read_body(), headers)
        if response.should_close():
            self.close()
        return answer

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self, ends_s: float) -> None:
        if self._socket is not None and not _is_quiet(self._socket):
            self.close()
        if self._socket is not None:
            return
        try:
            family, address = _address(self._host, self._port)
            self._socket = gevent.socket.socket(family, gevent.socket.SOCK_STREAM)
            self._socket.settimeout(min(CONNECT_TIMEOUT_S, _left(ends_s)))
            self._socket.connect(address)
        except TimeoutError as late:
            raise WireError(ErrorClass.CONNECT_TIMEOUT) from late
        except ConnectionRefusedError as refused:
            raise WireError(ErrorClass.REFUSED) from refused
        except OSError as error:
            kind = ErrorClass.POOL if error.errno in _OUT_OF else ErrorClass.OTHER
            raise WireError(kind) from error
        self._socket.setsockopt(gevent.socket.IPPROTO_TCP, gevent.socket.TCP_NODELAY, 1)

    def _converse(self, sent: bytes, method: str, ends_s: float) -> _Response:
        response = _Response(method)
        try:
            self._socket.settimeout(_left(ends_s))
            self._socket.sendall(sent)
            while not response.is_final:
                self._socket.settimeout(_left(ends_s))
                block = self._socket.recv(_BLOCK_BYTES)
                if block:
                    response.feed(block)
                elif not response.is_whole_at_the_end():
                    raise WireError(ErrorClass.RESET)
        except TimeoutError as late:
            raise WireError(ErrorClass.READ_TIMEOUT) from late
        except OSError as broken:
            raise WireError(ErrorClass.RESET) from broken
        except HTTPParseError as nonsense:
            raise WireError(ErrorClass.PROTOCOL) from nonsense
        return response

    def _bytes(self, request: Request) -> bytes:
        lines = [f"{request.method} {self._prefix}{request.path} HTTP/1.1", f"Host: {self._netloc}"]
        lines += [f"{name}: {value}" for name, value in request.headers]
        if request.body:
            lines.append(f"Content-Length: {len(request.body)}")
        return "\r\n".join([*lines, "\r\n"]).encode("latin-1") + request.body


class _Response(HTTPResponse):
    @property
    def is_final(self) -> bool:
        return bool(self.message_complete) and self.get_code() >= 200  # noqa: PLR2004  # not 1xx

    def is_whole_at_the_end(self) -> bool:
        """The connection has ended: a body without a length is whole, any other is cut off."""
        try:
            self.feed(b"")
        except HTTPParseError:
            return False
        return self.is_final

    def read_body(self) -> bytes:
        return bytes(self._body_buffer)


def _left(ends_s: float) -> float:
    left_s = ends_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _is_quiet(connection: Any) -> bool:  # noqa: ANN401  # gevent ships no types
    """An idle connection has nothing to read: neither an end nor a stray answer."""
    connection.settimeout(0.0)
    try:
        connection.recv(1, gevent.socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


@lru_cache(maxsize=64)
def _address(host: str, port: int) -> tuple[int, tuple[Any, ...]]:
    found = gevent.socket.getaddrinfo(host, port, 0, gevent.socket.SOCK_STREAM)
    return found[0][0], found[0][4]
