"""One payer's connection: an attempt goes out once, ends in time, and its error is told exactly.

Not a client of some library: those repeat a GET by themselves, cannot tell a timeout while
connecting from one while reading, or bound each read, not the whole attempt. The payers' loop calls
back when something happened, so that an attempt needs no thread and no greenlet.
"""

from __future__ import annotations

import errno
import io
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any, Final, Protocol

from harness.load.lean.event_loop import READ, WRITE, EventLoop
from harness.load.lean.host import Address, Host
from harness.load.lean.response_parser import AnswerParser, NotHttpError
from harness.load.records import ErrorClass

CONNECT_TIMEOUT_NS: Final = 1_000_000_000
_BLOCK_BYTES: Final = 16_384
_OUT_OF: Final = (errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS)
_ANSWERED: Final = ErrorClass.NONE  # an enum finds its members slowly
_NO_HEADERS: Final[Mapping[str, str]] = {}
_PEEK: Final = socket.MSG_PEEK | socket.MSG_DONTWAIT


class Told(Protocol):
    """Gets the result of each attempt once, in the event loop, and not from within `begin`."""

    def __call__(
        self, status: int, error: ErrorClass, body: bytes, headers: Mapping[str, str]
    ) -> None:
        """An answer, or status 0 and an error. Header names are in lower case."""


