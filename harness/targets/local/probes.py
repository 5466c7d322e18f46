"""Is it ready? One short question to an instance's own port; cheap enough to ask all the time."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final
from urllib.parse import urlsplit

Probe = Callable[[], Awaitable[bool]]
TIMEOUT_S: Final = 0.4
_ANSWER_BYTES: Final = 4096
_PROTOCOL_3: Final = 196608


async def http_is_ready(host: str, port: int, path: str) -> bool:
    """Whether GET `path` answers 2xx within `TIMEOUT_S`."""
    ask = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    answer = await _exchange(host, port, ask, until=12)
    return answer.startswith(b"HTTP/1.") and answer[9:10] == b"2"


async def postgres_is_ready(host: str, port: int, user: str, database: str) -> bool:
    """Whether PostgreSQL lets a session begin: it asks for authentication (R) or refuses (E).

    While it recovers from a crash it listens already and refuses, so connecting is not enough.
    """
    fields = f"user\0{user}\0database\0{database}\0\0".encode()
    ask = struct.pack("!ii", len(fields) + 8, _PROTOCOL_3) + fields
    return (await _exchange(host, port, ask, until=1)).startswith(b"R")


async def port_is_open(host: str, port: int) -> bool:
    """Whether somebody listens there."""
    return await _exchange(host, port, b"", until=0) == b""


def probe_of_url(url: str, path: str) -> Probe:
    """Whether `path` below a URL answers 2xx or, without a path, whether its port is open."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if not path:
        return partial(port_is_open, host, port)
    whole = f"{parts.path.rstrip('/')}{path}"
    return partial(https_is_ready if parts.scheme == "https" else http_is_ready, host, port, whole)


async def https_is_ready(host: str, port: int, path: str) -> bool:
    """Whether GET `path` over TLS answers 2xx within twice `TIMEOUT_S`."""
    ask = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    try:
        async with asyncio.timeout(2 * TIMEOUT_S):
            reader, writer = await asyncio.open_connection(
                host, port, ssl=ssl.create_default_context()
            )
            try:
                writer.write(ask)
                line = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError):
        return False
    return line.startswith(b"HTTP/1.") and line[9:10] == b"2"


async def _exchange(host: str, port: int, ask: bytes, until: int) -> bytes:
    """At least `until` bytes of the answer, fewer if it closed; b"!" if there was none."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as sock:
        answer = b""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await loop.sock_connect(sock, (host, port))
                if ask:
                    await loop.sock_sendall(sock, ask)
                while len(answer) < until:
                    more = await loop.sock_recv(sock, _ANSWER_BYTES)
                    if not more:
                        break
                    answer += more
        except (OSError, TimeoutError):
            return b"!"
    return answer
