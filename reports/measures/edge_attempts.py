"""Attempts per call of each edge, from the fault on: how much the callers of the system repeat.

The services report it: events `calls` of the timeline, by the name of the edge, each with the
calls and the attempts since the event before. An edge without such events has no value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeGuard

import numpy as np

from harness.timeline import Event, Scalar
from reports.inputs.schedule import Ints
from reports.measures.metric_table import Measured

CALLS: Final = "calls"
PER_CALL: Final = "attempts_per_call"


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeAttempts:
    """Of one edge; `per_call` is None without calls, and where a value is not a count."""

    calls: int
    attempts: int
    per_call: float | None


def edge_attempts(
    events: Iterable[Event], t0_mono_ns: int, begin_s: float
) -> dict[str, EdgeAttempts]:
    """By edge, in the order of their names, from that second to the end of the run."""
    counts: dict[str, list[tuple[int, int] | None]] = {}
    for event in events:
        if event.kind == CALLS and event.source == "service" and event.at_s(t0_mono_ns) >= begin_s:
            counts.setdefault(event.name, []).append(_counts(event.data))
    return {edge: _summed(counts[edge]) for edge in sorted(counts)}


def edge_series(
    events: Iterable[Event], t0_mono_ns: int, load_s: float
) -> dict[str, tuple[Ints, Ints]]:
    """Calls and attempts of each edge in each second of the load; only counts are taken."""
    size = max(1, math.ceil(load_s))
    found: dict[str, tuple[Ints, Ints]] = {}
    for event in events:
        at_s, counts = event.at_s(t0_mono_ns), _counts(event.data)
        if event.kind == CALLS and event.source == "service" and counts and 0 <= at_s < size:
            of_edge = found.setdefault(
                event.name, (np.zeros(size, np.int64), np.zeros(size, np.int64))
            )
            for series, count in zip(of_edge, counts, strict=True):
                series[int(at_s)] += count
    return found


def worst(edges: Mapping[str, EdgeAttempts]) -> Measured:
    """Of the edge with the most; None if one of them has no value: that edge may be the worst."""
    values = [one.per_call for one in edges.values()]
    known = [value for value in values if value is not None]
    return Measured(value=max(known) if known and len(known) == len(values) else None)


def of_edge(edges: Mapping[str, EdgeAttempts], edge: str) -> Measured:
    """Of one edge, or of the worst where none is named."""
    if not edge:
        return worst(edges)
    return Measured(value=edges[edge].per_call if edge in edges else None)


def _summed(counts: list[tuple[int, int] | None]) -> EdgeAttempts:
    known = [pair for pair in counts if pair is not None]
    calls, attempts = (sum(column) for column in zip(*known, strict=True)) if known else (0, 0)
    whole = len(known) == len(counts) and 0 < calls <= attempts
    return EdgeAttempts(
        calls=calls, attempts=attempts, per_call=attempts / calls if whole else None
    )


def _counts(data: Mapping[str, Scalar]) -> tuple[int, int] | None:
    calls, attempts = data.get("calls"), data.get("attempts")
    return (calls, attempts) if _is_count(calls) and _is_count(attempts) else None


def _is_count(value: Scalar) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
