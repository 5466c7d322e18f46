"""One half of a proxied connection: reads from its side, writes to the other, holds what must wait.

```
caller --> [half: caller's side] --held--> [half: server's side] --> server
       <--                       <--held--
```
While no fault is on, a chunk costs one counter and one write.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import time
from collections import deque
from typing import TYPE_CHECKING, Final, cast

from harness.targets.local.tcp_delay import NEVER, due_ns, touches

if TYPE_CHECKING:
    from harness.targets.local.tcp_edge import TcpEdge

HELD_BYTES_MAX: Final = 262_144
_RESET: Final = struct.pack("ii", 1, 0)  # linger 0: close with RST
_END: Final = b""  # a held end of stream

# Why a half does not read now (bits).
_PEER_IS_FULL: Final = 1
_HOLDS_TOO_MUCH: Final = 2


class TcpHalf(asyncio.Protocol):
    """One side of one connection. `peer` is None until the server's side is connected."""

    __slots__ = (
        "_dialling",
        "_edge",
        "_ended",
        "_held",
        "_last_ns",
        "_pauses",
        "_scheduled_ns",
        "from_caller",
        "held_bytes",
        "peer",
        "transport",
    )

    def __init__(self, edge: TcpEdge, *, from_caller: bool) -> None:
        self._edge, self.from_caller = edge, from_caller
        self.peer: TcpHalf | None = None
        self.transport: asyncio.Transport | None = None
        self._dialling: asyncio.Task[None] | None = None
        self._held: deque[tuple[float, bytes]] = deque()
        self.held_bytes = self._pauses = 0
        self._last_ns = self._scheduled_ns = 0.0
        self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A caller has come, or the server was reached."""
        self.transport = cast("asyncio.Transport", transport)
        # Writes at once what the kernel takes, instead of when the loop turns: what is released
        # goes before the answer to whoever released it.
        self.transport.set_write_buffer_limits(high=0)
        sock = transport.get_extra_info("socket")
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._edge.joined(self)
        if self.from_caller:
            self.dial()

    def dial(self) -> None:
        """Reach for the server, unless the edge swallows everything now."""
        if self.peer is None and self._dialling is None and self._edge.may_dial():
            self._dialling = asyncio.get_running_loop().create_task(self._dial())

    async def _dial(self) -> None:
        server = await self._edge.connect()
        self._dialling = None
        if server is None or self.transport is None or self.transport.is_closing():
            for half in (self, server):
                if half is not None:
                    half.reset()
            return
        self.peer, server.peer = server, self
        self._send_due()

    def data_received(self, data: bytes) -> None:
        """Pass it on, now or when it is due."""
        edge = self._edge
        edge.chunks += 1
        peer = self.peer
        if edge.fault is None and not self._held and peer is not None and peer.transport:
            peer.transport.write(data)
        else:
            self._hold(data)
        vigil = edge.vigil
        vigil.fresh = True
        if vigil.ready:
            vigil.begin()

    def eof_received(self) -> bool:
        """The end passes as data does: after what was held before it."""
        self._hold(_END)
        return True  # the other direction may still be talking

    def _hold(self, data: bytes) -> None:
        now_ns = time.monotonic_ns()  # a delay counts from here
        edge = self._edge
        if touches(edge.fault, from_caller=self.from_caller):
            edge.hits += 1
        chunk = (len(data), self.from_caller)
        due = due_ns(edge.fault, now_ns, self._last_ns, chunk, random.random)
        if due <= now_ns and not self._held and self.peer is not None:
            self._send(data)
            return
        self._last_ns = 0.0 if due == NEVER else due
        self._held.append((due, data))
        self.held_bytes += len(data)
        if self.held_bytes >= HELD_BYTES_MAX:
            self._pause(_HOLDS_TOO_MUCH)
        self._schedule()

    def _schedule(self) -> None:
        if not self._held or self.peer is None:
            return
        due = self._held[0][0]
        if due not in (NEVER, self._scheduled_ns):
            self._scheduled_ns = due
            self._edge.timers.at(int(due), self._send_due)

    def _send_due(self) -> None:
        """Send what is due; called in vain (after a release), it only looks again."""
        self._scheduled_ns = 0.0
        now_ns = time.monotonic_ns()
        while self.peer is not None and self._held and self._held[0][0] <= now_ns:
            self._send_first()
            if self._edge.vigil.ready:
                self._edge.vigil.begin()  # an answer may follow
        self._schedule()

    def release(self) -> None:
        """The fault has changed: what was held for the old one goes at once, in order."""
        self._redate(0.0)
        self._send_due()

    def swallow(self) -> None:
        """From now on nothing gets through, not even what is on its way."""
        self._redate(NEVER)

    def _redate(self, due: float) -> None:
        self._held = deque((due, data) for _, data in self._held)
        self._last_ns = 0.0

    def _send_first(self) -> None:
        _, data = self._held.popleft()
        self.held_bytes -= len(data)
        if self.held_bytes < HELD_BYTES_MAX // 2:
            self._resume(_HOLDS_TOO_MUCH)
        self._send(data)
        if not self._held and self.transport is None:
            self._edge.left(self)

    def _send(self, data: bytes) -> None:
        there = self.peer.transport if self.peer is not None else None
        if there is not None and there.is_closing():
            there = None
        if data and there is not None:
            there.write(data)
        elif not data:
            self._send_end(there)

    def _send_end(self, there: asyncio.Transport | None) -> None:
        """Pass the end on; when both ways have ended, or a side has gone, the whole has ended."""
        self._ended = True
        over = there is None or self.transport is None or (self.peer and self.peer._ended)  # noqa: SLF001  # the other half of one thing
        if over:
            for transport in (there, self.transport):
                if transport is not None:
                    transport.close()
        elif there is not None:
            there.write_eof()

    def pause_writing(self) -> None:
        """Our side takes no more: the other shall not read."""
        if self.peer is not None:
            self.peer._pause(_PEER_IS_FULL)  # noqa: SLF001  # the other half of one thing

    def resume_writing(self) -> None:
        """Our side takes more."""
        if self.peer is not None:
            self.peer._resume(_PEER_IS_FULL)  # noqa: SLF001  # the other half of one thing

    def _pause(self, why: int) -> None:
        if not self._pauses and self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()
        self._pauses |= why

    def _resume(self, why: int) -> None:
        if self._pauses == why and self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()
        self._pauses &= ~why

    def connection_lost(self, exc: Exception | None) -> None:
        """The side has gone; the other learns it after what was held, as over a real network."""
        del exc
        self.transport = None
        if self.peer is None:
            self._held.clear()
        elif self._ended:
            self._send_end(self.peer.transport)
        else:
            self._hold(_END)
        if not self._held:
            self._edge.left(self)

    def reset(self) -> None:
        """End it now with RST; what was held is lost."""
        self._held.clear()
        if self.transport is not None and not self.transport.is_closing():
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.transport.abort()
        elif self.transport is None:
            self._edge.left(self)
