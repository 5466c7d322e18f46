"""What Envoy finds out about the instances behind its edges, as events: how the system notices.

Envoy writes one log with lines of two kinds: its health checks found an instance able or unable,
and it ejected one whose connections fail, or took it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from harness.clock import NS_PER_S, Clock
from harness.files.undecodable import UNDECODABLE
from harness.targets.local.layout import PlacedEdge
from harness.timeline import Event

HEALTHY: Final = "healthy"
UNHEALTHY: Final = "unhealthy"
_ACTIONS: Final = {"EJECT": UNHEALTHY, "UNEJECT": HEALTHY}


class _Socket(msgspec.Struct, frozen=True):
    address: str
    port_value: int


class _Host(msgspec.Struct, frozen=True):
    socket_address: _Socket


class _Ejection(msgspec.Struct, frozen=True):
    failure_type: str


class _Return(msgspec.Struct, frozen=True):
    first_check: bool = False


class _Line(msgspec.Struct, frozen=True):
    """Either kind; an enforced action belongs to the second one."""

    cluster_name: str
    timestamp: datetime
    host: _Host | None = None
    eject_unhealthy_event: _Ejection | None = None
    add_healthy_event: _Return | None = None
    type: str = ""
    upstream_url: str = ""
    action: str = ""


_decode = msgspec.json.Decoder(_Line).decode


class HealthReader:
    """Turns one Envoy's lines into events, named by edge and instance."""

    def __init__(self, envoy: str, edges: tuple[PlacedEdge, ...], clock: Clock) -> None:
        self._envoy, self._clock = envoy, clock
        self._instances = {(e.name, i.address): i.name for e in edges for i in e.behind}

    def events_in(self, chunk: bytes) -> Iterator[Event]:
        """The changes of health in whole lines; a line that tells of none is passed over."""
        wall_to_mono_ns = self._clock.monotonic_ns() - self._clock.wall_ns()
        for raw in chunk.splitlines():
            try:
                line = _decode(raw)
            except UNDECODABLE:
                continue
            state, address, why = _told(line)
            instance = self._instances.get((line.cluster_name, address))
            if state and instance:
                wall_ns = round(line.timestamp.timestamp() * 1000) * (NS_PER_S // 1000)
                yield Event(
                    mono_ns=wall_ns + wall_to_mono_ns,
                    wall_ns=wall_ns,
                    source="service",
                    kind="health",
                    name=line.cluster_name,
                    target=instance,
                    data={"state": state, "why": why, "by": self._envoy},
                )


def _told(line: _Line) -> tuple[str, str, str]:
    """State, address and cause; no state if it is another line."""
    if line.host is None:
        return _ACTIONS.get(line.action, ""), line.upstream_url, line.type.lower()
    address = f"{line.host.socket_address.address}:{line.host.socket_address.port_value}"
    if line.eject_unhealthy_event is not None:
        return UNHEALTHY, address, f"check {line.eject_unhealthy_event.failure_type.lower()}"
    return (HEALTHY if line.add_healthy_event is not None else ""), address, "check"
