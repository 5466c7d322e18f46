"""One proxied connection: the caller's half, the server's half, and the faults that chose it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from harness.targets.local.tcp_proxy.active_fault import ActiveFault
from harness.targets.local.tcp_proxy.half import TcpHalf

if TYPE_CHECKING:
    from harness.targets.local.tcp_proxy.edge import TcpEdge

HOLDS: Final = ("blackhole", "timeout")
CUTS: Final = ("reset", "refuse")
_NS_PER_MS: Final = 1_000_000


class TcpConnection:
    """Lives from the accepted connection until both sides have gone and nothing is held."""

    __slots__ = ("_actives", "_dialling", "_is_over", "caller", "edge", "server")

    def __init__(self, edge: TcpEdge) -> None:
        self.edge = edge
        self.caller = TcpHalf(self, from_caller=True)
        self.server: TcpHalf | None = None
        self._actives: list[ActiveFault] = []
        self._dialling: asyncio.Task[None] | None = None
        self._is_over = False

    @property
    def held_bytes(self) -> int:
        """Bytes that wait here now."""
        return sum(half.passage.held_bytes for half in self._halves())

    def accepted(self) -> None:
        """The caller is connected; while the edge resets, not for long."""
        self.edge.joined(self)
        self.dial()

    def offer(self, active: ActiveFault) -> None:
        """That fault may choose this connection; then it touches it at once."""
        if self._is_over or not active.choose():
            return
        self._actives.append(active)
        for half in self._halves():
            half.add(active)
        fault = active.fault
        if fault.kind in CUTS:
            self._later(fault.after_ms, partial(self._cut_for, active))
        elif fault.kind == "timeout":
            self._later(fault.timeout_ms, partial(self._finish_for, active))

    def drop(self, active: ActiveFault) -> None:
        """That fault is over."""
        if active in self._actives:
            self._actives.remove(active)
            for half in self._halves():
                half.drop(active)
            self.dial()

    def dial(self) -> None:
        """Reach for the server, unless a fault swallows what the caller sends."""
        caller = self.caller.transport
        if self.server is not None or self._dialling is not None:
            return
        if caller is None or caller.is_closing():
            return
        holding = self._holding()
        if holding is not None:
            holding.touch()
        else:
            self._dialling = asyncio.get_running_loop().create_task(self._dial())

    def _holding(self) -> ActiveFault | None:
        for active in self._actives:
            if active.fault.kind in HOLDS and active.touches(from_caller=True):
                return active
        return None

    async def _dial(self) -> None:
        server = await self.edge.connect(self)
        self._dialling = None
        caller = self.caller
        if server is None or caller.transport is None or caller.transport.is_closing():
            for half in (caller, server):
                if half is not None:
                    half.reset()
            self.over_if_gone()
            return
        self.server = server
        caller.peer, server.peer = server, caller
        for active in self._actives:
            server.add(active)
        for half in (caller, server):
            half.send_due()

    def cut(self) -> None:
        """End both sides with RST."""
        for half in self._halves():
            half.reset()

    def finish(self) -> None:
        """End both sides with FIN."""
        for half in self._halves():
            half.finish()

    def _later(self, wait_ms: float, call: partial[None]) -> None:
        if wait_ms:
            self.edge.timers.in_ns(round(wait_ms * _NS_PER_MS), call)
        else:
            call()

    def _cut_for(self, active: ActiveFault) -> None:
        if not active.over and not self._is_over:
            active.touch()
            self.cut()

    def _finish_for(self, active: ActiveFault) -> None:
        if not active.over and not self._is_over:
            active.touch()
            self.finish()

    def left(self, half: TcpHalf) -> None:
        """A side has gone and holds nothing."""
        del half
        self.over_if_gone()

    def over_if_gone(self) -> None:
        """Forget the connection when nothing of it is left."""
        gone = all(h.transport is None and h.passage.is_empty for h in self._halves())
        if gone and self._dialling is None and not self._is_over:
            self._is_over = True
            self.edge.left(self)

    def _halves(self) -> tuple[TcpHalf, ...]:
        return (self.caller,) if self.server is None else (self.caller, self.server)