class Connection:
    """At most one connection to one HTTP host, kept alive between attempts, one at a time."""

    def __init__(self, loop: EventLoop, host: Host, told: Told) -> None:
        self.step = 0  # of Deadlines
        self._loop, self._host, self._told = loop, host, told
        self._socket: Any = None
        self._reader: io.FileIO
        self._parser: AnswerParser
        self._connected = False
        self._busy = False
        self._unsent = b""
        self._ends_ns = 0

    def begin(self, request: bytes, ends_ns: int) -> None:
        """Send once and wait until `ends_ns` of CLOCK_MONOTONIC; returns at once, tells later."""
        self._busy = True
        self._unsent = request
        if self._socket is not None and self._is_idle():
            self._send()
            self._parser.question()
            self._loop.deadlines.add(ends_ns, self)
        else:
            self._ends_ns = ends_ns
            self._hang_up()
            limit_ns = time.monotonic_ns() + CONNECT_TIMEOUT_NS
            self._loop.deadlines.add(min(ends_ns, limit_ns), self)
            self._dial()

    def close(self) -> None:
        """Close the connection; an attempt in flight gets no result."""
        self._busy = False
        self.step += 1
        self._hang_up()

    def late(self) -> None:
        """The deadline has passed."""
        late = ErrorClass.READ_TIMEOUT if self._connected else ErrorClass.CONNECT_TIMEOUT
        self._fail(late)

    def _dial(self) -> None:
        if self._host.address is not None:
            self._connect(self._host.address)
            return
        step = self.step
        self._host.look_up(self._loop, lambda: self._looked_up(step))

    def _looked_up(self, step: int) -> None:
        if step != self.step:
            return
        if self._host.address is None:
            self._fail(ErrorClass.OTHER)
        else:
            self._connect(self._host.address)

    def _connect(self, address: Address) -> None:
        family, place = address
        try:
            self._socket = socket.socket(family, socket.SOCK_STREAM)
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            code = self._socket.connect_ex(place)
        except OSError as error:
            code = error.errno or errno.EIO
        if code in (0, errno.EINPROGRESS):
            self._reader = io.FileIO(self._socket.fileno(), closefd=False)
            self._loop.watch(self._socket.fileno(), WRITE, self._through)
        else:
            self._fail_soon(_why_unconnected(code))

    def _through(self) -> None:
        """The connection is open, or was refused."""
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._fail(_why_unconnected(code))
        elif self._host.tls is None:
            self._opened()
        else:
            self._socket = self._host.tls.wrap_socket(
                self._socket, server_hostname=self._host.name, do_handshake_on_connect=False
            )
            self._agree()

    def _agree(self) -> None:
        """The next step of the TLS handshake."""
        try:
            self._socket.do_handshake()
        except ssl.SSLWantReadError:
            self._loop.change(self._socket.fileno(), READ, self._agree)
        except ssl.SSLWantWriteError:
            self._loop.change(self._socket.fileno(), WRITE, self._agree)
        except ssl.SSLError:
            self._fail(ErrorClass.PROTOCOL)
        except OSError as broken:
            self._fail(_why_broken(broken))
        else:
            self._opened()

    def _opened(self) -> None:
        """Send the request."""
        if time.monotonic_ns() >= self._ends_ns:  # the answer would not be awaited
            self._fail(ErrorClass.CONNECT_TIMEOUT)
            return
        self.step += 1
        self._connected = True
        self._parser = AnswerParser()
        self._loop.change(self._socket.fileno(), READ, self._readable)
        self._loop.deadlines.add(self._ends_ns, self)
        self._send()

    def _send(self) -> None:
        try:
            sent = self._socket.send(self._unsent)
        except (BlockingIOError, ssl.SSLWantWriteError):
            sent = 0
        except OSError as broken:
            self._fail_soon(_why_broken(broken))
            return
        if sent < len(self._unsent):
            self._unsent = self._unsent[sent:]
            self._loop.change(self._socket.fileno(), READ | WRITE, self._either)

    def _either(self) -> None:
        """More can be sent, or there is an answer already, or an error."""
        self._loop.change(self._socket.fileno(), READ, self._readable)
        self._send()
        self._readable()

    def _readable(self) -> None:
        if not self._busy:  # idle: its end, or a stray answer
            self._hang_up()
            return
        parser = self._parser
        try:
            block = self._socket.recv(_BLOCK_BYTES)
            if block:
                parser.feed(block)
            elif not parser.ends_whole():
                self._fail(ErrorClass.RESET)
                return
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError as broken:
            self._fail(_why_broken(broken))
        except NotHttpError:
            self._fail(ErrorClass.PROTOCOL)
        else:
            if parser.complete:
                if not parser.may_stay:
                    self._hang_up()
                self._end(parser.status, _ANSWERED, parser.body, parser.headers)

    def _fail_soon(self, error: ErrorClass) -> None:
        """Never from within `begin`: whoever begins would be told before it is ready to hear."""
        self.step += 1
        step = self.step
        self._loop.soon(lambda: self._fail(error) if step == self.step else None)

    def _fail(self, error: ErrorClass) -> None:
        self._hang_up()
        self._end(0, error, b"", _NO_HEADERS)

    def _end(self, status: int, error: ErrorClass, body: bytes, headers: Mapping[str, str]) -> None:
        self._busy = False
        self.step += 1
        self._told(status, error, body, headers)

    def _is_idle(self) -> bool:
        """A read of the descriptor would take a byte from TLS; a look at it is slower."""
        if self._host.tls is None:
            return _is_quiet(self._reader)
        try:
            socket.socket.recv(self._socket, 1, _PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def _hang_up(self) -> None:
        self._connected = False
        if self._socket is not None:
            self._loop.let_go(self._socket)
            self._socket = None


def _why_unconnected(code: int) -> ErrorClass:
    if code == errno.ECONNREFUSED:
        return ErrorClass.REFUSED
    if code == errno.ETIMEDOUT:
        return ErrorClass.CONNECT_TIMEOUT
    return ErrorClass.POOL if code in _OUT_OF else ErrorClass.OTHER


def _why_broken(broken: OSError) -> ErrorClass:
    late = isinstance(broken, TimeoutError)  # the kernel's own, ETIMEDOUT
    return ErrorClass.READ_TIMEOUT if late else ErrorClass.RESET


def _is_quiet(reader: io.FileIO) -> bool:
    """An idle connection has nothing to read: neither an end nor a stray answer.

    If it has, it is given up, so that what was read is missed by nobody. A file says None where a
    socket raises BlockingIOError, which costs as much again.
    """
    try:
        return reader.read(1) is None
    except OSError:
        return False
