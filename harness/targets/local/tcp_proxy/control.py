"""One control connection of the TCP proxy: a line in, its answer out, at once and in order.

A protocol without tasks: a fault works before the event loop turns once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast

IDLE_LIMIT_S: Final = 60.0
LINE_BYTES_MAX: Final = 65_536


class TcpControl(asyncio.Protocol):
    """Hangs up on who is silent for too long, sends no end of line or reads no answers."""

    __slots__ = ("_answer", "_begun", "_idle", "_transport")

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer, self._begun = answer, b""
        self._transport: asyncio.Transport | None = None
        self._idle: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody wants to talk."""
        self._transport = cast("asyncio.Transport", transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Answer each line that is whole."""
        *lines, self._begun = (self._begun + data).split(b"\n")
        there = self._transport
        if there is None:
            return
        for line in lines:
            there.write(self._answer(line) + b"\n")
        if max(len(self._begun), there.get_write_buffer_size()) > LINE_BYTES_MAX:
            there.abort()
        self._wait()

    def _wait(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        if self._transport is not None:
            loop = asyncio.get_running_loop()
            self._idle = loop.call_later(IDLE_LIMIT_S, self._transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """It hung up, or we did."""
        del exc
        self._transport = None
        self._wait()
