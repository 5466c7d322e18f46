"""The TCP proxy as its own process, as the supervisor starts it, before an echo server."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from harness.targets.local.ports import HOST
from harness.targets.local.tcp_proxy.client import TcpEdges
from harness.targets.local.tcp_proxy.protocol import TcpEdgePlan, TcpProxyPlan
from tests.support.target_tcp import Caller, EchoServer, free_port

EDGE = "a>b"


@dataclass(slots=True)
class ProxyProcess:
    """The proxy of one edge and its owner; the test can kill and restart it."""

    plan: TcpProxyPlan
    edges: TcpEdges
    process: asyncio.subprocess.Process | None = None
    callers: list[Caller] = field(default_factory=list)

    async def start(self) -> None:
        plan = msgspec.json.encode(self.plan).decode()
        argv = ("-m", "harness.targets.local.tcp_proxy.proxy", plan)
        self.process = await asyncio.create_subprocess_exec(sys.executable, *argv)
        while not await self.edges.is_ready():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), 0.01)
            assert self.process.returncode is None, "the proxy did not start"

    async def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def hits(self) -> int:
        return sum(count.hits for count in (await self.edges.look())[EDGE].counts)

    async def caller(self) -> Caller:
        caller = Caller(*await asyncio.open_connection(HOST, self.plan.edges[0].port))
        self.callers.append(caller)
        return caller

    async def says(self, line: bytes) -> bytes:
        """The answer to one line, over a connection of its own."""
        reader, writer = await asyncio.open_unix_connection(self.plan.control)
        writer.write(line)
        said = await asyncio.wait_for(reader.readline(), 10)
        writer.close()
        return said


@contextlib.asynccontextmanager
async def tcp_proxy(folder: Path) -> AsyncIterator[ProxyProcess]:
    """One that has started; killed in the end, its server closed."""
    server = await asyncio.start_server(EchoServer().serve, HOST, 0)
    upstream = server.sockets[0].getsockname()[1]
    edge = TcpEdgePlan(name=EDGE, port=free_port(), host=HOST, upstream=upstream)
    control = folder / "tcp.sock"
    plan = TcpProxyPlan(control=str(control), edges=(edge,))
    proxy = ProxyProcess(plan, TcpEdges(control))
    try:
        async with asyncio.timeout(20):
            await proxy.start()
        yield proxy
    finally:
        await proxy.kill()
        proxy.edges.close()
        for caller in proxy.callers:
            caller.writer.transport.abort()
        server.close()
