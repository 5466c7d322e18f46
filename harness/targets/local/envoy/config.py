"""The configuration of Envoy: one listener for each edge; runtime keys switch its faults. Pure.

The filters of an edge in order: buffer, fault (delay, error), Lua (drops answers on the one route
that asks for it), router. `buffer` comes first because Envoy's early error to a POST whose body has
not arrived closes the connection, and an `errors` fault must not close connections.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.targets.local.envoy.clusters import cluster
from harness.targets.local.envoy.typed import TYPES, Json, address, typed
from harness.targets.local.layout import PlacedEdge

RTDS_LAYER: Final = "chaos"
GENERATION_KEY: Final = "chaos.generation"
LOST_ROUTE: Final = "lost_answers"
SHIFTED_ROUTE: Final = "second_version"

_FILTERS: Final = f"{TYPES}.extensions.filters"
_MAX_BODY_BYTES: Final = 1_048_576
_MAX_CONNECTIONS: Final = 20_000
# The time limit of an edge. Callers have shorter deadlines; this ends requests without a caller.
_ROUTE_TIMEOUT: Final = "30s"
# Throws an answer away whole, headers too, after the request was done: what a payer sees when the
# gateway loses an answer. The body is taken in first, so that the connections stay in order.
_LOSE_ANSWER: Final = """
function envoy_on_response(handle)
  local names = {}
  for name, _ in pairs(handle:headers()) do
    if string.sub(name, 1, 1) ~= ":" then names[#names + 1] = name end
  end
  for _, name in ipairs(names) do handle:headers():remove(name) end
  handle:headers():replace(":status", "504")
  handle:body(true):setBytes("")
end
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshFiles:
    """The files of one Envoy: configuration and runtime in `folder`, the others as given.

    Envoy writes the results of its health checks and its ejections to `health`.
    """

    folder: Path
    admin: Path
    health: Path

    @property
    def config(self) -> Path:
        """The bootstrap."""
        return self.folder / "bootstrap.json"

    @property
    def runtime(self) -> Path:
        """The faults that are on."""
        return self.folder / "runtime.json"


def bootstrap(node: str, files: MeshFiles, edges: tuple[PlacedEdge, ...]) -> Json:
    """The whole configuration of one Envoy that plays these edges."""
    source = {"path_config_source": {"path": str(files.runtime)}}
    health = str(files.health)
    return {
        "node": {"id": node, "cluster": "squall"},
        "admin": {"address": {"pipe": {"path": str(files.admin), "mode": 0o600}}},
        "static_resources": {
            "listeners": [_listener(edge) for edge in edges],
            "clusters": [
                cluster(one, health) for edge in edges for one in (edge, edge.second) if one
            ],
        },
        "cluster_manager": {"outlier_detection": {"event_log_path": health}},
        "layered_runtime": {
            "layers": [
                {"name": "static", "static_layer": {}},
                {"name": RTDS_LAYER, "rtds_layer": {"name": RTDS_LAYER, "rtds_config": source}},
            ]
        },
        "overload_manager": {"resource_monitors": [_connection_limit()]},
    }


def runtime_key(edge: str, what: str) -> str:
    """The runtime key of one knob of one edge."""
    return f"chaos.{edge}.{what}"


def _listener(edge: PlacedEdge) -> Json:
    return {
        "name": edge.name,
        "address": address(edge.listens, edge.port),
        # Otherwise two Envoys could share the port without a word.
        "enable_reuse_port": False,
        "filter_chains": [
            {
                "filters": [
                    typed("hcm", f"{_FILTERS}.network.http_connection_manager.v3", _hcm(edge))
                ]
            }
        ],
    }


def _hcm(edge: PlacedEdge) -> Json:
    return {
        "@kind": "HttpConnectionManager",
        "stat_prefix": edge.name,
        "generate_request_id": False,
        "http_filters": [
            _filter("buffer", "Buffer", {"max_request_bytes": _MAX_BODY_BYTES}),
            _filter("fault", "HTTPFault", _fault(edge.name)),
            _filter("lua", "Lua", {"source_codes": {"lose": {"inline_string": _LOSE_ANSWER}}}),
            # Without this, every hop parses headers that no service uses.
            _filter("router", "Router", {"suppress_envoy_headers": True}),
        ],
        "route_config": {
            "name": edge.name,
            "virtual_hosts": [{"name": edge.name, "domains": ["*"], "routes": _routes(edge)}],
        },
        "local_reply_config": {"mappers": [_not_processed()]},
    }


def _fault(edge: str) -> Json:
    """Off (0 %) until its runtime keys say otherwise; a delay must stand here to be switchable."""
    return {
        "delay": {"fixed_delay": "0.001s", "percentage": {"numerator": 0}},
        "abort": {"http_status": 503, "percentage": {"numerator": 0}},
        "delay_percent_runtime": runtime_key(edge, "delay_pct"),
        "delay_duration_runtime": runtime_key(edge, "delay_ms"),
        "abort_percent_runtime": runtime_key(edge, "abort_pct"),
        "abort_http_status_runtime": runtime_key(edge, "abort_status"),
    }


def _routes(edge: PlacedEdge) -> list[Json]:
    """The first whose runtime key says so gets the request; the last one gets the rest."""
    lua = f"{_FILTERS}.http.lua.v3.LuaPerRoute"
    keeps = {"lua": {"@type": lua, "disabled": True}}
    loses = {"lua": {"@type": lua, "name": "lose"}}
    routes: list[Json] = [
        {
            "match": {"prefix": "/", "runtime_fraction": _chance(edge.name, "lost_pct")},
            "stat_prefix": LOST_ROUTE,  # gives this route its own counters: the proof
            "route": _route_action(edge.name),
            "typed_per_filter_config": loses,
        }
    ]
    if edge.second is not None:
        routes.append(
            {
                "match": {"prefix": "/", "runtime_fraction": _chance(edge.name, "shift_pct")},
                "stat_prefix": SHIFTED_ROUTE,
                "route": _route_action(edge.second.name),
                "typed_per_filter_config": keeps,
            }
        )
    last = {"match": {"prefix": "/"}, "route": _route_action(edge.name)}
    return [*routes, {**last, "typed_per_filter_config": keeps}]


def _chance(edge: str, what: str) -> Json:
    return {"default_value": {"numerator": 0}, "runtime_key": runtime_key(edge, what)}


def _route_action(edge: str) -> Json:
    """Tried again, elsewhere, is only what was never sent: a payment may not be sent twice."""
    return {
        "cluster": edge,
        "timeout": _ROUTE_TIMEOUT,
        "retry_policy": {
            "retry_on": "connect-failure,refused-stream,reset-before-request",
            "num_retries": 2,
            "retry_back_off": {"base_interval": "0.010s", "max_interval": "0.050s"},
            "retry_host_predicate": [
                typed(
                    "envoy.retry_host_predicates.previous_hosts",
                    f"{TYPES}.extensions.retry.host.previous_hosts.v3",
                    {"@kind": "PreviousHostsPredicate"},
                )
            ],
            "host_selection_retry_max_attempts": 3,
        },
    }


def _not_processed() -> Json:
    """Tells the caller when Envoy itself knows that no server has seen the request.

    Flags: UH no healthy host, UF connection failed, UO circuit breaker.
    """
    return {
        "filter": {"response_flag_filter": {"flags": ["UH", "UF", "UO"]}},
        "headers_to_add": [{"header": {"key": "Not-Processed", "value": "true"}}],
    }


def _connection_limit() -> Json:
    return typed(
        "envoy.resource_monitors.global_downstream_max_connections",
        f"{TYPES}.extensions.resource_monitors.downstream_connections.v3",
        {
            "@kind": "DownstreamConnectionsConfig",
            "max_active_downstream_connections": _MAX_CONNECTIONS,
        },
    )


def _filter(name: str, kind: str, settings: Json) -> Json:
    return typed(name, f"{_FILTERS}.http.{name}.v3", {"@kind": kind, **settings})
