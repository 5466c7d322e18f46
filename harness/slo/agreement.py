"""What the values of one SLO document must agree on; each value was found right before."""

from __future__ import annotations

from collections.abc import Iterator

from harness.files.document import Node
from harness.files.problems import Problem
from harness.files.record_check import missing_key, wrong_value
from harness.slo.durations import short_s
from harness.slo.openslo import Slo, SloObjective
from harness.slo.recovery_objective import RecoveryObjective


def title_of(objective: SloObjective) -> str:
    """By which a verdict names one target of an SLO."""
    return objective.display_name or f"{objective.share * 100:g} %"


def slo_problems(root: Node, slo: Slo) -> Iterator[Problem]:
    """Targets, slices and the two sides of the ratio."""
    spec = root.child("spec") or root
    objectives, seen = spec.child("objectives"), set[str]()
    for index, node in enumerate(objectives.elements() if objectives else ()):
        one, at = slo.spec.objectives[index], f"spec.objectives[{index}]"
        yield from _target(node, at, one)
        yield from _slices(node, at, one, slo.spec.budgeting_method)
        if title_of(one) in seen:
            wrong, fix = "another objective has this name", "give it another displayName"
            yield wrong_value(node, f"{at}.displayName", wrong, "each name once", fix)
        seen.add(title_of(one))
    yield from _ratio(spec, slo)


def _target(node: Node, at: str, one: SloObjective) -> Iterator[Problem]:
    if one.target is None and one.target_percent is None:
        yield missing_key(node, "target", at, 0.999)
    elif one.target is not None and one.target_percent is not None:
        wrong, allowed = "beside `target`", "target or targetPercent"
        yield wrong_value(node, f"{at}.targetPercent", wrong, allowed, "remove one of both")
    elif one.share == 0:
        key = "target" if one.target is not None else "targetPercent"
        wrong, fix = "a target of 0 cannot fail", f"write for example `{key}: 0.999`"
        yield wrong_value(node, f"{at}.{key}", wrong, "more than 0", fix)


def _slices(node: Node, at: str, one: SloObjective, method: str) -> Iterator[Problem]:
    """OpenSLO requires both where slices decide; squall's own slices last one second."""
    if method != "Occurrences" and one.time_slice_window is None:
        yield missing_key(node, "timeSliceWindow", at, "1m")
    if method == "Timeslices" and not one.time_slice_target:
        yield missing_key(node, "timeSliceTarget", at, 0.95)
    if method != "Timeslices" and one.time_slice_target is not None:
        wrong = f"has no meaning with {method}"
        fix = "remove it, or write `budgetingMethod: Timeslices`"
        yield wrong_value(node, f"{at}.timeSliceTarget", wrong, "only with Timeslices", fix)


def _ratio(spec: Node, slo: Slo) -> Iterator[Problem]:
    at = "spec.indicator.spec.ratioMetric"
    metric = slo.spec.indicator.spec.ratio_metric
    good, total = metric.good.metric_source.spec, metric.total.metric_source.spec
    node = _below(spec, "indicator", "spec", "ratioMetric")
    of_good, of_total = _source(node, "good"), _source(node, "total")
    if not good.ok and good.latency_ms is None:
        wrong, allowed = "selects every request, so it cannot fail", "ok: true, latencyMs, or both"
        fix = "write `spec: {ok: true}`"
        yield wrong_value(of_good, f"{at}.good.metricSource.spec", wrong, allowed, fix)
    if good.ok is False:
        wrong, fix = "counts failures as good", "write `ok: true`"
        yield wrong_value(of_good.child("spec") or of_good, f"{at}.good.ok", wrong, "true", fix)
    if total.ok is not None or total.latency_ms is not None:
        wrong = "leaves requests out of the total"
        allowed, fix = "a name at most", "remove ok and latencyMs from total"
        yield wrong_value(of_total, f"{at}.total.metricSource.spec", wrong, allowed, fix)
    if good.name != total.name:
        wrong, fix = "good and total name different requests", "write the same name on both sides"
        yield wrong_value(of_total, f"{at}.total.metricSource.spec", wrong, "the same name", fix)


def recovery_problems(root: Node, one: RecoveryObjective) -> Iterator[Problem]:
    """The price of a month needs both of its figures."""
    node, spec = root.child("spec") or root, one.spec
    if spec.max_bad_minutes_per_month is not None and spec.faults_per_month is None:
        yield missing_key(node, "faultsPerMonth", "spec", 2)
    if spec.faults_per_month is not None and spec.max_bad_minutes_per_month is None:
        yield missing_key(node, "maxBadMinutesPerMonth", "spec", 1)
    if not 1 <= spec.hold_s <= 600:  # noqa: PLR2004  # slices last a second; a run has a limit
        wrong, fix = "out of range", "write for example `holdFor: 10s`"
        yield wrong_value(node, "spec.holdFor", wrong, "1s to 600s", fix)
    for key, limit in (
        ("recoverWithin", spec.recover_within),
        ("resolveWithin", spec.resolve_within),
        ("drainWithin", spec.drain_within),
    ):
        if limit is not None and short_s(limit) > 3600:  # noqa: PLR2004  # as other limits in seconds
            wrong, fix = "out of range", f"write for example `{key}: 10s`"
            yield wrong_value(node, f"spec.{key}", wrong, "at most 3600s", fix)


def _source(node: Node, side: str) -> Node:
    return _below(node, side, "metricSource")


def _below(node: Node, *keys: str) -> Node:
    """The value that is there, since the document has the right shape."""
    for key in keys:
        node = node.child(key) or node
    return node
