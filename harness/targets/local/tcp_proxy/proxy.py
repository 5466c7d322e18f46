"""The TCP proxy: one process, many edges, controlled over a socket that only this user can open.

`python -m harness.targets.local.tcp_proxy.proxy PLAN` where PLAN is a TcpProxyPlan as JSON.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import msgspec
import uvloop

from harness.errors import FaultError
from harness.targets.local.tcp_proxy.busy_poll import Vigil
from harness.targets.local.tcp_proxy.control import TcpControl
from harness.targets.local.tcp_proxy.edge import TcpEdge
from harness.targets.local.tcp_proxy.protocol import (
    TcpAnswer,
    TcpEdgeState,
    TcpProxyPlan,
    TcpRequest,
)
from harness.targets.local.tcp_proxy.timer_queue import TimerQueue


class TcpProxy:
    """Edges by name, and the answers about them."""

    def __init__(self, plan: TcpProxyPlan, timers: TimerQueue, vigil: Vigil) -> None:
        self._edges = {e.name: TcpEdge(e, timers, vigil) for e in plan.edges}

    def listen(self) -> None:
        """Open all edges. Raises OSError that a port is in use."""
        for edge in self._edges.values():
            edge.listen()

    def handle(self, line: bytes) -> bytes:
        """Do what one line asks; the answer, without its end of line."""
        try:
            answer = self._do(msgspec.json.decode(line, type=TcpRequest))
        except (msgspec.MsgspecError, FaultError, OSError) as wrong:
            answer = TcpAnswer(error=str(wrong))
        return msgspec.json.encode(answer)

    def _do(self, request: TcpRequest) -> TcpAnswer:
        if request.op == "status":
            return TcpAnswer(edges=self._states())
        edge = self._edges.get(request.edge)
        if edge is None:
            return TcpAnswer(error=f"no edge {request.edge!r}")
        if request.op == "set" and request.fault is not None:
            edge.set_fault(request.fault, request.lease_s)
        elif request.op == "clear":
            edge.clear(request.slot)
        elif not edge.renew(request.slot, request.lease_s):
            return TcpAnswer(error=f"{edge.name} has no fault {request.slot}".rstrip())
        return TcpAnswer()

    def _states(self) -> tuple[TcpEdgeState, ...]:
        return tuple(
            TcpEdgeState(
                name=e.name,
                chunks=e.counts.chunks,
                faults=e.faults,
                counts=e.fault_counts(),
                error=e.error,
            )
            for e in self._edges.values()
        )


async def serve(plan: TcpProxyPlan) -> None:
    """Forward until SIGTERM."""
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, over.set)
    proxy = TcpProxy(plan, TimerQueue(), Vigil(loop))
    proxy.listen()
    os.umask(0o077)
    server = await loop.create_unix_server(lambda: TcpControl(proxy.handle), plan.control)
    await asyncio.to_thread(Path(plan.control).chmod, 0o600)
    async with server:
        await over.wait()


if __name__ == "__main__":
    the_plan = msgspec.json.decode(sys.argv[1], type=TcpProxyPlan)
    Path(the_plan.control).unlink(missing_ok=True)
    uvloop.run(serve(the_plan))
