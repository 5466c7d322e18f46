"""Envoy's own words about instances become events with its own time."""

from __future__ import annotations

import json

from harness.clock import NS_PER_S
from harness.system import Edge, Service
from harness.targets.local.envoy.health import HealthReader
from harness.targets.local.layout import PlacedEdge, PlacedInstance
from harness.timeline import Event
from tests.support.manual_clock import ManualClock

EDGE = "payments>ledger"
AT = "2026-01-01T00:00:00.250Z"
AT_NS = 1_767_225_600 * NS_PER_S + NS_PER_S // 4


def read(*lines: object) -> list[Event]:
    service = Service(name="ledger")
    behind = tuple(
        PlacedInstance(name=f"ledger-{i}", service=service, host="127.0.0.1", port=7000 + i)
        for i in (1, 2)
    )
    edge = PlacedEdge(edge=Edge(name=EDGE, via="mesh"), port=1, behind=behind)
    told = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    return list(HealthReader("mesh", (edge,), ManualClock()).events_in(told))


def checked(port: int, **event: object) -> dict[str, object]:
    address = {"protocol": "TCP", "address": "127.0.0.1", "port_value": port}
    host = {"socket_address": address}
    return {"host": host, "cluster_name": EDGE, "timestamp": AT, "locality": {}, **event}


def acted(action: str) -> dict[str, object]:
    return {
        "type": "CONSECUTIVE_LOCAL_ORIGIN_FAILURE",
        "timestamp": AT,
        "cluster_name": EDGE,
        "upstream_url": "127.0.0.1:7002",
        "action": action,
        "enforced": action == "EJECT",
    }


def test_checks_tell_who_is_unable_and_who_is_able_again() -> None:
    unable = checked(7001, eject_unhealthy_event={"failure_type": "NETWORK"})
    able = checked(7001, add_healthy_event={"first_check": False})
    told = [(e.kind, e.name, e.target, e.data["state"], e.data["why"]) for e in read(unable, able)]
    assert told == [
        ("health", EDGE, "ledger-1", "unhealthy", "check network"),
        ("health", EDGE, "ledger-1", "healthy", "check"),
    ]


def test_failing_connections_eject_and_bring_back() -> None:
    told = [(e.target, e.data["state"]) for e in read(acted("EJECT"), acted("UNEJECT"))]
    assert told == [("ledger-2", "unhealthy"), ("ledger-2", "healthy")]


def test_the_time_is_envoys_own() -> None:
    (event,) = read(acted("EJECT"))
    assert event.wall_ns == AT_NS
    clock = ManualClock()
    assert event.mono_ns - clock.monotonic_ns() == AT_NS - clock.wall_ns()


def test_what_tells_of_no_change_is_passed_over() -> None:
    first = checked(7001, health_check_failure_event={"failure_type": "NETWORK"})
    stranger = checked(9999, add_healthy_event={"first_check": False})
    assert read(first, stranger, {"other": 1}, "text") == []
