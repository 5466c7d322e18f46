"""The dose of a fault: the share and the delay that were asked for, and those that were counted."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from harness.timeline import Scalar
from reports.measures.phases import FaultLife, Sample

_ALL: Final = 100.0
# By the setting that was asked for: what its target counts.
_COUNTED: Final = {"percent": "units", "deaths": "deaths"}
_MOST: Final = 2**53
# A share must lie within a tenth of what was asked, beyond what chance and two units on their way
# explain (five standard deviations: one false alarm in 1.7 million doses).
TOLERANCE: Final = 0.1
SIGMAS: Final = 5.0
IN_FLIGHT: Final = 2
# A share is proven when, with 95 % confidence, it was at least half of what was asked.
_Z95: Final = 1.96
MIN_SHARE: Final = 0.5
# A delay may be longer by what a full machine adds, and never shorter than a tenth.
LATE_MS: Final = 50.0
ROUNDED_MS: Final = 1.0


def wrong(life: FaultLife) -> str:
    """How the counted dose differs from the one asked for; "" if it does not."""
    asked = life.proof.get("asked", {})
    looks = [sample for sample in life.samples if sample.on]
    percent, latency_ms = _number(asked.get("percent")), _number(asked.get("latency_ms"))
    found = _untold(asked, looks[-1].data)
    if found:
        return found
    if percent is not None:
        found = _wrong_share(percent, looks)
    elif asked.get("percent") is not None:
        found = "asked for what is not a share"
    if not found and (deaths := _number(asked.get("deaths"))):
        found = _wrong_deaths(deaths, looks[-1].data)
    if not found and latency_ms is not None:
        found = _wrong_delay(latency_ms, _number(asked.get("jitter_ms")) or 0.0, looks[-1].data)
    return found


def is_step(life: FaultLife, lives: Iterable[FaultLife]) -> bool:
    """Whether the same fault, with a larger share and else the same dose, is proven as well."""
    mine = _percent(life)
    if mine is None:
        return False
    return any(
        _is_same(other, life) and (_percent(other) or 0.0) > mine and _is_seen(other)
        for other in lives
    )


def _is_same(one: FaultLife, other: FaultLife) -> bool:
    return (one.name, one.target, _besides(one)) == (other.name, other.target, _besides(other))


def _besides(life: FaultLife) -> dict[str, Scalar]:
    asked = life.proof.get("asked", {})
    return {key: value for key, value in asked.items() if key not in ("percent", "fault_id")}


def _is_seen(life: FaultLife) -> bool:
    """Whether its own counts prove its share."""
    looked_at = {"verified", "undone"} <= life.at_s.keys() and any(s.on for s in life.samples)
    return looked_at and not life.marked and not wrong(life) and not unseen(life)


def unseen(life: FaultLife, *, as_step: bool = False) -> str:
    """Why too little crossed the fault to prove its share; "" if it was enough.

    `as_step`: a share on the way to a larger one that is proven. The verdict rests on the larger
    one, so of this one it is enough that it touched something (and that it was no other share).
    """
    percent = _percent(life)
    if percent is None:
        return ""
    last = [sample for sample in life.samples if sample.on][-1]
    units, touched = _counts(last)
    if units == 0:
        return "nothing crossed it while it was on"
    if last.data.get("exact"):
        return "" if touched else f"none of {units:,} connections was chosen"
    if as_step and touched:
        return ""
    if _lower_bound(touched, units) < MIN_SHARE * percent / _ALL:
        text = f"only {units:,} requests or connections crossed it ({touched:,} of them touched)"
        return f"{text}, too few to prove a share of {percent:g} %"
    return ""


def _wrong_share(percent: float, looks: list[Sample]) -> str:
    """Over the whole length, and over its later half: a fault may fade."""
    if not 0 < percent <= _ALL:
        return f"asked for {percent:g} %, which is not a share"
    counts = [_counted(look) for look in looks]
    if any(found is None for found in counts):
        return "the target did not count what it touched"
    if any(map(_is_back, pairwise([found for found in counts if found is not None]))):
        return "the counters of the target went back while it was on"
    middle_s = (looks[0].at_s + looks[-1].at_s) / 2
    halfway = next(look for look in looks if look.at_s >= middle_s)
    (units, touched), (before, touched_before) = _counts(looks[-1]), _counts(halfway)
    for when, n, hits in (
        ("", units, touched),
        (" in its later half", units - before, touched - touched_before),
    ):
        if not _is_share(hits, n, percent / _ALL):
            return f"asked for {percent:g} %, touched {hits:,} of {n:,} ({hits / n:.1%}){when}"
    return ""


def _is_share(hits: int, n: int, share: float) -> bool:
    by_chance = SIGMAS * math.sqrt(n * share * (1 - share))
    return abs(hits - n * share) <= by_chance + TOLERANCE * n * share + IN_FLIGHT or n <= 0


def _lower_bound(hits: int, n: int) -> float:
    """Wilson's 95 % lower bound of a share."""
    share, z2 = min(hits / n, 1.0), _Z95 * _Z95
    middle = share + z2 / (2 * n)
    width = _Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return (middle - width) / (1 + z2 / n)


def _wrong_delay(asked_ms: float, jitter_ms: float, last: dict[str, Scalar]) -> str:
    """Measured by the target where it can, else what it reports as set."""
    total_ms, set_ms = _number(last.get("delay_ms")), _number(last.get("set_ms"))
    touched = _number(last.get("touched")) or 0
    if total_ms is not None and touched > 0:
        mean_ms = total_ms / touched
        by_chance = SIGMAS * jitter_ms / math.sqrt(3 * touched)
        low = (1 - TOLERANCE) * asked_ms - by_chance
        high = (1 + TOLERANCE) * asked_ms + by_chance + LATE_MS
        if low <= mean_ms <= high:
            return ""
        return f"asked for {asked_ms:g} ms, delayed by {mean_ms:.1f} ms on average"
    if set_ms is None:
        return "the target did not report the delay"
    if abs(set_ms - asked_ms) > ROUNDED_MS:
        return f"asked for {asked_ms:g} ms, set to {set_ms:g} ms"
    return ""


def _untold(asked: dict[str, Scalar], counted: dict[str, Scalar]) -> str:
    """A dose that was counted, and of which the record does not say what was asked for."""
    missing = [name for name, key in _COUNTED.items() if key in counted and name not in asked]
    return f"which {missing[0]} was asked for is not recorded" if missing else ""


def _wrong_deaths(asked: float, last: dict[str, Scalar]) -> str:
    seen = _number(last.get("deaths"))
    if seen is None:
        return "the target did not count the deaths"
    return "" if seen >= asked else f"asked for {asked:g} deaths, {seen:g} seen"


def _percent(life: FaultLife) -> float | None:
    """The share that was asked for; None if none was."""
    return _number(life.proof.get("asked", {}).get("percent"))


def _counts(look: Sample) -> tuple[int, int]:
    """Units and touched ones; 0 where they were not counted."""
    return _counted(look) or (0, 0)


def _counted(look: Sample) -> tuple[int, int] | None:
    """None where they are not counts."""
    units, touched = _number(look.data.get("units")), _number(look.data.get("touched"))
    if units is None or touched is None or min(units, touched) < 0:
        return None
    return int(units), int(touched)


def _is_back(looks: tuple[tuple[int, int], tuple[int, int]]) -> bool:
    """Whether a counter is lower at the later look: the target has begun again."""
    earlier, later = looks
    return later[0] < earlier[0] or later[1] < earlier[1]


def _number(value: Scalar) -> float | None:
    """None for everything that cannot have been counted or set."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _MOST:
        return None
    return float(value)
