"""The supervisor's side of the TCP proxy: the owner of all edges via tcp."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Final

import msgspec

from harness.errors import TargetError
from harness.targets.local.edge_owner import Carried, EdgeSeen
from harness.targets.local.tcp_proxy.protocol import TcpAnswer, TcpEdgeState, TcpRequest
from harness.targets.records import SLOT_MARK, EdgeFault, FaultCount

TIMEOUT_S: Final = 1.0
_READ_BYTES: Final = 65_536


class TcpEdges:
    """Talks to the proxy at `control`. The proxy keeps each fault's lease by itself.

    One connection is kept, one question is asked at a time. Every question may be asked again.
    """

    def __init__(self, control: Path) -> None:
        self._control = control
        self._carried = Carried()
        self._line: socket.socket | None = None
        self._one_question = asyncio.Lock()

    async def set_fault(self, edge: str, fault: EdgeFault, lease_s: float) -> None:
        """Put it on, in its slot."""
        await self._ask(TcpRequest(op="set", edge=edge, fault=fault, lease_s=lease_s))

    async def clear(self, edge: str, slot: str = "") -> None:
        """Take one fault or all away; held bytes are passed on at once."""
        await self._ask(TcpRequest(op="clear", edge=edge, slot=slot))

    async def renew(self, edge: str, slot: str, lease_s: float) -> None:
        """Prolong the proxy's lease. Raises TargetError if it has ended."""
        await self._ask(TcpRequest(op="renew", edge=edge, slot=slot, lease_s=lease_s))

    async def look(self) -> dict[str, EdgeSeen]:
        """Each edge: its chunks, and the faults that the proxy has on with their counters."""
        answer = await self._ask(TcpRequest(op="status"))
        return {e.name: self._seen(e) for e in answer.edges}

    def _seen(self, edge: TcpEdgeState) -> EdgeSeen:
        counts = tuple(
            FaultCount(slot=c.slot, hits=hits, bytes=size, connections=chosen, offered=offered)
            for c in edge.counts
            for hits, size, chosen, offered in [
                self._carried.total(
                    f"{edge.name}{SLOT_MARK}{c.slot}", (c.hits, c.bytes, c.connections, c.offered)
                )
            ]
        )
        (chunks,) = self._carried.total(edge.name, (edge.chunks,))
        return EdgeSeen(requests=chunks, faults=edge.faults, counts=counts, error=edge.error)

    async def is_ready(self) -> bool:
        """Whether the proxy answers."""
        try:
            await self._ask(TcpRequest(op="status"))
        except TargetError:
            return False
        return True

    def close(self) -> None:
        """Close the connection; the next question opens a new one."""
        if self._line is not None:
            self._line.close()
        self._line = None

    async def _ask(self, request: TcpRequest) -> TcpAnswer:
        sent = msgspec.json.encode(request) + b"\n"
        try:
            async with asyncio.timeout(TIMEOUT_S), self._one_question:
                said = (self._line and await self._say(sent)) or await self._say(sent)
            answer = msgspec.json.decode(said, type=TcpAnswer)
        except (OSError, TimeoutError, msgspec.MsgspecError) as error:
            raise TargetError(f"the TCP proxy does not answer: {error!r}") from error
        if answer.error:
            raise TargetError(f"the TCP proxy: {answer.error}")
        return answer

    async def _say(self, sent: bytes) -> bytes:
        """The answer's line, or b"" if the other side hung up: perhaps long ago, unnoticed.

        It is sent before the loop turns, which halves the way to the fault: a line fits into the
        socket's buffer.
        """
        said = b""
        line = self._line = self._line or self._dial()
        try:
            line.send(sent)
            while more := await asyncio.get_running_loop().sock_recv(line, _READ_BYTES):
                said += more
                if said.endswith(b"\n"):
                    return said
        except ConnectionError:
            pass
        finally:
            if not said.endswith(b"\n"):
                self.close()  # a late answer must not be taken for the next one's
        return b""

    def _dial(self) -> socket.socket:
        line = socket.socket(socket.AF_UNIX)
        try:
            line.setblocking(False)
            line.connect(str(self._control))
        except OSError:
            line.close()
            raise
        return line
