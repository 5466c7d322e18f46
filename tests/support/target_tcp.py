"""Servers and callers for tests of TCP edges, all in one loop on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from harness.targets.local.ports import HOST
from harness.targets.local.tcp_proxy.busy_poll import Vigil
from harness.targets.local.tcp_proxy.edge import TcpEdge
from harness.targets.local.tcp_proxy.protocol import TcpEdgePlan
from harness.targets.local.tcp_proxy.timer_queue import TimerQueue
from harness.targets.records import EdgeFault

LIMIT_S = 10.0


@dataclass(slots=True)
class EchoServer:
    """Sends back what it gets; remembers it, when each piece came, and how callers left."""

    got: bytearray = field(default_factory=bytearray)
    at_s: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    met: int = 0
    left: int = 0
    arrived: asyncio.Queue[Caller] = field(default_factory=asyncio.Queue)
    echoes: bool = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.met += 1
        if not self.echoes:
            self.arrived.put_nowait(Caller(reader, writer))
            return
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                self.at_s.append(time.monotonic())
                self.sizes.append(len(data))
                self.got += data
                writer.write(data)
                await writer.drain()
        self.left += 1
        writer.close()


@dataclass(slots=True)
class Scene:
    """An edge, the server behind it, and callers that come through it."""

    edge: TcpEdge
    server: EchoServer
    port: int
    callers: list[Caller] = field(default_factory=list)

    async def caller(self) -> Caller:
        async with asyncio.timeout(LIMIT_S):
            reader, writer = await asyncio.open_connection(HOST, self.port)
        caller = Caller(reader, writer)
        self.callers.append(caller)
        return caller

    async def pair(self) -> tuple[Caller, Caller]:
        """A caller and the server's side of its connection, if the server does not echo."""
        caller = await self.caller()
        async with asyncio.timeout(LIMIT_S):
            server = await self.server.arrived.get()
        self.callers.append(server)
        return caller, server

    async def set(self, fault: EdgeFault | None, lease_s: float = 60.0) -> None:
        if fault is None:
            self.edge.clear()
        else:
            self.edge.set_fault(fault, lease_s)


@dataclass(slots=True)
class Caller:
    """One connection through the edge."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def get(self, length: int) -> bytes:
        async with asyncio.timeout(LIMIT_S):
            return await self.reader.readexactly(length)

    async def rest(self) -> bytes:
        async with asyncio.timeout(LIMIT_S):
            return await self.reader.read(-1)

    def reset(self) -> None:
        """End it with RST."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def ask(self, data: bytes) -> float:
        """Send and get it back; seconds."""
        began = time.monotonic()
        self.send(data)
        assert await self.get(len(data)) == data
        return time.monotonic() - began


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def tcp_scene(*, echoes: bool = True) -> AsyncIterator[Scene]:
    """An edge to a server; all is closed in the end."""
    echo = EchoServer(echoes=echoes)
    server = await asyncio.start_server(echo.serve, HOST, 0)
    upstream = server.sockets[0].getsockname()[1]
    timers, port = TimerQueue(), free_port()
    plan = TcpEdgePlan(name="a>b", port=port, host=HOST, upstream=upstream)
    edge = TcpEdge(plan, timers, Vigil(asyncio.get_running_loop()))
    edge.listen()
    scene = Scene(edge, echo, port)
    try:
        yield scene
    finally:
        edge.clear()
        for caller in scene.callers:
            caller.writer.transport.abort()
        edge.close()
        server.close()
        timers.close()
