"""Which fault an edge can have: HTTP edges know requests, TCP edges know bytes; pure."""

from __future__ import annotations

import math
from typing import Final, Literal

from harness.errors import FaultError
from harness.targets.base import EdgeFault, EdgeFaultKind

HTTP_KINDS: Final[tuple[EdgeFaultKind, ...]] = ("latency", "errors", "lost_answers")
TCP_KINDS: Final[tuple[EdgeFaultKind, ...]] = (
    "latency",
    "bandwidth",
    "reset",
    "blackhole",
    "refuse",
)
MAX_LATENCY_MS: Final = 60_000.0
MAX_LEASE_S: Final = 600.0
_STATUS: Final = range(400, 600)
_ALL: Final = 100.0


def check_fault(edge: str, via: Literal["gateway", "mesh", "tcp"], fault: EdgeFault) -> None:
    """Raise FaultError if such an edge cannot do that, naming the value and what it can do."""
    kinds = TCP_KINDS if via == "tcp" else HTTP_KINDS
    if fault.kind not in kinds:
        known = ", ".join(kinds)
        raise FaultError(f"edge {edge} goes via {via}: it cannot do {fault.kind!r}, but {known}")
    for wrong in (_wrong_share(via, fault), _wrong_latency(via, fault), _wrong_rest(fault)):
        if wrong:
            raise FaultError(f"edge {edge}: {fault.kind}: {wrong}")


def check_lease(lease_s: float) -> None:
    """Raise FaultError unless the lease has an end."""
    if not 0 < lease_s <= MAX_LEASE_S:  # refuses NaN too
        raise FaultError(f"lease_s: {lease_s!r}: write more than 0 and at most {MAX_LEASE_S:g}")


def _wrong_share(via: str, fault: EdgeFault) -> str:
    if not 0 < fault.percent <= _ALL:
        return f"percent: {fault.percent!r}: write more than 0 and at most 100"
    if via == "tcp" and fault.percent != _ALL:
        return f"percent: {fault.percent!r}: a tcp edge knows no requests, write 100"
    return ""


def _wrong_latency(via: str, fault: EdgeFault) -> str:
    if fault.kind != "latency":
        return ""
    if not 0 < fault.latency_ms <= MAX_LATENCY_MS:
        return f"latency_ms: {fault.latency_ms!r}: write more than 0 and at most {MAX_LATENCY_MS:g}"
    if via != "tcp" and (fault.jitter_ms or fault.latency_ms < 1):
        return "Envoy delays by whole milliseconds without jitter; a tcp edge does both"
    if not 0 <= fault.jitter_ms <= fault.latency_ms:
        return f"jitter_ms: {fault.jitter_ms!r}: write 0 to latency_ms"
    return ""


def _wrong_rest(fault: EdgeFault) -> str:
    if fault.kind == "errors" and fault.status not in _STATUS:
        return f"status: {fault.status}: write 400 to 599"
    speed = fault.kbytes_per_s
    if fault.kind == "bandwidth" and not (speed > 0 and math.isfinite(speed)):
        return f"kbytes_per_s: {speed!r}: write more than 0"
    return ""
