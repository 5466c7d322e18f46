"""A matrix file: which configurations (arms) are compared in which experiments (columns).

```yaml
name: replicas
budget_s: 1200
repeats: 3
knee: {p99_ms: 250}
columns:
  - {name: capacity, experiment: capacity.yaml, ramp: true}
  - {name: one less, experiment: one_less.yaml, ramp: true}
arms:
  - {name: one, services: {ledger: {replicas: 1}, payments: {replicas: 1}}}
  - {name: two small, services: {ledger: {env: {POOL_SIZE: "4"}}}}
scaling:
  - {name: replicas, service: ledger, arms: [one, two small]}
prices: {currency: EUR, month_minor: {ledger: 3000}}
connections:
  - {database: postgres, limit: 117, pools: {ledger: {env: POOL_SIZE, usual: 10}}}
```
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from harness.campaigns.suite import ExperimentName
from harness.system import MAX_REPLICAS, EdgeName, EnvName, Name, RateScale, Word

MOST_ARMS = 12
MOST_COLUMNS = 12
Label = Annotated[
    str,
    Meta(
        pattern=r"\A[A-Za-z0-9][A-Za-z0-9_. -]{0,39}\Z",
        description="at most 40 letters, digits, spaces, _ . -",
        examples=["two replicas"],
    ),
]
FilePath = Annotated[str, Meta(min_length=1, max_length=500, examples=["deploy/local.yaml"])]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frozen, keyword-only; an unknown key is an error."""


class ServiceChange(_Strict, frozen=True, kw_only=True):
    """What an arm changes of a service; variables of `env` are added to those that it has."""

    replicas: Annotated[int, Meta(ge=1, le=MAX_REPLICAS, examples=[2])] | None = None
    env: dict[EnvName, Word] = {}
    options: dict[Name, Word] = {}


class EdgeChange(_Strict, frozen=True, kw_only=True):
    """What an arm changes of an edge."""

    in_flight_max: (
        Annotated[int, Meta(ge=1, le=1_000_000, description="requests", examples=[192])] | None
    ) = None
    options: dict[Name, Word] = {}


class Place(_Strict, frozen=True, kw_only=True):
    """Where in a cluster an arm runs, as on the command line."""

    context: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    namespace: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    overlay: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class MatrixArm(_Strict, frozen=True, kw_only=True):
    """One configuration: other files, and changes of services and edges in the deployment file.

    Paths count from the folder of the matrix. What an arm does not name is as on the command line.
    """

    name: Label
    system: FilePath | None = None
    deployment: FilePath | None = None
    target: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    place: Place = Place()
    services: dict[Name, ServiceChange] = {}
    edges: dict[EdgeName, EdgeChange] = {}


class Column(_Strict, frozen=True, kw_only=True):
    """One experiment in which all arms are measured.

    `ramp`: its load rises, and the highest rate that holds the limits of `knee` is measured.
    `no_fault` and `phases`: as the options of `squall run`.
    """

    name: Label
    experiment: ExperimentName
    ramp: bool = False
    no_fault: bool = False
    phases: Annotated[str, Meta(max_length=200, examples=["fault_s=5"])] = ""
    scenario: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    rate_scale: RateScale | None = None


class Knee(_Strict, frozen=True, kw_only=True):
    """What a rate must hold to be carried, in each stretch of `window_s`.

    `settle_s`: how long after a fault began the first stretch begins.
    """

    p99_ms: Annotated[float, Meta(gt=0, le=600_000, description="ms", examples=[250])]
    attempts_per_intent: Annotated[float, Meta(gt=1, le=100, examples=[1.05])] = 1.05
    window_s: Annotated[float, Meta(ge=0.5, le=60, description="s", examples=[2])] = 2.0
    settle_s: Annotated[float, Meta(ge=0, le=600, description="s", examples=[4])] = 4.0


class Scaling(_Strict, frozen=True, kw_only=True):
    """A series of arms that differ in the replicas of `service`: the law of scaling is fitted."""

    name: Label
    service: Name
    arms: Annotated[tuple[Label, ...], Meta(min_length=3, max_length=MOST_ARMS)]


class Prices(_Strict, frozen=True, kw_only=True):
    """What one instance of a service costs a month (730 hours), in minor units of the currency."""

    currency: Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z", examples=["EUR"])]
    month_minor: Annotated[
        dict[Name, Annotated[int, Meta(ge=0, le=1_000_000_000, examples=[3000])]],
        Meta(min_length=1, max_length=50),
    ]


class Pool(_Strict, frozen=True, kw_only=True):
    """The variable that sets the pool of each instance, and the size where it is not set."""

    env: EnvName
    usual: Annotated[int, Meta(ge=1, le=100_000, examples=[10])]


class Connections(_Strict, frozen=True, kw_only=True):
    """How many connections a database allows, and whose pools use them."""

    database: Name
    limit: Annotated[int, Meta(ge=1, le=1_000_000, examples=[117])]
    pools: Annotated[dict[Name, Pool], Meta(min_length=1, max_length=50)]


class Matrix(_Strict, frozen=True, kw_only=True):
    """A whole matrix file."""

    name: Annotated[
        str,
        Meta(
            pattern=r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\Z",
            description="letters, digits, _ . -",
            examples=["replicas"],
        ),
    ]
    question: Annotated[str, Meta(min_length=1, max_length=1000)] = "Which configuration fits?"
    budget_s: Annotated[float, Meta(gt=0, le=172_800, description="s", examples=[1200])]
    repeats: Annotated[int, Meta(ge=1, le=20, examples=[3])] = 3
    seed: Annotated[int, Meta(ge=0, le=2**53 - 1, examples=[11])] = 11
    arms: Annotated[tuple[MatrixArm, ...], Meta(min_length=2, max_length=MOST_ARMS)]
    columns: Annotated[tuple[Column, ...], Meta(min_length=1, max_length=MOST_COLUMNS)]
    knee: Knee | None = None
    scaling: Annotated[tuple[Scaling, ...], Meta(max_length=10)] = ()
    prices: Prices | None = None
    connections: Annotated[tuple[Connections, ...], Meta(max_length=20)] = ()

    def arm(self, name: str) -> MatrixArm:
        """The arm of that name. Raises KeyError."""
        return {arm.name: arm for arm in self.arms}[name]

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError."""
        return {column.name: column for column in self.columns}[name]
