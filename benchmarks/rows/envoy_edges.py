"""Row envoy-edges: what an Envoy edge costs and how exact its faults are, beside our TCP proxy."""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec

from benchmarks.measuring import Case, Figures, Peer, Row
from benchmarks.proxies import Start, squall
from benchmarks.proxy_peers import envoy_edge
from benchmarks.rows import delay, tcp_proxy

MEANING: Final = "what an edge of the mesh costs and how exact its delays are; no goal: Envoy's own"


def measure(start: Start) -> Figures:
    """The figures of the rows tcp-proxy (one edge) and delay."""
    return {**tcp_proxy.measure(start), **delay.measure(start)}


def _without_goal(case: Case) -> Case:
    return msgspec.structs.replace(case, goal=None)


def row() -> Row:
    """Ours is the edge as the local target configures it."""
    return Row(
        name="envoy-edges",
        meaning=MEANING,
        cases=tuple(map(_without_goal, (*tcp_proxy.CASES, *delay.CASES))),
        ours=partial(measure, envoy_edge),
        peers=(Peer(name="Squall's TCP proxy", measure=partial(measure, squall)),),
    )
