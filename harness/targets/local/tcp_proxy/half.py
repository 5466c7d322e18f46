"""One half of a proxied connection: reads from its side, writes to the other, holds what must wait.

```
caller --> [half: caller's side] --passage--> [half: server's side] --> server
       <--                       <--passage--
```
While no fault touches it, a chunk costs one counter and one write.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from harness.targets.local.tcp_proxy.active_fault import ActiveFault
from harness.targets.local.tcp_proxy.passage import Passage
from harness.targets.local.tcp_proxy.stages import NEVER, Item, Mark, stage_for

if TYPE_CHECKING:
    from harness.targets.local.tcp_proxy.connection import TcpConnection

_RESET: Final = struct.pack("ii", 1, 0)  # linger 0: close with RST

# Why a half does not read now (bits).
_PEER_IS_FULL: Final = 1
_HOLDS_TOO_MUCH: Final = 2


class TcpHalf(asyncio.Protocol):
    """One side of one connection. `peer` is None until the server's side is connected.

    `ended`: the end of this side's stream was passed on.
    """

    __slots__ = (
        "_connection",
        "_counts",
        "_pauses",
        "_scheduled_ns",
        "_vigil",
        "_write_on",
        "ended",
        "from_caller",
        "passage",
        "peer",
        "transport",
    )

    def __init__(self, connection: TcpConnection, *, from_caller: bool) -> None:
        self._connection, self.from_caller = connection, from_caller
        self._counts, self._vigil = connection.edge.counts, connection.edge.vigil
        self.peer: TcpHalf | None = None
        self.transport: asyncio.Transport | None = None
        self.passage = Passage()
        self._write_on: Callable[[bytes], None] | None = None  # past the passage
        self._pauses, self._scheduled_ns = 0, 0.0
        self.ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A caller has come, or the server was reached."""
        self.transport = cast("asyncio.Transport", transport)
        # Write to the kernel at once, not in the next turn of the loop: released bytes go before
        # the answer to the request that released them.
        self.transport.set_write_buffer_limits(high=0)
        sock = transport.get_extra_info("socket")
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.from_caller:
            self._connection.accepted()

    def data_received(self, data: bytes) -> None:
        """Pass it on, now or when it is due."""
        self._counts.chunks += 1
        if self._write_on is not None:
            self._write_on(data)
        else:
            self._hold(data)
        vigil = self._vigil
        vigil.fresh = True
        if vigil.ready:
            vigil.begin()

    def eof_received(self) -> bool:
        """The end passes as data does: after what was held before it."""
        self._hold(Mark.END)
        return True  # the other direction may still be talking

    def add(self, active: ActiveFault) -> None:
        """From now on that fault touches this direction too, if it does."""
        stage = stage_for(active, from_caller=self.from_caller)
        if stage is not None:
            self._write_on = None
            self.passage.retune((*self.passage.stages, stage))
            self.send_due()

    def drop(self, active: ActiveFault) -> None:
        """That fault is over: what only it has held goes at once, in order."""
        stages = tuple(s for s in self.passage.stages if s.active is not active)
        if len(stages) < len(self.passage.stages):
            self.passage.retune(stages)
            self.send_due()

    def _hold(self, item: Item) -> None:
        self.passage.put(time.monotonic_ns(), item)  # a delay counts from here
        self._write_on = None
        self.send_due()
        if self.passage.is_full:
            self._pause(_HOLDS_TOO_MUCH)

    def send_due(self) -> None:
        """Send what is due; called in vain (after a release), it only looks again."""
        self._scheduled_ns = 0.0
        sent, now_ns = False, time.monotonic_ns()
        while self.peer is not None and not self._pauses & _PEER_IS_FULL:
            item = self.passage.take(now_ns)
            if item is None:
                break
            sent = True
            self._send(item)
        if sent and self._vigil.ready:
            self._vigil.begin()  # an answer may follow
        if self._pauses & _HOLDS_TOO_MUCH and self.passage.has_room:
            self._resume(_HOLDS_TOO_MUCH)
        self._settle()

    def _settle(self) -> None:
        """Find out what the next chunk, or the next turn, has to do."""
        peer = self.peer
        free = self.passage.is_free and peer is not None and not self.ended
        self._write_on = peer.transport.write if free and peer and peer.transport else None
        if self.transport is None and self.passage.is_empty:
            self._connection.left(self)
        due_ns = self.passage.next_ns()
        if due_ns in (NEVER, self._scheduled_ns) or peer is None or self._pauses & _PEER_IS_FULL:
            return
        self._scheduled_ns = due_ns
        self._connection.edge.timers.at(int(due_ns), self.send_due)

    def _send(self, item: Item) -> None:
        there = self.peer.transport if self.peer is not None else None
        if there is not None and there.is_closing():
            there = None
        if item is Mark.CUT:
            self._connection.cut()
        elif item is Mark.FINISH:
            self._connection.finish()
        elif isinstance(item, Mark):
            self._send_end(there)
        elif there is not None:
            there.write(item)

    def _send_end(self, there: asyncio.Transport | None) -> None:
        """Pass the end on; when both ways have ended, or a side has gone, the whole has ended."""
        self.ended = True
        if there is None or self.transport is None or (self.peer and self.peer.ended):
            for transport in (there, self.transport):
                if transport is not None:
                    transport.close()
        else:
            there.write_eof()

    def pause_writing(self) -> None:
        """Our side takes no more: the other must not read."""
        if self.peer is not None:
            self.peer._pause(_PEER_IS_FULL)  # noqa: SLF001  # the other half of one thing

    def resume_writing(self) -> None:
        """Our side takes more."""
        if self.peer is not None:
            self.peer.peer_has_room()

    def peer_has_room(self) -> None:
        """The peer takes more. Or it is gone: then held items are dropped."""
        if self._pauses & _PEER_IS_FULL:
            self._resume(_PEER_IS_FULL)
            if not self.passage.is_empty:
                self.passage.stalled(time.monotonic_ns())
                self.send_due()

    def _pause(self, why: int) -> None:
        if not self._pauses and self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()
        self._pauses |= why

    def _resume(self, why: int) -> None:
        if self._pauses == why and self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()
        self._pauses &= ~why

    def connection_lost(self, exc: Exception | None) -> None:
        """The side has gone; the other learns it after what was held, as over a real network.

        A side that was reset (or that answers a write with RST) resets the other.
        """
        self.transport = None
        self._write_on = None
        peer = self.peer
        if peer is None:
            self.passage.clear()
            self._settle()
            return
        if isinstance(exc, OSError):
            self._hold(Mark.CUT)
        elif self.ended:
            self._send_end(peer.transport)
            self._settle()
        else:
            self._hold(Mark.END)
        peer.peer_has_room()
        peer.send_due()

    def reset(self) -> None:
        """End it now with RST; held bytes are lost."""
        self.passage.clear()
        if self.transport is not None and not self.transport.is_closing():
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.transport.abort()
        elif self.transport is not None:
            self.transport.abort()
        else:
            self._settle()

    def finish(self) -> None:
        """Close it: written bytes still arrive, held bytes are lost."""
        self.passage.clear()
        self.ended = True
        if self.transport is not None:
            self.transport.close()
        else:
            self._settle()
