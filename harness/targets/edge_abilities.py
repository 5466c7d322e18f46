"""The declared table of edge faults: which edge can do which, and with which settings.

`EDGE_ABILITIES` is the only list. The check of an experiment (`squall validate`) reads it, and so
does the target before it sets a fault.

```
row = ability_of("inject_latency", "tcp")       # or None: that edge cannot do it
wrong = wrong_settings(row, {"latency_ms": -1}) # (WrongSetting(name="latency_ms", ...),)
```
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from harness.targets.records import Direction, EdgeFault, EdgeFaultKind

Via = Literal["gateway", "mesh", "tcp", "direct"]
Carrier = Literal["http", "tcp", "none"]
Value = str | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One argument of a fault's action, equally named in `EdgeFault`.

    A number is between `low` and `high`; `above_low` excludes `low`. `not_above` names another
    setting that it may not exceed. A text is one of `choices`. `required`: without a default.
    """

    name: str
    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    above_low: bool = False
    whole: bool = False
    required: bool = False
    not_above: str = ""
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """The allowed values as a phrase: `more than 0 and at most 60000 ms`."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        first = "a whole number from" if self.whole else "from"
        start = (
            f"more than {self.low:g} and at most" if self.above_low else f"{first} {self.low:g} to"
        )
        unit = f" {self.unit}" if self.unit else ""
        limit = f", not above {self.not_above}" if self.not_above else ""
        return f"{start} {self.high:.10g}{unit}{limit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """One fault that edges of one carrier can do. `hit` says what its counter counts.

    `direction`: the default of that setting; None for a fault without directions.
    """

    kind: EdgeFaultKind
    action: str
    carrier: Carrier
    settings: tuple[Setting, ...]
    meaning: str
    hit: str
    direction: Direction | None = None

    def setting(self, name: str) -> Setting | None:
        """The setting of that name."""
        return next((s for s in self.settings if s.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongSetting:
    """A setting outside its range. `value` is None where a required setting is missing."""

    name: str
    value: object
    allowed: str

    def __str__(self) -> str:
        """The message without its place."""
        if self.value is None:
            return f"{self.name}: is missing: write {self.allowed}"
        return f"{self.name}: {self.value!r}: write {self.allowed}"


def _share(of: str) -> Setting:
    return Setting(name="percent", unit=f"% of the {of}", low=0.0001, high=100)


_STATUS: Final = Setting(name="status", low=400, high=599, whole=True)
_ENVOY_MS: Final = Setting(name="latency_ms", unit="ms", low=1, high=6e4, whole=True, required=True)
_LATENCY: Final = Setting(name="latency_ms", unit="ms", high=60_000, above_low=True, required=True)
_JITTER: Final = Setting(name="jitter_ms", unit="ms", high=60_000, not_above="latency_ms")
_CONNECTIONS: Final = Setting(name="connections", choices=("all", "new"))
_SHARE: Final = (_share("connections"), _CONNECTIONS)
_DIRECTION: Final = Setting(name="direction", choices=("upstream", "downstream", "both"))
_RATE: Final = Setting(name="kbytes_per_s", unit="kB/s", low=1, high=50_000, required=True)
_SLICE: Final = (
    Setting(name="average_bytes", unit="bytes", low=1, high=65_536, whole=True, required=True),
    Setting(
        name="variation_bytes", unit="bytes", high=65_536, whole=True, not_above="average_bytes"
    ),
    Setting(name="gap_ms", unit="ms", high=10_000),
)
_LIMIT: Final = Setting(
    name="limit_bytes", unit="bytes", low=1, high=1e12, whole=True, required=True
)
_DELAY: Final = Setting(name="delay_ms", unit="ms", high=60_000, above_low=True, required=True)
_TIMEOUT: Final = Setting(name="timeout_ms", unit="ms", high=600_000, above_low=True, required=True)
_AFTER: Final = Setting(name="after_ms", unit="ms", high=600_000)

EDGE_ABILITIES: Final[tuple[Ability, ...]] = (
    Ability(
        kind="latency",
        action="inject_latency",
        carrier="http",
        settings=(_ENVOY_MS, _share("requests")),
        meaning="Each chosen request waits before it is passed on.",
        hit="a delayed request",
    ),
    Ability(
        kind="errors",
        action="inject_errors",
        carrier="http",
        settings=(_STATUS, _share("requests")),
        meaning="Each chosen request is answered with `status`; the service does not see it.",
        hit="a request answered with `status`",
    ),
    Ability(
        kind="lost_answers",
        action="inject_lost_answers",
        carrier="http",
        settings=(_share("requests"),),
        meaning="Each chosen request is passed on and its answer is lost.",
        hit="a request whose answer was lost",
    ),
    Ability(
        kind="shift",
        action="inject_shift",
        carrier="http",
        settings=(_share("requests"),),
        meaning="Each chosen request goes to the second version of the destination, if it has one.",
        hit="a request passed on to the second version",
    ),
    Ability(
        kind="latency",
        action="inject_latency",
        carrier="tcp",
        settings=(_LATENCY, _JITTER, *_SHARE, _DIRECTION),
        meaning="Each chunk of bytes waits before it is passed on.",
        hit="a delayed chunk",
        direction="upstream",
    ),
    Ability(
        kind="bandwidth",
        action="inject_bandwidth",
        carrier="tcp",
        settings=(_RATE, *_SHARE, _DIRECTION),
        meaning="Each connection carries at most this rate, each direction by itself.",
        hit="a piece that had to wait for the line",
        direction="both",
    ),
    Ability(
        kind="slicer",
        action="inject_slicer",
        carrier="tcp",
        settings=(*_SLICE, *_SHARE, _DIRECTION),
        meaning="Bytes are passed on in slices, with a gap after each.",
        hit="a slice",
        direction="both",
    ),
    Ability(
        kind="limit_data",
        action="inject_limit_data",
        carrier="tcp",
        settings=(_LIMIT, *_SHARE, _DIRECTION),
        meaning="The connection is closed after `limit_bytes` since the fault was set.",
        hit="a connection that was closed",
        direction="both",
    ),
    Ability(
        kind="slow_close",
        action="inject_slow_close",
        carrier="tcp",
        settings=(_DELAY, *_SHARE, _DIRECTION),
        meaning="The end of a connection (FIN or RST) is passed on late.",
        hit="an end that was late",
        direction="both",
    ),
    Ability(
        kind="timeout",
        action="inject_timeout",
        carrier="tcp",
        settings=(_TIMEOUT, *_SHARE, _DIRECTION),
        meaning="Nothing is passed on; after this time the connection is closed.",
        hit="a chunk that was held, or a connection that was closed",
        direction="both",
    ),
    Ability(
        kind="reset",
        action="inject_reset",
        carrier="tcp",
        settings=(_AFTER, *_SHARE),
        meaning="Connections are ended with RST at both ends.",
        hit="a connection that was reset",
        direction=None,
    ),
    Ability(
        kind="refuse",
        action="inject_refuse",
        carrier="tcp",
        settings=(_CONNECTIONS,),
        meaning="New connections are refused; open ones are reset, or stay (`new`).",
        hit="a reset connection, or an attempt of the edge's own that was refused (one a look)",
        direction=None,
    ),
    Ability(
        kind="blackhole",
        action="inject_partition",
        carrier="tcp",
        settings=(*_SHARE, _DIRECTION),
        meaning="Nothing is passed on and nothing is closed until the fault is undone.",
        hit="a chunk that was held, or a connection that was not passed on",
        direction="both",
    ),
)


_CARRIERS: Final[Mapping[Via, Carrier]] = {"direct": "none", "tcp": "tcp"}


def carrier_of(via: Via) -> Carrier:
    """What carries an edge: Envoy (gateway, mesh) knows HTTP, the TCP proxy knows bytes."""
    return _CARRIERS.get(via, "http")


def abilities_of(via: Via) -> tuple[Ability, ...]:
    """All that such an edge can do, in the order of the table."""
    return tuple(row for row in EDGE_ABILITIES if row.carrier == carrier_of(via))


def ability_of(name: str, via: Via) -> Ability | None:
    """The row of a kind (`latency`) or of an action (`inject_latency`) for such an edge."""
    return next((row for row in abilities_of(via) if name in (row.kind, row.action)), None)


def wrong_settings(row: Ability, given: Mapping[str, object]) -> tuple[WrongSetting, ...]:
    """Every given setting that is outside its range or unknown, and every one that is missing."""
    known = {setting.name: setting for setting in row.settings}
    extra = [
        WrongSetting(name=name, value=value, allowed=_nothing_else(row))
        for name, value in given.items()
        if name not in known
    ]
    missing = [
        WrongSetting(name=name, value=None, allowed=setting.allowed)
        for name, setting in known.items()
        if setting.required and name not in given
    ]
    wrong = [
        WrongSetting(name=name, value=given[name], allowed=setting.allowed)
        for name, setting in known.items()
        if name in given and not _is_allowed(setting, given[name], given)
    ]
    return (*extra, *missing, *wrong)


def settings_of(fault: EdgeFault) -> dict[str, Value]:
    """What a fault sets, without what equals the default of its field."""
    plain = EdgeFault(kind=fault.kind)
    names = [n for n in fault.__struct_fields__ if n not in _NO_SETTINGS]
    return {n: getattr(fault, n) for n in names if getattr(fault, n) != getattr(plain, n)}


_NO_SETTINGS: Final = frozenset({"kind", "slot", "seed"})


def _nothing_else(row: Ability) -> str:
    names = ", ".join(setting.name for setting in row.settings) or "no settings"
    return f"nothing: {row.kind} on {row.carrier} edges has {names}"


def _is_allowed(setting: Setting, value: object, given: Mapping[str, object]) -> bool:
    if setting.choices:
        return value in setting.choices
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if isinstance(value, float) and not math.isfinite(value):
        return False
    limit = given.get(setting.not_above, setting.high) if setting.not_above else setting.high
    high = limit if isinstance(limit, int | float) else setting.high
    above = value > setting.low if setting.above_low else value >= setting.low
    return above and value <= min(high, setting.high) and (not setting.whole or value == int(value))
