"""When a chunk may go on: the faults of a TCP edge as arithmetic; pure.

Latency is added to the request's way only, so that a round trip takes `latency_ms` longer.
Bandwidth is that of one connection, each way by itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from harness.targets.base import EdgeFault

NEVER: Final = math.inf
_NS_PER_MS: Final = 1_000_000


def due_ns(
    fault: EdgeFault | None,
    now_ns: int,
    last_ns: float,
    chunk: tuple[int, bool],
    draw: Callable[[], float],
) -> float:
    """When a chunk of (length in bytes, from the caller?) is due; `NEVER` while swallowed.

    `last_ns` is when the chunk before it is due: no chunk overtakes another. `draw` gives 0..1.
    """
    length, from_caller = chunk
    due = max(float(now_ns), last_ns)
    if fault is None:
        return due
    if fault.kind == "blackhole":
        return NEVER
    if fault.kind == "latency" and from_caller:
        delay_ms = fault.latency_ms + fault.jitter_ms * (2 * draw() - 1)
        return max(now_ns + math.ceil(delay_ms * _NS_PER_MS), last_ns)
    if fault.kind == "bandwidth":
        return due + math.ceil(length / fault.kbytes_per_s * _NS_PER_MS)
    return due


def touches(fault: EdgeFault | None, *, from_caller: bool) -> bool:
    """Whether such a fault changes what happens to a chunk."""
    if fault is None or fault.kind not in ("latency", "blackhole", "bandwidth"):
        return False  # the others cut connections, whatever is on its way
    return from_caller or fault.kind != "latency"
