"""Row tcp-proxy: latency, throughput and CPU that a proxy without a fault adds."""

from __future__ import annotations

from typing import Final

import numpy as np

from benchmarks.measuring import Case, Figures, Row
from benchmarks.proxies import Start, straight
from benchmarks.proxy_load import cpu_us, load, memory_mb, server, spread
from benchmarks.proxy_peers import row_beside_peers

MANY: Final = 16
EDGES: Final = 12
_WARM_UP_S: Final = 0.3
_ALONE_S: Final = 1.5
_MANY_S: Final = 2.5

MEANING: Final = "what an edge costs while no fault is on"
CASES: Final = (
    Case(name="requests c=16", unit="/s", goal=1.0, must=">=", against="ratio"),
    Case(name="cpu c=16", unit="us/request", goal=14.0),
    Case(name="added p50 c=1", unit="us", goal=80.0),
)
EDGES_CASES: Final = (
    Case(name="requests c=48, 12 edges", unit="/s", goal=1.0, must=">=", against="ratio"),
    Case(name="memory, 12 edges", unit="MB", goal=25.0),
)


def measure(start: Start) -> Figures:
    """The three figures of one proxy, and of nothing else in the same seconds."""
    with server() as upstream, start(upstream) as proxy:
        with straight(upstream) as nothing:
            bare_us = _p50_us(nothing.port)
        alone_us = _p50_us(proxy.port)
        load(proxy.port, MANY, _WARM_UP_S)
        before_us = cpu_us(proxy.pid)
        many = load(proxy.port, MANY, _MANY_S)
        spent_us = cpu_us(proxy.pid) - before_us
    return {
        "requests c=16": many.per_s,
        "cpu c=16": spent_us / len(many.sent_ns),
        "added p50 c=1": alone_us - bare_us,
    }


def measure_edges(start: Start) -> Figures:
    """One process that plays a dozen edges, all of them busy."""
    with server() as upstream, start(upstream, EDGES) as proxy:
        spread(proxy.ports, EDGES * 4, _WARM_UP_S)
        asked = spread(proxy.ports, EDGES * 4, _ALONE_S)
        return {
            "requests c=48, 12 edges": asked.per_s,
            "memory, 12 edges": memory_mb(proxy.pid),
        }


def measure_all(start: Start) -> Figures:
    """One edge, then a dozen."""
    return {**measure(start), **measure_edges(start)}


def _p50_us(port: int) -> float:
    load(port, 1, _WARM_UP_S)
    return float(np.median(load(port, 1, _ALONE_S).took_ms)) * 1000


def row() -> Row:
    """Requests through one proxy on one core."""
    return row_beside_peers("tcp-proxy", MEANING, (*CASES, *EDGES_CASES), measure_all)
