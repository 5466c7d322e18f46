"""One TCP edge: its listener, its connections, the one fault that is on, and that fault's lease."""

from __future__ import annotations

import asyncio
import socket
from typing import Final

from harness.targets.base import EdgeFault
from harness.targets.local.ports import HOST
from harness.targets.local.tcp_half import TcpHalf
from harness.targets.local.tcp_protocol import TcpEdgePlan
from harness.targets.local.timer_queue import TimerQueue
from harness.targets.local.vigil import Vigil

CONNECT_TIMEOUT_S: Final = 5.0
_BACKLOG: Final = 1024
_CUTS: Final = ("reset", "refuse")


class TcpEdge:
    """Forwards a port to a server, as planned.

    `chunks` and `hits` only ever grow.

    A hit is a chunk that was delayed, swallowed or slowed, or a connection that was cut.
    """

    def __init__(self, plan: TcpEdgePlan, timers: TimerQueue, vigil: Vigil) -> None:
        self.name, self.timers, self.vigil = plan.name, timers, vigil
        self.fault: EdgeFault | None = None
        self.chunks = self.hits = 0
        self._port, self._upstream = plan.port, plan.socket or (plan.host, plan.upstream)
        self._halves: set[TcpHalf] = set()
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[asyncio.Server] | None = None
        self._lease: asyncio.TimerHandle | None = None

    def listen(self) -> None:
        """Callers get through from now on. Raises OSError if the port is in use."""
        if self._listener is None:
            self._listener = socket.create_server((HOST, self._port), backlog=_BACKLOG)
            self._listener.setblocking(False)
            loop = asyncio.get_running_loop()
            self._accepting = loop.create_task(self._accept(self._listener))

    async def _accept(self, listener: socket.socket) -> asyncio.Server:
        """Kept by its task: a server that nobody refers to is collected, and refuses everybody."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: TcpHalf(self, from_caller=True), sock=listener)

    def set_fault(self, fault: EdgeFault | None, lease_s: float) -> None:
        """Make it the only fault; None takes any away. What the old one held goes at once.

        It works when this returns. Raises OSError if the port cannot be listened at again.
        """
        self.fault = fault
        if self._lease is not None:
            self._lease.cancel()
        self._lease = None
        if fault is not None:
            self._lease = asyncio.get_running_loop().call_later(lease_s, self.set_fault, None, 0)
        if fault is not None and fault.kind == "refuse":
            self._deafen()
        else:
            self.listen()
        self._tell_halves()

    def renew(self, lease_s: float) -> bool:
        """Keep the fault for that long from now; False if there is none."""
        if self._lease is None:
            return False
        self._lease.cancel()
        self._lease = asyncio.get_running_loop().call_later(lease_s, self.set_fault, None, 0)
        return True

    @property
    def connections(self) -> int:
        """Sides that are connected or still hold something."""
        return len(self._halves)

    @property
    def held_bytes(self) -> int:
        """Bytes that wait here now."""
        return sum(half.held_bytes for half in self._halves)

    def swallows(self) -> bool:
        """Whether nothing gets through."""
        return self.fault is not None and self.fault.kind == "blackhole"

    def may_dial(self) -> bool:
        """Whether a new connection reaches the server."""
        return not self.swallows() and not self._cuts()

    def joined(self, half: TcpHalf) -> None:
        """A side was connected; while the edge resets, not for long."""
        self._halves.add(half)
        if self._cuts():
            self._cut(half)
        elif self.swallows():
            self.hits += 1

    def left(self, half: TcpHalf) -> None:
        """A side has gone."""
        self._halves.discard(half)

    async def connect(self) -> TcpHalf | None:
        """The server's side of a new connection, or None if the server cannot be reached."""
        half = TcpHalf(self, from_caller=False)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                if isinstance(self._upstream, str):
                    await loop.create_unix_connection(lambda: half, self._upstream)
                else:
                    await loop.create_connection(lambda: half, *self._upstream)
        except (OSError, TimeoutError):
            return None
        return half

    def close(self) -> None:
        """Accept nobody and cut everybody."""
        self._deafen()
        for half in tuple(self._halves):
            half.reset()

    def _cut(self, half: TcpHalf) -> None:
        self.hits += half.from_caller  # a connection is one hit, not two
        half.reset()

    def _cuts(self) -> bool:
        return self.fault is not None and self.fault.kind in _CUTS

    def _deafen(self) -> None:
        accepting, listener = self._accepting, self._listener
        self._accepting = self._listener = None
        if accepting is not None and accepting.done():
            accepting.result().close()  # and the listener with it
        elif accepting is not None and listener is not None:
            accepting.cancel()
            listener.close()

    def _tell_halves(self) -> None:
        for half in tuple(self._halves):
            if self._cuts():
                self._cut(half)
            elif self.swallows():
                half.swallow()
            else:
                half.dial()
                half.release()
