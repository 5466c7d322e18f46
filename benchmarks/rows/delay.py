"""Row delay: how exactly a proxy delays, and whether it ever answers too early."""

from __future__ import annotations

import asyncio
from typing import Final

import numpy as np

from benchmarks.measuring import Case, Figures, Row
from benchmarks.proxies import Proxy, Start
from benchmarks.proxy_load import awake, load, server
from benchmarks.proxy_peers import row_beside_peers

# (delay in ms, connections, seconds): with many connections all fall due together, each round.
LOADS: Final = ((1, 1, 1.5), (10, 1, 2.0), (100, 16, 2.0), (500, 32, 2.2))
_SETTLES_S: Final = 0.1
_EARLIEST: Final = "earliest"

MEANING: Final = "how far a delayed request is from the delay that was asked for"
CASES: Final = (
    Case(name="p50 error at 1 ms", unit="ms", goal=0.15),
    Case(name="p50 error at 10 ms", unit="ms", goal=0.2),
    Case(name="p50 error at 100 ms", unit="ms", goal=0.5),
    Case(name="p50 error at 500 ms", unit="ms", goal=0.8),
    Case(name=_EARLIEST, unit="ms", goal=0.0, must=">="),
)


def measure(start: Start) -> Figures:
    """Measured minus asked, in ms; the round trip of about 0.1 ms is in it."""
    figures, earliest = {}, []
    with awake(), server() as upstream, start(upstream) as proxy:
        load(proxy.port, 1, 0.3)
        for delay_ms, connections, seconds in LOADS:
            asyncio.run(_set(proxy, delay_ms))
            asked = load(proxy.port, connections, seconds)
            asyncio.run(_set(proxy, 0))
            errors = asked.took_ms - delay_ms
            earliest.append(float(errors.min()))
            if connections > 1:  # the first of each connection are dialled one after the other
                errors = errors[connections:]
            figures[f"p50 error at {delay_ms} ms"] = float(np.median(errors))
    return {**figures, _EARLIEST: min(earliest)}


async def _set(proxy: Proxy, delay_ms: int) -> None:
    await proxy.set_delay(delay_ms)
    await asyncio.sleep(_SETTLES_S)  # Envoy's file takes effect some time after the call


def row() -> Row:
    """The error of four delays."""
    return row_beside_peers("delay", MEANING, CASES, measure)
