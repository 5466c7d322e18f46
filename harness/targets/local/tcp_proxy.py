"""The TCP proxy: one process, many edges, told what to do over a socket of this user's alone.

`python -m harness.targets.local.tcp_proxy PLAN` where PLAN is a TcpProxyPlan as JSON.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from harness.targets.local.tcp_edge import TcpEdge
from harness.targets.local.tcp_protocol import (
    TcpAnswer,
    TcpEdgeState,
    TcpProxyPlan,
    TcpRequest,
)
from harness.targets.local.timer_queue import TimerQueue

_IDLE_LIMIT_S: Final = 60.0


class TcpProxy:
    """Edges by name, and the answers about them."""

    def __init__(self, plan: TcpProxyPlan, timers: TimerQueue) -> None:
        self._edges = {
            e.name: TcpEdge(e.name, e.port, e.socket or (e.host, e.upstream), timers)
            for e in plan.edges
        }

    async def listen(self) -> None:
        """Open all edges. Raises OSError that a port is in use."""
        for edge in self._edges.values():
            await edge.listen()

    async def handle(self, line: bytes) -> TcpAnswer:
        """Do what one line asks."""
        try:
            request = msgspec.json.decode(line, type=TcpRequest)
            error = await self._do(request)
            return TcpAnswer(edges=self._states(), error=error)
        except (msgspec.MsgspecError, OSError) as wrong:
            return TcpAnswer(error=str(wrong))

    async def _do(self, request: TcpRequest) -> str:
        if request.op == "status":
            return ""
        edge = self._edges.get(request.edge)
        if edge is None:
            return f"no edge {request.edge!r}"
        if request.op == "renew":
            return "" if edge.renew(request.lease_s) else f"{edge.name} has no fault"
        await edge.set_fault(request.fault if request.op == "set" else None, request.lease_s)
        return ""

    def _states(self) -> tuple[TcpEdgeState, ...]:
        return tuple(
            TcpEdgeState(name=e.name, chunks=e.chunks, hits=e.hits, fault=e.fault)
            for e in self._edges.values()
        )

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's lines until it ends or is idle for too long."""
        try:
            while line := await asyncio.wait_for(reader.readline(), _IDLE_LIMIT_S):
                writer.write(msgspec.json.encode(await self.handle(line)) + b"\n")
                await writer.drain()
        except (OSError, TimeoutError, ValueError):
            pass  # it hung up, fell silent, or sent a line without end
        finally:
            writer.close()


async def serve(plan: TcpProxyPlan) -> None:
    """Forward until SIGTERM."""
    over = asyncio.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sig, over.set)
    proxy = TcpProxy(plan, TimerQueue())
    await proxy.listen()
    os.umask(0o077)
    server = await asyncio.start_unix_server(proxy.converse, plan.control)
    await asyncio.to_thread(Path(plan.control).chmod, 0o600)
    async with server:
        await over.wait()


if __name__ == "__main__":
    the_plan = msgspec.json.decode(sys.argv[1], type=TcpProxyPlan)
    Path(the_plan.control).unlink(missing_ok=True)
    uvloop.run(serve(the_plan))
