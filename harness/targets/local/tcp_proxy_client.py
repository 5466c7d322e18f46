"""The supervisor's side of the TCP proxy: the owner of all edges via tcp."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import msgspec

from harness.errors import TargetError
from harness.targets.base import EdgeFault
from harness.targets.local.edge_owner import Carried, Counts, EdgeSeen
from harness.targets.local.tcp_protocol import TcpAnswer, TcpRequest

TIMEOUT_S: Final = 1.0


class TcpEdges:
    """Talks to the proxy at `control`. The proxy keeps each fault's lease by itself."""

    def __init__(self, control: Path) -> None:
        self._control = control
        self._carried = Carried()

    async def set_fault(self, edge: str, fault: EdgeFault, lease_s: float) -> None:
        """Make it the edge's only fault."""
        await self._ask(TcpRequest(op="set", edge=edge, fault=fault, lease_s=lease_s))

    async def clear(self, edge: str) -> None:
        """Take any fault away; what it held goes at once."""
        await self._ask(TcpRequest(op="clear", edge=edge))

    async def renew(self, edge: str, lease_s: float) -> None:
        """Prolong the proxy's lease. Raises TargetError if it has ended."""
        await self._ask(TcpRequest(op="renew", edge=edge, lease_s=lease_s))

    async def look(self) -> dict[str, EdgeSeen]:
        """Each edge: chunks, hits and the fault that the proxy has on."""
        answer = await self._ask(TcpRequest(op="status"))
        return {
            e.name: EdgeSeen(
                self._carried.total(e.name, Counts(requests=e.chunks, hits=e.hits)), e.fault
            )
            for e in answer.edges
        }

    async def is_ready(self) -> bool:
        """Whether the proxy answers."""
        try:
            await self._ask(TcpRequest(op="status"))
        except TargetError:
            return False
        return True

    async def _ask(self, request: TcpRequest) -> TcpAnswer:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                reader, writer = await asyncio.open_unix_connection(str(self._control))
                try:
                    writer.write(msgspec.json.encode(request) + b"\n")
                    answer = msgspec.json.decode(await reader.readline(), type=TcpAnswer)
                finally:
                    writer.close()
        except (OSError, TimeoutError, msgspec.MsgspecError) as error:
            raise TargetError(f"the TCP proxy does not answer: {error!r}") from error
        if answer.error:
            raise TargetError(f"the TCP proxy: {answer.error}")
        return answer
