"""What must hold before an experiment's method begins, and how long it is waited for.

```yaml
when:
  timeout_s: 10
  all:
    - {ready: {service: ledger, replicas: 2}}
    - {breaker: {edge: payments>ledger, state: closed}}
    - {http: {url: /v1/health, status: 200}}
    - {promql: {url: "http://127.0.0.1:9090", query: "sum(up)", at_least: 3}}
```

A condition that does not hold in time ends the run before any fault: it is INVALID.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from harness.system import EdgeName, Name

Address = Annotated[
    str,
    Meta(
        pattern=r"\A(https?://[!-~]{1,500}|/[!-~]{0,500})\Z",
        description="a URL, or a path at the entry",
        examples=["/ready"],
    ),
]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frozen, keyword-only; an unknown key is an error."""


class ReadyReplicas(_Strict, frozen=True, kw_only=True):
    """A service has this number of instances, and all of them are ready."""

    service: Name
    replicas: Annotated[int, Meta(ge=0, le=64, examples=[2])]


class BreakerState(_Strict, frozen=True, kw_only=True):
    """The last event of the circuit breaker of an edge says this state; none: it is closed."""

    edge: EdgeName
    state: Literal["closed", "open", "half-open"] = "closed"


class HttpAnswer(_Strict, frozen=True, kw_only=True):
    """A GET is answered with this status."""

    url: Address
    status: Annotated[int, Meta(ge=100, le=599, examples=[200])] = 200


class PromQuery(_Strict, frozen=True, kw_only=True):
    """The first value of an instant query is within these limits; no value does not hold."""

    url: Annotated[str, Meta(pattern=r"\Ahttps?://[!-~]{1,500}\Z", examples=["http://prom:9090"])]
    query: Annotated[str, Meta(min_length=1, max_length=2000, examples=["sum(up)"])]
    at_least: float | None = None
    at_most: float | None = None


class Condition(_Strict, frozen=True, kw_only=True):
    """Exactly one of these."""

    ready: ReadyReplicas | None = None
    breaker: BreakerState | None = None
    http: HttpAnswer | None = None
    promql: PromQuery | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which of them are given."""
        return tuple(name for name in self.__struct_fields__ if getattr(self, name) is not None)


class When(_Strict, frozen=True, kw_only=True):
    """All conditions, and the limit."""

    timeout_s: Annotated[float, Meta(gt=0, le=600, description="s", examples=[10])] = 10.0
    all: Annotated[tuple[Condition, ...], Meta(min_length=1, max_length=20)]
