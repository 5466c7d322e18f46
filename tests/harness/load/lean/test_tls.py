"""TLS of the lean engine: a certificate that nobody vouches for gets no request."""

from __future__ import annotations

import contextlib
import shutil
import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.load.lean.connection import Connection
from harness.load.lean.event_loop import EventLoop
from harness.load.lean.host import Host
from harness.load.records import ErrorClass
from tests.support.tls_server import certificate, serving_context


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_server_with_an_unknown_certificate_is_sent_nothing(tmp_path: Path) -> None:
    server_side, seen = serving_context(certificate(tmp_path)), list[bytes]()

    def serve(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection, _ = server.accept()
            with server_side.wrap_socket(connection, server_side=True) as encrypted:
                seen.append(encrypted.recv(1000))

    told: list[tuple[int, ErrorClass]] = []

    def tell(status: int, error: ErrorClass, body: bytes, headers: Mapping[str, str]) -> None:
        del body, headers
        told.append((status, error))

    loop = EventLoop()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        host = Host(f"https://127.0.0.1:{server.getsockname()[1]}")
        connection, ends_ns = Connection(loop, host, tell), time.monotonic_ns() + 5_000_000_000
        connection.begin(b"GET / HTTP/1.1\r\n\r\n", ends_ns)
        while not told and time.monotonic_ns() < ends_ns:
            loop.turn(ends_ns, lambda: None)
        connection.close()
    loop.close()
    assert (told, seen) == ([(0, ErrorClass.PROTOCOL)], [])
