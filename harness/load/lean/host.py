"""The host that the payers call: its address, looked up once, its TLS, and requests as bytes."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from harness.load.lean.event_loop import EventLoop
from harness.load.payer import Request

Address = tuple[int, tuple[Any, ...]]


class Host:
    """`address` is None until it is known: a name has to be looked up.

    `tls` is None for http. Certificates are verified by the machine's list of authorities, or by
    the file that the environment variable SSL_CERT_FILE names.
    """

    def __init__(self, base_url: str, headers: Mapping[str, str] | None = None) -> None:
        """`headers` go with each request that has none of that name. Raises ValueError."""
        parts = urlsplit(base_url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError(f"{base_url}: write http://host:port or https://host:port")
        self.name = parts.hostname
        self.tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._common = {name.lower(): f"{name}: {text}" for name, text in (headers or {}).items()}
        self._at = (parts.hostname, parts.port or _PORTS[parts.scheme])
        self._prefix, self._netloc = parts.path.rstrip("/"), parts.netloc
        self._waiting: list[Callable[[], None]] = []
        self.address: Address | None = None
        with contextlib.suppress(OSError):  # a name
            self.address = _first(socket.getaddrinfo(*self._at, 0, socket.SOCK_STREAM, 0, _NUMERIC))

    def look_up(self, loop: EventLoop, then: Callable[[], None]) -> None:
        """Call `then` in the loop once it is known whether there is an `address`."""
        self._waiting.append(then)
        if len(self._waiting) == 1:
            threading.Thread(target=self._find, args=(loop,), daemon=True).start()

    def bytes_of(self, request: Request) -> bytes:
        """What goes on the wire."""
        fields = "".join([f"{name}: {value}\r\n" for name, value in request.headers])
        if self._common:
            own = {name.lower() for name, _ in request.headers}
            common = [line for name, line in self._common.items() if name not in own]
            fields += "".join([f"{line}\r\n" for line in common])
        length = f"Content-Length: {len(request.body)}\r\n" if request.body else ""
        first = f"{request.method} {self._prefix}{request.path} HTTP/1.1\r\nHost: {self._netloc}"
        return f"{first}\r\n{fields}{length}\r\n".encode("latin-1") + request.body

    def _find(self, loop: EventLoop) -> None:
        try:
            address = _first(socket.getaddrinfo(*self._at, 0, socket.SOCK_STREAM))
        except OSError:
            address = None
        loop.call_from_outside(partial(self._found, address))

    def _found(self, address: Address | None) -> None:
        self.address = address
        waiting, self._waiting = self._waiting, []
        for then in waiting:
            then()


_NUMERIC: Final = socket.AI_NUMERICHOST
_PORTS: Final = {"http": 80, "https": 443}


def _first(found: list[Any]) -> Address:
    return found[0][0], found[0][4]
