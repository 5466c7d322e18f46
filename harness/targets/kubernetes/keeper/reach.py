"""Whether the pods behind an edge can be reached from this one, by new connections of our own."""

from __future__ import annotations

import asyncio
import socket
from typing import Final

from harness.targets.kubernetes.keeper.plan import split_address
from harness.targets.kubernetes.keeper.protocol import Reached

LIMIT_S: Final = 0.7
_PEERS_MAX: Final = 32


async def reach(upstream: str) -> Reached:
    """Try every address that the name has now, at most 32 of them, at once."""
    host, port = split_address(upstream)
    try:
        async with asyncio.timeout(LIMIT_S):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, family=socket.AF_INET, type=socket.SOCK_STREAM
            )
    except (OSError, TimeoutError) as error:
        return Reached(message=f"{host}: {error!r}")
    addresses = sorted({str(entry[4][0]) for entry in found})[:_PEERS_MAX]
    told = await asyncio.gather(*(_answers(address, port) for address in addresses))
    return Reached(tried=len(told), reached=sum(told))


async def _answers(address: str, port: int) -> bool:
    try:
        async with asyncio.timeout(LIMIT_S):
            _, writer = await asyncio.open_connection(address, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
