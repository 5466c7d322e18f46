"""OpenSLO v1 documents of kind SLO: the part of the format that a run can be judged by.

Source: the OpenSLO specification, version 1 (github.com/OpenSLO/OpenSLO). One ratio metric inline,
one rolling window, `target` or `targetPercent`, all three budgeting methods. A valid document with
another feature is refused with the name of the feature.

```yaml
apiVersion: openslo/v1
kind: SLO
metadata: {name: payments-availability}
spec:
  service: payments
  indicator:
    metadata: {name: good-payments}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: requests, spec: {ok: true, latencyMs: {lte: 300}}}}
        total: {metricSource: {type: requests, spec: {}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: paid within 300 ms, target: 0.999}]
```
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from harness.slo.durations import WINDOW, window_s

API: Final = "openslo/v1"
REQUESTS: Final = "requests"
# The ratio, while the fault was on, of an SLO for a request that the fault must not reach.
CONTAINMENT: Final = "containment_ratio"
Method = Literal["Occurrences", "Timeslices", "RatioTimeslices"]
DocumentName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        description="lower-case letters, digits and dashes",
        examples=["payments-availability"],
    ),
]
Text = Annotated[str, Meta(max_length=1050)]
Share = Annotated[
    float, Meta(ge=0, lt=1, description="a share from 0 to below 1", examples=[0.999])
]
Percent = Annotated[float, Meta(ge=0, lt=100, description="percent", examples=[99.9])]
Milliseconds = Annotated[float, Meta(gt=0, le=600_000, description="ms", examples=[300])]
Window = Annotated[
    str, Meta(pattern=WINDOW, description="a number and m, h, d, w, M, Q or Y", examples=["30d"])
]


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Frozen, keyword-only, keys in camel case; an unknown key is an error."""


class Metadata(Strict, frozen=True, kw_only=True):
    """The name of a document; the rest is for other tools."""

    name: DocumentName
    display_name: Text = ""
    labels: dict[str, Any] = {}
    annotations: dict[str, Any] = {}


class Limit(Strict, frozen=True, kw_only=True):
    """The longest latency that is good, from the intended start."""

    lte: Milliseconds


class Selected(Strict, frozen=True, kw_only=True):
    """Which requests count: all intents, or one request name; ok only, or within a latency."""

    name: Annotated[str, Meta(min_length=1, max_length=200, examples=["POST /v1/payments"])] = ""
    ok: bool | None = None
    latency_ms: Limit | None = None


class MetricSource(Strict, frozen=True, kw_only=True):
    """The records of the run; a source of another type is a feature that is not supported."""

    type: Annotated[str, Meta(examples=[REQUESTS])] = REQUESTS
    spec: Selected = Selected()
    metric_source_ref: Any = None


class Counted(Strict, frozen=True, kw_only=True):
    """One side of the ratio."""

    metric_source: MetricSource


class RatioMetric(Strict, frozen=True, kw_only=True):
    """Good over total."""

    good: Counted
    total: Counted
    counter: bool = True
    bad: Any = None
    raw: Any = None
    raw_type: Any = None


class IndicatorSpec(Strict, frozen=True, kw_only=True):
    """What is measured."""

    ratio_metric: RatioMetric
    description: Text = ""
    threshold_metric: Any = None


class Indicator(Strict, frozen=True, kw_only=True):
    """The SLI, inline."""

    spec: IndicatorSpec
    metadata: Metadata | None = None


class TimeWindow(Strict, frozen=True, kw_only=True):
    """The window of the error budget."""

    duration: Window
    is_rolling: bool
    calendar: Any = None


class SloObjective(Strict, frozen=True, kw_only=True):
    """One target; `time_slice_target` is the share that makes a slice good."""

    target: Share | None = None
    target_percent: Percent | None = None
    display_name: Text = ""
    time_slice_target: Share | None = None
    time_slice_window: Window | None = None
    op: Any = None
    value: Any = None
    indicator: Any = None
    indicator_ref: Any = None
    composite_weight: Any = None

    @property
    def share(self) -> float:
        """The target as a share."""
        if self.target is not None:
            return self.target
        return 0.0 if self.target_percent is None else self.target_percent / 100


class SloSpec(Strict, frozen=True, kw_only=True):
    """What the service promises."""

    service: Annotated[str, Meta(min_length=1, max_length=200, examples=["payments"])]
    indicator: Indicator
    time_window: Annotated[tuple[TimeWindow, ...], Meta(min_length=1, max_length=1)]
    budgeting_method: Method
    objectives: Annotated[tuple[SloObjective, ...], Meta(min_length=1, max_length=20)]
    description: Text = ""
    indicator_ref: Any = None
    alert_policies: Any = None


class Slo(Strict, frozen=True, kw_only=True):
    """One document of kind SLO."""

    api_version: Literal["openslo/v1"]
    kind: Literal["SLO"]
    metadata: Metadata
    spec: SloSpec

    @property
    def name(self) -> str:
        """By which a recovery objective names it."""
        return self.metadata.name

    @property
    def window_s(self) -> float:
        """The length of the window of the error budget."""
        return window_s(self.spec.time_window[0].duration)

    @property
    def good(self) -> Selected:
        """The requests that are good."""
        return self.spec.indicator.spec.ratio_metric.good.metric_source.spec
