"""The features of OpenSLO v1 that a run cannot be judged by: found and refused by their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.files.document import Node
from harness.files.problems import Problem, Verbatim
from harness.slo.openslo import REQUESTS

KINDS: Final = (
    *("AlertCondition", "AlertNotificationTarget", "AlertPolicy"),
    *("DataSource", "Service", "SLI"),
)
_INLINE: Final = "write the indicator inline, with a ratioMetric"
_SPEC: Final = {
    "indicatorRef": _INLINE,
    "alertPolicies": "remove it; a run sends no alerts",
}
_INDICATOR: Final = {"thresholdMetric": "write a ratioMetric with good and total"}
_RATIO: Final = {
    "bad": "write good instead: total minus bad",
    "raw": "write good and total",
    "rawType": "write good and total",
}
_OBJECTIVE: Final = {
    "op": "remove it; a ratioMetric has no threshold",
    "value": "remove it; a ratioMetric has no threshold",
    "indicator": "write one SLO for each indicator",
    "indicatorRef": "write one SLO for each indicator",
    "compositeWeight": "write one SLO for each indicator",
}


def unsupported(root: Node) -> Iterator[Problem]:
    """Each feature of a document of kind SLO that is not supported."""
    spec = root.child("spec")
    if spec is None:
        return
    yield from _named(spec, "spec", _SPEC)
    indicator = _below(spec, "indicator", "spec")
    if indicator is not None:
        yield from _named(indicator, "spec.indicator.spec", _INDICATOR)
        ratio, at = indicator.child("ratioMetric"), "spec.indicator.spec.ratioMetric"
        if ratio is not None:
            yield from _named(ratio, at, _RATIO)
            yield from _sources(ratio, at)
    windows = spec.child("timeWindow")
    for index, window in enumerate(windows.elements() if windows else ()):
        yield from _window(window, f"spec.timeWindow[{index}]")
    objectives = spec.child("objectives")
    for index, objective in enumerate(objectives.elements() if objectives else ()):
        yield from _named(objective, f"spec.objectives[{index}]", _OBJECTIVE)


def _named(node: Node, at: str, features: dict[str, str]) -> Iterator[Problem]:
    for feature, fix in features.items():
        if node.child(feature) is not None:
            yield _refused(node.line_of_key(feature), f"{at}.{feature}", feature, fix)


def _sources(ratio: Node, at: str) -> Iterator[Problem]:
    for side in ("good", "total"):
        source = _below(ratio, side, "metricSource")
        if source is None:
            continue
        place = f"{at}.{side}.metricSource"
        if source.child("metricSourceRef") is not None:
            line = source.line_of_key("metricSourceRef")
            fix = f"write `type: {REQUESTS}`"
            yield _refused(line, f"{place}.metricSourceRef", "metricSourceRef", fix)
        kind = source.child("type")
        if kind is not None and isinstance(kind.value, str) and kind.value != REQUESTS:
            feature = f"metricSource of type {kind.value[:40]}"
            fix = f"write `type: {REQUESTS}`: the records of the run"
            yield _refused(kind.line, f"{place}.type", feature, fix)


def _window(window: Node, at: str) -> Iterator[Problem]:
    rolling = window.child("isRolling")
    fix = "write `isRolling: true` without a calendar"
    if window.child("calendar") is not None:
        yield _refused(window.line_of_key("calendar"), f"{at}.calendar", "calendar window", fix)
    elif rolling is not None and rolling.value is False:
        yield _refused(rolling.line, f"{at}.isRolling", "calendar window", fix)


def _below(node: Node, *keys: str) -> Node | None:
    found: Node | None = node
    for key in keys:
        found = None if found is None else found.child(key)
    return found


def _refused(line: int, key: str, feature: str, fix: str) -> Problem:
    return Problem(
        line=line,
        key=key,
        value=Verbatim(feature),
        wrong=f"valid OpenSLO, but the feature `{feature}` is not supported",
        allowed="an SLO with one inline ratioMetric and one rolling window",
        fix=fix,
    )
