"""One TCP edge: its port, its connections, and the faults that are on, each with its own lease."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Final

from harness.errors import FaultError
from harness.targets.local.tcp_proxy.active_fault import ActiveFault
from harness.targets.local.tcp_proxy.busy_poll import Vigil
from harness.targets.local.tcp_proxy.connection import TcpConnection
from harness.targets.local.tcp_proxy.half import TcpHalf
from harness.targets.local.tcp_proxy.listener import TcpListener
from harness.targets.local.tcp_proxy.protocol import TcpEdgePlan
from harness.targets.local.tcp_proxy.timer_queue import TimerQueue
from harness.targets.records import EdgeFault, FaultCount

CONNECT_TIMEOUT_S: Final = 5.0
FAULTS_MAX: Final = 8
SLOTS_MAX: Final = 64
_TRY_AGAIN_S: Final = 0.2


@dataclass(slots=True)
class EdgeCounts:
    """What has passed; counts only grow."""

    chunks: int = 0


@dataclass(slots=True)
class _Leased:
    active: ActiveFault
    lease: asyncio.TimerHandle


class TcpEdge:
    """Forwards a port to a server. `error` says why the last command failed, or is ""."""

    def __init__(self, plan: TcpEdgePlan, timers: TimerQueue, vigil: Vigil) -> None:
        self.name, self.timers, self.vigil = plan.name, timers, vigil
        self.counts, self.error = EdgeCounts(), ""
        self._upstream = plan.socket or (plan.host, plan.upstream)
        self._listener = TcpListener(plan.port, self._accept)
        self._on: dict[str, _Leased] = {}
        self._past: dict[str, FaultCount] = {}
        self._connections: dict[TcpConnection, None] = {}  # in the order of their coming

    def listen(self) -> None:
        """Callers get through from now on. Raises OSError if the port is in use."""
        self._listener.listen()

    @property
    def faults(self) -> tuple[EdgeFault, ...]:
        """The faults that are on, in the order in which they were set."""
        return tuple(leased.active.fault for leased in self._on.values())

    def fault_counts(self) -> tuple[FaultCount, ...]:
        """What each fault has touched, also those that are over.

        An edge that refuses is asked by a connection of its own: one that was refused is a hit.
        """
        refusing = [on.active for on in self._on.values() if on.active.fault.kind == "refuse"]
        if refusing and self._listener.refuses():
            for active in refusing:
                active.touch()
        now = {slot: leased.active.count() for slot, leased in self._on.items()}
        return tuple({**self._past, **now}.values())

    def set_fault(self, fault: EdgeFault, lease_s: float) -> None:
        """Put it on, in its slot; it works when this returns.

        Raises FaultError if too many are on. Raises OSError if it replaces a refusal and the port
        is in use.
        """
        slot = fault.name
        if slot not in self._on and len(self._on) >= FAULTS_MAX:
            raise FaultError(f"{self.name} has {FAULTS_MAX} faults, the most allowed; undo one")
        self._take_off(slot)
        active = ActiveFault(fault, self._past.pop(slot, FaultCount(slot=slot)))
        self._on[slot] = _Leased(active, self._lease(slot, lease_s))
        if fault.kind == "refuse":
            self._listener.refuse()
        if fault.connections == "all":
            for connection in tuple(self._connections):
                connection.offer(active)

    def clear(self, slot: str = "") -> None:
        """Take that fault off, or all; held bytes are passed on at once.

        Raises OSError if the edge cannot be listened at again: then it goes on refusing.
        """
        for name in (slot,) if slot else tuple(self._on):
            self._take_off(name)

    def renew(self, slot: str, lease_s: float) -> bool:
        """Keep that fault, or all, for that long from now; False if there is none."""
        kept = [slot] if slot else list(self._on)
        for name in kept:
            if name not in self._on:
                return False
            self._on[name].lease.cancel()
            self._on[name].lease = self._lease(name, lease_s)
        return bool(kept)

    @property
    def hits(self) -> int:
        """What all faults have touched since the start."""
        past = sum(count.hits for count in self._past.values())
        return past + sum(leased.active.hits for leased in self._on.values())

    @property
    def connections(self) -> int:
        """Connections of which a side is connected or something is held."""
        return len(self._connections)

    @property
    def held_bytes(self) -> int:
        """Bytes that wait here now."""
        return sum(connection.held_bytes for connection in self._connections)

    def joined(self, connection: TcpConnection) -> None:
        """A caller was accepted: each fault may choose its connection."""
        self._connections[connection] = None
        for leased in tuple(self._on.values()):
            connection.offer(leased.active)

    def left(self, connection: TcpConnection) -> None:
        """A connection is over."""
        self._connections.pop(connection, None)

    async def connect(self, connection: TcpConnection) -> TcpHalf | None:
        """The server's side of a connection, or None if the server cannot be reached."""
        half = TcpHalf(connection, from_caller=False)
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
        """Accept no caller and reset all connections."""
        for leased in self._on.values():
            leased.lease.cancel()
        self._listener.close()
        for connection in tuple(self._connections):
            connection.cut()

    def _accept(self) -> TcpHalf:
        return TcpConnection(self).caller

    def _lease(self, slot: str, lease_s: float) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(lease_s, partial(self._expire, slot))

    def _expire(self, slot: str) -> None:
        """The lease is over; a port that is in use is tried again until it is free."""
        try:
            self._take_off(slot)
        except OSError:
            self._on[slot].lease = self._lease(slot, _TRY_AGAIN_S)

    def _take_off(self, slot: str) -> None:
        leased = self._on.get(slot)
        if leased is None:
            return
        refusals = [name for name, on in self._on.items() if on.active.fault.kind == "refuse"]
        if refusals == [slot]:
            self._listen_again()
        del self._on[slot]
        leased.lease.cancel()
        leased.active.over = True
        self._remember(leased.active)
        for connection in tuple(self._connections):
            connection.drop(leased.active)

    def _listen_again(self) -> None:
        """The fault is over only when callers get through."""
        try:
            self._listener.listen()
        except OSError as error:
            self.error = f"callers are still refused: {error}; end the process that listens there"
            raise
        self.error = ""

    def _remember(self, active: ActiveFault) -> None:
        self._past[active.fault.name] = active.count()
        while len(self._past) > SLOTS_MAX:
            del self._past[next(iter(self._past))]
