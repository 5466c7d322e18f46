"""Prometheus metrics of one service, and the observer that turns edge events into them."""

from __future__ import annotations

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from reference_services.chassis.edge_calls import EdgeCalls
from reference_services.chassis.guards import Guards
from reference_services.chassis.logs import Field, Log
from reference_services.resilience.observer import Move

_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_HALF_OPEN: Final = "half-open"
_STATES: Final = {"closed": 0, _HALF_OPEN: 1, "open": 2}


class Metrics:
    """One registry a service, so that two services can live in one test process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._answers = self.counter("http_answers", "Answers by endpoint and status", "status")
        self._duration = Histogram(
            "http_seconds",
            "Time to answer",
            ["endpoint"],
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self.in_flight = Gauge("http_in_flight", "Requests in flight", registry=self.registry)
        self._bound: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        """A counter by `endpoint` and further labels."""
        return Counter(name, text, ["endpoint", *labels], registry=self.registry)

    def gauge(self, name: str, text: str) -> Gauge:
        """A gauge without labels."""
        return Gauge(name, text, registry=self.registry)

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        """Count one answer."""
        key = (endpoint, status)
        bound = self._bound.get(key)
        if bound is None:
            answers = self._answers.labels(endpoint, str(status))
            bound = self._bound[key] = (answers, self._duration.labels(endpoint))
        bound[0].inc()
        bound[1].observe(seconds)

    def exposition(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self.registry)


class EdgeMetrics:
    """Counts what the resilience stack does; a breaker's move is also a `breaker` log line.

    Retries and rejections are guards too: `retry`, `breaker`, `bulkhead`, `deadline`.
    """

    def __init__(self, metrics: Metrics, log: Log, guards: Guards, calls: EdgeCalls) -> None:
        registry, self._log, self._guards = metrics.registry, log, guards
        self._calls = calls
        self._retries = Counter("edge_retries", "Further attempts", ["edge"], registry=registry)
        self._spent = Counter(
            "edge_retries_refused", "No budget or time for a retry", ["edge"], registry=registry
        )
        self._rejections = Counter(
            "edge_rejections", "Calls refused before sending", ["edge", "why"], registry=registry
        )
        self._state = Gauge(
            "edge_breaker", "0 closed, 1 half-open, 2 open", ["edge"], registry=registry
        )

    def called(self, edge: str) -> None:
        """Count it."""
        self._calls.called(edge)

    def retried(self, edge: str) -> None:
        """Count it."""
        self._calls.retried(edge)
        self._retries.labels(edge).inc()
        self._guards.absorbed("retry")

    def retry_refused(self, edge: str) -> None:
        """Count it."""
        self._spent.labels(edge).inc()

    def rejected(self, edge: str, why: str) -> None:
        """Count it."""
        self._rejections.labels(edge, why).inc()
        self._guards.absorbed(why)

    def moved(self, edge: str, move: Move) -> None:
        """Show the state, and write the line that the timeline copies."""
        self._state.labels(edge).set(_STATES[move.after])
        probes = {"probes": move.probes} if move.before == _HALF_OPEN else {}
        told: dict[str, Field] = {
            "before": move.before,
            "after": move.after,
            "reason": move.reason,
            **probes,
        }
        self._log.event("breaker", name=edge, **told)
