"""What is behind an edge in Envoy's configuration: hosts, health checks, ejection, limits. Pure."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from harness.system import READY
from harness.targets.local.envoy.typed import TYPES, Json, address, typed
from harness.targets.local.layout import PlacedEdge, PlacedInstance

_MAX_REQUESTS: Final = 1024
# Shorter than the servers keep an idle connection (uvicorn: 5 s), or a request would now and then
# be sent just as the server hangs up.
_UPSTREAM_IDLE: Final = "3s"


def cluster(edge: PlacedEdge, health: str) -> Json:
    """The instances behind an edge, as the log file `health` hears of them."""
    options = f"{TYPES}.extensions.upstreams.http.v3.HttpProtocolOptions"
    hosts = [{"endpoint": {"address": address(i.host, i.port)}} for i in edge.behind]
    return {
        "name": edge.name,
        **_found_by(edge),
        "connect_timeout": "0.5s",
        "lb_policy": "LEAST_REQUEST",
        "load_assignment": {"cluster_name": edge.name, "endpoints": [{"lb_endpoints": hosts}]},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": options,
                "explicit_http_config": {"http_protocol_options": {}},
                "common_http_protocol_options": {"idle_timeout": _UPSTREAM_IDLE},
            }
        },
        # Never send to hosts known to be unable: an honest, immediate 503 says that nothing was
        # processed; the default (panic below 50 %) would send payments to servers that hang.
        "common_lb_config": {
            "healthy_panic_threshold": {"value": 0},
            # By default a second change of health within a second waits for that second's end.
            "update_merge_window": "0s",
        },
        # A network that was cut keeps open connections open: only new ones show it.
        "close_connections_on_host_health_failure": edge.may_be_cut,
        "health_checks": [
            {**_health_check(edge.behind[0], health), "reuse_connection": not edge.may_be_cut}
        ],
        "outlier_detection": _outlier_detection(),
        "circuit_breakers": {
            "thresholds": [
                {
                    "max_connections": _MAX_REQUESTS,
                    "max_pending_requests": _MAX_REQUESTS,
                    "max_requests": edge.edge.in_flight_max or _MAX_REQUESTS,
                    "max_retries": 64,
                }
            ]
        },
    }


def _found_by(edge: PlacedEdge) -> Json:
    """By their addresses, or by all addresses that a name has, asked again every second."""
    if all(_is_address(instance.host) for instance in edge.behind):
        return {"type": "STATIC"}
    return {"type": "STRICT_DNS", "dns_lookup_family": "V4_PREFERRED", "dns_refresh_rate": "1s"}


def _health_check(placed: PlacedInstance, log: str) -> Json:
    """By HTTP; an attached service that states no path is asked by its port."""
    path = placed.service.ready or ("" if placed.url else READY)
    base = urlsplit(placed.url).path.rstrip("/")
    how: Json = (
        {"http_health_check": {"path": f"{base}{path}"}} if path else {"tcp_health_check": {}}
    )
    sinks = f"{TYPES}.extensions.health_check.event_sinks.file.v3"
    sink = {"@kind": "HealthCheckEventFileSink", "event_log_path": log}
    return {
        "timeout": "0.5s",
        "interval": "0.25s",
        "no_traffic_interval": "0.25s",
        # One lost check on a full machine is not a death; a 503 or two misses are.
        "unhealthy_threshold": 2,
        "healthy_threshold": 1,
        **how,
        "event_logger": [typed("envoy.health_check.event_sinks.file", sinks, sink)],
    }


def _outlier_detection() -> Json:
    """Ejects a host whose connections fail, at once; answers (5xx) are not its business."""
    return {
        "split_external_local_origin_errors": True,
        "consecutive_local_origin_failure": 2,
        "enforcing_consecutive_local_origin_failure": 100,
        "enforcing_local_origin_success_rate": 0,
        "enforcing_consecutive_5xx": 0,
        "enforcing_consecutive_gateway_failure": 0,
        "enforcing_success_rate": 0,
        "interval": "0.25s",
        "base_ejection_time": "0.5s",
        "max_ejection_time": "2s",
        "max_ejection_percent": 50,
    }


def _is_address(host: str) -> bool:
    return host.replace(".", "").isdecimal()
