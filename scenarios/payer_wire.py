"""One payer's connection: an attempt goes out once, ends in time, and its error is told exactly.

Not geventhttpclient's own client: it repeats a GET by itself, cannot tell a timeout while
connecting from one while reading, and bounds each read, not the whole attempt. The hub calls back
when something happened, so that an attempt needs no greenlet and no switch to one.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import gevent
import gevent.socket
from gevent.monkey import get_original
from geventhttpclient.response import HTTPParseError

from harness.records import ErrorClass
from scenarios.answer_parser import AnswerParser
from scenarios.deadline_alarm import DeadlineAlarm
from scenarios.payment_payers import Answer, Request

CONNECT_TIMEOUT_S: Final = 1.0
_BLOCK_BYTES: Final = 16_384
_OUT_OF: Final = (errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS)
_READ, _WRITE = 1, 2
_Socket: Final = get_original("socket", "socket")  # Locust puts gevent's in its place
_Address = tuple[int, tuple[Any, ...]]
_addresses: Final[dict[tuple[str, int], _Address]] = {}


class Wire:
    """At most one connection to one HTTP host, kept alive between attempts, one at a time."""

    def __init__(self, base_url: str, told: Callable[[Answer], None]) -> None:
        """`told` is called in the hub, once an attempt. Raises ValueError: not plain HTTP."""
        parts = urlsplit(base_url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"{base_url}: payers speak plain http://host:port")
        self._host = (parts.hostname, parts.port or 80)
        self._prefix, self._netloc = parts.path.rstrip("/"), parts.netloc
        self._told = told
        self._loop = gevent.get_hub().loop
        self._alarm = DeadlineAlarm(self._late)
        self._socket: Any = None
        self._watches: dict[int, Any] = {}
        self._attempt: AnswerParser | None = None
        self._unsent = b""
        self._ends_s = 0.0

    def begin(self, request: Request, patience_s: float) -> None:
        """Send once and wait at most `patience_s` in all; returns at once, tells later."""
        self._attempt = AnswerParser()
        self._unsent = self._bytes(request)
        self._ends_s = time.monotonic() + patience_s
        if self._socket is not None and not _is_quiet(self._socket):
            self._hang_up()
        if self._socket is not None:
            self._alarm.set(self._ends_s)
            self._send()
        else:
            self._alarm.set(min(self._ends_s, time.monotonic() + CONNECT_TIMEOUT_S))
            self._dial()

    def close(self) -> None:
        """Hang up; an attempt under way is told nothing."""
        self._attempt = None
        self._alarm.close()
        self._hang_up()

    def _dial(self) -> None:
        known = _addresses.get(self._host)
        if known is None:
            gevent.spawn(self._look_up, self._attempt)
        else:
            self._connect(*known)

    def _look_up(self, attempt: AnswerParser) -> None:
        try:
            found = gevent.socket.getaddrinfo(*self._host, 0, gevent.socket.SOCK_STREAM)
        except OSError:
            self._fail(attempt, ErrorClass.OTHER)
            return
        _addresses[self._host] = (found[0][0], found[0][4])
        if attempt is self._attempt:
            self._dial()

    def _connect(self, family: int, address: tuple[Any, ...]) -> None:
        try:
            self._socket = _Socket(family, gevent.socket.SOCK_STREAM)
            self._socket.setblocking(False)
            self._socket.setsockopt(gevent.socket.IPPROTO_TCP, gevent.socket.TCP_NODELAY, 1)
            code = self._socket.connect_ex(address)
        except OSError as error:
            code = error.errno or errno.EIO
        if code in (0, errno.EINPROGRESS):
            self._watch(_WRITE, self._connected)
        else:
            self._fail_soon(_why_unconnected(code))

    def _connected(self) -> None:
        self._unwatch(_WRITE)
        code = self._socket.getsockopt(gevent.socket.SOL_SOCKET, gevent.socket.SO_ERROR)
        if code:
            self._fail(self._attempt, _why_unconnected(code))
            return
        self._watch(_READ, self._readable)
        self._alarm.set(self._ends_s)
        self._send()

    def _send(self) -> None:
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError as broken:
            self._fail_soon(_why_broken(broken))
            return
        self._unsent = self._unsent[sent:]
        if self._unsent:
            self._watch(_WRITE, self._writable)

    def _writable(self) -> None:
        self._unwatch(_WRITE)
        self._send()

    def _readable(self) -> None:
        attempt = self._attempt
        if attempt is None:  # idle: its end, or a stray answer
            self._hang_up()
            return
        try:
            block = self._socket.recv(_BLOCK_BYTES)
            if block:
                attempt.feed(block)
            elif not attempt.ends_whole():
                self._fail(attempt, ErrorClass.RESET)
                return
        except BlockingIOError:
            return
        except OSError as broken:
            self._fail(attempt, _why_broken(broken))
        except HTTPParseError:
            self._fail(attempt, ErrorClass.PROTOCOL)
        else:
            if attempt.answer is not None:
                self._end(attempt.answer, stays=bool(block) and attempt.may_stay())

    def _late(self) -> None:
        connecting = _READ not in self._watches
        late = ErrorClass.CONNECT_TIMEOUT if connecting else ErrorClass.READ_TIMEOUT
        self._fail(self._attempt, late)

    def _fail_soon(self, error: ErrorClass) -> None:
        """Never from within `begin`: whoever begins would be told before it is ready to hear."""
        self._loop.run_callback(self._fail, self._attempt, error)

    def _fail(self, attempt: AnswerParser | None, error: ErrorClass) -> None:
        if attempt is not None and attempt is self._attempt:
            self._end(Answer(0, error), stays=False)

    def _end(self, answer: Answer, *, stays: bool) -> None:
        self._attempt = None
        self._alarm.clear()
        if not stays:
            self._hang_up()
        self._told(answer)

    def _hang_up(self) -> None:
        for event in tuple(self._watches):
            self._unwatch(event)
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _watch(self, event: int, call: Callable[[], None]) -> None:
        self._watches[event] = watch = self._loop.io(self._socket.fileno(), event)
        watch.start(call)

    def _unwatch(self, event: int) -> None:
        watch = self._watches.pop(event)
        watch.stop()
        watch.close()

    def _bytes(self, request: Request) -> bytes:
        fields = "".join([f"{name}: {value}\r\n" for name, value in request.headers])
        length = f"Content-Length: {len(request.body)}\r\n" if request.body else ""
        first = f"{request.method} {self._prefix}{request.path} HTTP/1.1\r\nHost: {self._netloc}"
        return f"{first}\r\n{fields}{length}\r\n".encode("latin-1") + request.body


def _why_unconnected(code: int) -> ErrorClass:
    if code == errno.ECONNREFUSED:
        return ErrorClass.REFUSED
    if code == errno.ETIMEDOUT:
        return ErrorClass.CONNECT_TIMEOUT
    return ErrorClass.POOL if code in _OUT_OF else ErrorClass.OTHER


def _why_broken(broken: OSError) -> ErrorClass:
    late = isinstance(broken, TimeoutError)  # the kernel's own, ETIMEDOUT
    return ErrorClass.READ_TIMEOUT if late else ErrorClass.RESET


def _is_quiet(connection: Any) -> bool:  # noqa: ANN401  # gevent ships no types
    """An idle connection has nothing to read: neither an end nor a stray answer."""
    try:
        connection.recv(1, gevent.socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
