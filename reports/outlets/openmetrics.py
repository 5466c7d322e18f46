"""OpenMetrics text: the verdict and the objectives as gauges, by prometheus_client."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Enum, Gauge
from prometheus_client.openmetrics.exposition import generate_latest

from reports.outlets.summary import VerdictSummary

VERDICTS = ("PASS", "FAIL", "INCONCLUSIVE", "INVALID")


def openmetrics(summary: VerdictSummary) -> bytes:
    """One sample for each case. A case without a value has no value: it is not zero."""
    registry = CollectorRegistry()
    verdict = Enum("squall_verdict", "The verdict.", ["name"], states=VERDICTS, registry=registry)
    verdict.labels(summary.name).state(summary.verdict)
    met = _gauge("squall_case_met", "1 if the case holds, 0 if not or if unknown.", registry)
    value = _gauge("squall_objective_value", "The measured value, in the unit.", registry)
    limit = _gauge("squall_objective_limit", "The limit, in the unit.", registry)
    for case in summary.cases:
        labels = (summary.name, case.name, case.kind, case.unit or "none")
        met.labels(*labels).set(case.state == "pass")
        if case.value is not None:
            value.labels(*labels).set(case.value)
        if case.limit is not None:
            limit.labels(*labels).set(case.limit)
    return bytes(generate_latest(registry))  # type: ignore[no-untyped-call]  # ships no types


def _gauge(name: str, words: str, registry: CollectorRegistry) -> Gauge:
    return Gauge(name, words, ["name", "case", "kind", "unit"], registry=registry)
